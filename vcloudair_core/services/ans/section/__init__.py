"""Common base classes for the sections of an edge gateway."""
