"""Contenders as separate programs, so that none loads the libraries of another.

Only the contender imports the library that is measured. :mod:`.worker` runs all of them.
"""
