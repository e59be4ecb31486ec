"""Metrics of VMs."""
