"""Recording of a tenant into an inventory file of the simulator."""
