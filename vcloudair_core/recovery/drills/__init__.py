"""Drill program: the history of recovery tests, and drills that are due."""
