"""IP sets, security groups and application profiles, which firewall rules can use."""
