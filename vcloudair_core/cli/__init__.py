"""The command-line interface ``vca``."""
