"""DNS forwarding of an edge gateway."""
