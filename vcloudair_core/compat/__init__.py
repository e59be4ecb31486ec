"""Compatibility with vcloudair 0.5: classes with the API of that SDK."""
