"""Helpers that know nothing of clouds: files, XML, YAML, secrets, time."""
