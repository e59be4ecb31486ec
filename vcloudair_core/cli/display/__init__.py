"""Output of commands: tables, formats, progress, and streams."""
