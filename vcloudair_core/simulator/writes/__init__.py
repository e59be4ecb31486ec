"""Writes of a vCloud Director that run as tasks, such as power actions."""
