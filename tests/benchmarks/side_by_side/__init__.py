"""The same work done by this library, by its peers and by bare HTTP calls, on one simulator, side by side.

``python -m tests.benchmarks.side_by_side`` measures all of it, ``... quick`` a small part. What is measured is in
:mod:`.scenarios`; who does it, and how, in :mod:`.contenders`.
"""
