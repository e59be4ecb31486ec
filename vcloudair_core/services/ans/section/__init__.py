"""What the sections of an edge gateway have in common."""
