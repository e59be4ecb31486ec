"""Faults that the simulator injects on request."""
