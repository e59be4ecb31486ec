"""Many clients at one simulator for a while: nothing leaks, and nothing that anybody is told is wrong.

``python -m tests.load.soak --minutes 10`` runs it; :mod:`.soak` says what it does.
"""
