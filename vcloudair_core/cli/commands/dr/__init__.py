"""``vca dr`` and its subcommands."""
