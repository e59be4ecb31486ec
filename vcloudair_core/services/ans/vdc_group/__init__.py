"""Find VDC groups, and represent them as data."""
