"""Cache the output of ``vca --help``.

Printing the help imports plugins and typer, which takes many times longer than the start of a bare interpreter. The
cache is only used if all commands are built in, because a plugin can offer other commands at any time.
"""

from __future__ import annotations

import os
import sys

from vcloudair_core.cli.start.installation import file_stamp, installation_stamp
from vcloudair_core.settings.private_cache import cache_path, read_private

TYPE_CHECKING = False  # An import of typing would slow down each command.
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from vcloudair_core.plugin.manager import PluginManager

_REQUESTS = (["--help"], ["-h"])
_VARIABLES = ("COLUMNS", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG", "TERMINAL_WIDTH")
_END = "\0"


def is_help(arguments: Sequence[str]) -> bool:
    """Return True if the command line is ``vca --help`` and the help can be cached."""
    traced = os.environ.get("VCA_TRACE_PLUGINS", "") not in ("", "0")
    return list(arguments) in _REQUESTS and not traced and os.name == "posix"


def print_cached_help() -> bool:
    """Print the cached help to standard output.

    Return False if the help must be computed, or if writing failed. The caller then prints the computed help, and so
    reports an error that occurs again.
    """
    text = cached_help() if sys.stdout is not None and sys.stdout.encoding == "utf-8" else ""
    try:
        rest = text.encode()
        while rest:
            rest = rest[os.write(1, rest) :]
    except OSError:
        return False
    return bool(text)


def cached_help() -> str:
    """Return the help, or an empty text if the cache is missing or out of date."""
    content = read_private(_path()).decode("utf-8", "replace")
    stamp, _, rest = content.partition(_END)
    files, _, text = rest.partition(_END)
    if not text or stamp != help_stamp():
        return ""
    pairs = (line.rpartition("=") for line in files.splitlines())
    return text if all(file_stamp(path) == kept for path, _, kept in pairs) else ""


def remember_help(stamp: str, tree: Any, plugins: PluginManager, records: Mapping[str, Any]) -> None:
    """Cache the help of the root command if all its commands are built in.

    ``stamp`` is the value of :func:`help_stamp` before the commands were loaded.
    """
    from vcloudair_core.cli.start.installation import is_settled, watched_files
    from vcloudair_core.settings.private_cache import write_private

    providers = [plugins.provider("vca_cli_commands", name) for name in records]
    has_failed = any(info.status == "failed" for info in plugins.list_plugins())
    text = tree.context_class(tree, info_name="vca", **tree.context_settings).get_help()
    files = watched_files(plugins)
    is_plain = text.isascii() and _END not in text and not any("\n" in path for path in files)
    if all(map(plugins.is_built_in, providers)) and not has_failed and is_plain and is_settled():
        listed = "\n".join(f"{path}={kept}" for path, kept in files.items())
        write_private(_path(), f"{stamp}{_END}{listed}{_END}{text}\n".encode("utf-8", "replace"))


def help_stamp() -> str:
    """Return a text that changes with the installation, terminal and language."""
    try:
        width = os.get_terminal_size(1).columns
    except OSError:
        width = 0
    values = [f"{name}={os.environ.get(name, '')}" for name in _VARIABLES]
    return "\n".join([str(width), *values, installation_stamp()]).encode("utf-8", "replace").decode()


def _path() -> str:
    """Return the path of the cache file of this installation.

    If two installations have the same path, the stamp differs, so a collision only costs time.
    """
    return cache_path(f"help-{sys.prefix.replace(os.sep, '-')[-100:]}.txt")
