"""Caches of session tokens and derived keys for later processes."""
