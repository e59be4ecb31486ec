"""Common base of the sections of an edge gateway."""
