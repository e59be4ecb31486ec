"""Run a load test with many clients, to find leaks and wrong results.

``python -m tests.load.soak --minutes 10`` runs the test. See :mod:`.soak`.
"""
