"""Collect, compare, export and plot metrics of VMs."""
