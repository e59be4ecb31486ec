"""General helpers for files, XML, YAML, secrets and time."""
