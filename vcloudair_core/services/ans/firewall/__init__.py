"""The firewall section of an edge gateway."""
