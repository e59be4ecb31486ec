"""Disaster recovery: replications, tests, cleanups and failovers."""
