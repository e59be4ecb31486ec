"""Recorded sections, and dumps of the state of a simulator."""
