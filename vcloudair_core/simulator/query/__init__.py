"""The simulated query service."""
