"""Run journal: events of a run on disk, and readers of their fields."""
