"""The NAT section of an edge gateway."""
