"""The simulator on a socket."""
