"""One module for each command and command group of ``vca``.

A module is imported when its command runs.
"""
