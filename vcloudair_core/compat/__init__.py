"""vcloudair 0.5 compatibility: the API of the SDK, based on this library."""
