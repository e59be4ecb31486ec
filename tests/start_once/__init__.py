"""Proof that each DR action is started once: processes that are killed, two operators, plays that run again.

``python -m tests.start_once`` runs all of it in full and prints its figures; the tests here are a small part.
"""
