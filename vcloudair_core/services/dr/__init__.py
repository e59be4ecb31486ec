"""Disaster recovery: replications, tests, clean-ups and failovers, each with a verdict."""
