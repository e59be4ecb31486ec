"""Proof that each DR action starts once, with kills, two operators and replays.

``python -m tests.start_once`` runs the complete proof and prints its figures. The tests run a small part.
"""
