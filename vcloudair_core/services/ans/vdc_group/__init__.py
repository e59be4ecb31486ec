"""VDC groups: model and search."""
