"""Detect changes of the installation, for caches of commands and help.

The installation stamp changes when a distribution is installed, upgraded or removed, when a module of ``vca`` changes,
and when an environment variable selects other plugins. It does not change when a plugin is edited in its source folder.
Caches therefore also store the stamps of such files.

This module imports only modules that a bare interpreter has already imported.
"""

from __future__ import annotations

import os
import sys

from vcloudair_core._version import __version__

TYPE_CHECKING = False  # An import of typing would slow down each command.
if TYPE_CHECKING:
    from collections.abc import Iterator

    from vcloudair_core.plugin.manager import PluginManager

_PACKAGE = os.path.abspath(f"{__file__}/../../..")  # noqa: PTH100 - the import of pathlib takes time
_SOURCES = ("cli", "plugin", "services/query", "settings")
_UNSETTLED_S = 2.0
_VARIABLES = ("VCA_DISABLE_PLUGINS", "VCA_REQUIRE_PLUGINS")


def installation_stamp() -> str:
    """Return the stamp of this installation."""
    parts = [__version__, sys.version, sys.executable, sys.prefix]
    parts += [f"{name}={os.environ.get(name, '')}" for name in _VARIABLES]
    parts += [f"{folder}:{file_stamp(folder or '.')}" for folder in sys.path]
    for name in _SOURCES:
        parts += _sources(f"{_PACKAGE}/{name}")
    return "\n".join(parts).encode("utf-8", "replace").decode()


def file_stamp(path: str) -> str:
    """Return a value that changes when a file or folder changes.

    The value is empty if the file does not exist.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 - as above
    except (OSError, ValueError):
        return ""
    return f"{status.st_ino}.{status.st_mtime_ns}.{status.st_ctime_ns}.{status.st_size}"


def is_settled() -> bool:
    """Return True if no folder of ``sys.path`` changed within the last two seconds.

    File systems have coarse clocks, so a second change soon after the first can leave the modification time unchanged.
    """
    import time

    for folder in sys.path:
        try:
            if abs(time.time() - os.stat(folder or ".").st_mtime) < _UNSETTLED_S:  # noqa: PTH116 - as above
                return False
        except (OSError, ValueError):
            continue
    return True


def unchanged(files: object) -> bool:
    """Return True if files still have their stamps. ``files`` maps paths to stamps."""
    return isinstance(files, dict) and all(file_stamp(path) == stamp for path, stamp in files.items())


def watched_files(plugins: PluginManager) -> dict[str, str]:
    """Return the stamps of files that the installation stamp does not cover.

    These are the loaded modules of plugins that are not built in, and the metadata that setuptools changes in place.
    Shape: ``{path: stamp}``.
    """
    infos = [info for info in plugins.list_plugins() if not plugins.is_built_in(info.origin)]
    packages = {info.module.partition(":")[0].partition(".")[0] for info in infos}
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] in packages]
    paths = [str(getattr(module, "__file__", None) or "") for module in modules]
    for folder in sys.path:
        if os.path.isdir(folder or "."):  # noqa: PTH112 - as above
            names = [name for name in os.listdir(folder or ".") if name.endswith(".egg-info")]  # noqa: PTH208 - as above
            paths += [f"{os.path.abspath(folder)}/{name}/entry_points.txt" for name in names]  # noqa: PTH100 - as above
    return {path: file_stamp(path) for path in paths if path}


def _sources(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.endswith(".py"):
                yield f"{entry.name}:{entry.stat().st_mtime_ns}.{entry.stat().st_size}"
            elif entry.is_dir() and entry.name != "__pycache__":
                yield from _sources(entry.path)
