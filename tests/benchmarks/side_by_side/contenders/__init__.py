"""Each contender is a program of its own, ``python -m``, so that none pays for what another has loaded.

Nothing here but the contender itself imports what it measures; :mod:`.worker` is how they are all driven.
"""
