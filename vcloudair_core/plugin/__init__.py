"""Plugin API: hook specifications, records returned by hooks, and plugin manager."""
