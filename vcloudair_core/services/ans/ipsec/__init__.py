"""The IPsec section of an edge gateway."""
