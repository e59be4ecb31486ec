"""Readiness checks of a recovery plan."""
