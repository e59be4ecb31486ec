"""Compatibility with vcloudair 0.5: the classes of that SDK on top of this library."""
