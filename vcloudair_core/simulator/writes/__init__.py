"""Writes of a vCloud Director that run as tasks: power, snapshots, metadata, and names."""
