"""Modules of commands and command groups, each imported when its command runs."""
