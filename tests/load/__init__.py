"""Load test with many clients: no leaks, and no wrong results.

``python -m tests.load.soak --minutes 10`` runs it. See :mod:`.soak`.
"""
