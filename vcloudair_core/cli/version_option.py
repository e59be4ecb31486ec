"""The option ``vca --version``."""

from __future__ import annotations

import inspect
import sys

from vcloudair_core._version import __version__


def version_line() -> str:
    """Return the versions of vca and Python, such as ``vca 0.2.0 (Python 3.11.7)``."""
    return f"vca {__version__} (Python {sys.version.split()[0]})"


def version_parameter() -> inspect.Parameter:
    """Return the option as a parameter of a typer callback.

    The option prints the version and exits before a command is resolved.
    """
    import typer

    from vcloudair_core.cli.display.output import write

    def show(is_set: bool | None) -> None:
        if is_set:
            write(version_line())
            raise typer.Exit

    info = typer.Option(
        None, "--version", help="Show the version and exit.", is_eager=True, callback=show, show_default=False
    )
    return inspect.Parameter("version", inspect.Parameter.KEYWORD_ONLY, default=info, annotation=bool | None)
