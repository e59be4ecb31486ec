"""Modules of commands and command groups.

A module is imported when its command runs.
"""
