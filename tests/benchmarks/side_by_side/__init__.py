"""Comparison of this library with other clients and bare HTTP calls.

The contenders are the measured clients. All contenders do the same work on one simulator. A turn is one execution of
the work by one contender. ``python -m tests.benchmarks.side_by_side`` runs the whole comparison.
With the argument ``quick``, it runs a small part. The work is defined in :mod:`.scenarios`, and the contenders in
:mod:`.contenders`.
"""
