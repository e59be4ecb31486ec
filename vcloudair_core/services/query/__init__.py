"""The query service: VMs, networks, catalogs, tasks and all other objects."""
