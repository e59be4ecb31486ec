"""The static routes of an edge gateway."""
