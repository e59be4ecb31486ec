"""The command line ``vca``."""
