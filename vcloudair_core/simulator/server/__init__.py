"""The simulator behind a socket."""
