"""Tokens and derived keys kept for later processes."""
