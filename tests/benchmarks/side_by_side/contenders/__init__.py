"""Contenders that run as separate programs.

Each program imports only the library that it measures. :mod:`.worker` runs all of them.
"""
