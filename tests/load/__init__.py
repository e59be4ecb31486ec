"""Load test with many clients, which looks for leaks and wrong results.

``python -m tests.load.soak --minutes 10`` runs the test. See :mod:`.soak`.
"""
