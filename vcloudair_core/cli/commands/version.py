"""The command ``vca version``."""

from __future__ import annotations

import importlib.metadata
import platform
import ssl

from vcloudair_core._version import __version__
from vcloudair_core.cli.invocation import Invocation, connected

_SHOWN = ("requests", "pluggy", "lxml", "cryptography", "typer", "starlette", "uvicorn", "ansible-core")


@connected
def version(run: Invocation) -> None:
    """Show the versions of vca and its dependencies, for bug reports.

    Example:
        vca version -o json
    """
    versions = {"vcloudair-core": __version__, "python": platform.python_version(), "openssl": ssl.OPENSSL_VERSION}
    for name in _SHOWN:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    run.emit(versions)
