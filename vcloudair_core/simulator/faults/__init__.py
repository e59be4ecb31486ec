"""Faults that tests inject into requests and responses."""
