"""Commands that run without typer.

The import of typer takes longer than signing in and reading a page of records. Modules of this package must not import
typer. They contain the functions of commands that have only shared options. :mod:`.dispatch` selects the function.
"""
