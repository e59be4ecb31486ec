"""``vca edge``, and the commands for the sections of an edge gateway."""
