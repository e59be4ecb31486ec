"""Roles, their rights, and the check of the right that a route requires."""
