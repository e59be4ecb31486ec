"""The DHCP relay section of an edge gateway."""
