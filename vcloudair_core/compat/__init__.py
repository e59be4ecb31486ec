"""Classes with the API of vcloudair 0.5, so that existing programs keep working."""
