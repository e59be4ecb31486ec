"""Define roles and rights, and check the right that a route requires."""
