"""The command line ``vca``: thin commands over the client."""
