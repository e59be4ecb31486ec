"""Writes to VMs, vApps, edges and metadata, which vCloud Director runs as tasks."""
