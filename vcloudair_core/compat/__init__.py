"""The API of vcloudair 0.5 over the services of this package."""
