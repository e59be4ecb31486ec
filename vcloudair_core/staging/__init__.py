"""Stage the changes of several tasks, and write them together."""
