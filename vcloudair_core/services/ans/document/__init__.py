"""Edge documents: the configuration of an edge gateway in one file."""
