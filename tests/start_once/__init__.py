"""Stress test: each DR action must start exactly once.

Processes are killed, two operators act at the same time, and plays are repeated.

``python -m tests.start_once`` runs the complete stress test and prints the counts. The pytest tests run a small part.
"""
