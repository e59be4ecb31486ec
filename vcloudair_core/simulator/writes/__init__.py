"""Writes that a vCloud Director runs as tasks, such as power actions."""
