"""``vca --version``: the line it prints, and the option in the help of ``vca``."""

from __future__ import annotations

import inspect
import sys

from vcloudair_core._version import __version__


def version_line() -> str:
    """Return the versions of vca and of its Python, such as ``vca 0.2.0 (Python 3.11.7)``."""
    return f"vca {__version__} (Python {sys.version.split()[0]})"


def version_parameter() -> inspect.Parameter:
    """The option as a parameter of a typer callback. It ends the run before a command is looked up."""
    import typer

    from vcloudair_core.cli.display.output import write

    def show(is_wanted: bool | None) -> None:
        if is_wanted:
            write(version_line())
            raise typer.Exit

    info = typer.Option(
        None, "--version", help="Show the version and exit.", is_eager=True, callback=show, show_default=False
    )
    return inspect.Parameter("version", inspect.Parameter.KEYWORD_ONLY, default=info, annotation=bool | None)
