"""The run journal: events of a run, and what earlier runs left."""
