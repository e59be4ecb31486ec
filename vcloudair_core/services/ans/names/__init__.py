"""Names of networks, groups, VMs and applications in rules."""
