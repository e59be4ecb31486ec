"""Staging: changes of several tasks, written together."""
