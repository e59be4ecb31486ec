"""Caches of session tokens and derived keys, which several processes share."""
