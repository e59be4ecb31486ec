"""Commands that run without typer.

The import of typer takes longer than signing in and reading a page of records. Modules of this package must not import
typer. They contain functions of commands that have only shared options. ``dispatch`` calls them.
"""
