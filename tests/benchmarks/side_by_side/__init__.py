"""Comparison of this library with other clients and bare HTTP calls.

All contenders do the same work on one simulator. ``python -m tests.benchmarks.side_by_side`` runs the whole comparison.
With the argument ``quick``, it runs a small part. The work is defined in :mod:`.scenarios`, and the contenders in
:mod:`.contenders`.
"""
