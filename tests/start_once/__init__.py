"""Stress test: each DR action starts once, despite kills, two operators and replays.

``python -m tests.start_once`` runs the complete stress test and prints its figures. The tests run a small part.
"""
