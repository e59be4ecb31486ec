"""Run journal: the events of a run on disk, and functions that read their fields."""
