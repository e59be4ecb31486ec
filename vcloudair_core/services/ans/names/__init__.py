"""Names of networks, IP sets, security groups, VMs, vApps and applications in rules."""
