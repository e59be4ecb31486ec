"""Start of the program: entry point, cached help, and changes of the installation."""
