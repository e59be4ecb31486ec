"""Roles, rights, and the checks of rights."""
