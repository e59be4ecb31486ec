"""vcloudair 0.5 compatibility: the API of that SDK, implemented with this library."""
