"""Roles, rights, and the checks of them."""
