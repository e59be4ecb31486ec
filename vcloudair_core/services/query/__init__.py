"""The query service: finding anything, fast and whole."""
