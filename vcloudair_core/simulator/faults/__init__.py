"""Faults: errors and damage that tests request for responses."""
