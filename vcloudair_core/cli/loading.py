"""Load plugins and collect the commands of ``vca``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcloudair_core.cli.display.output import say
from vcloudair_core.errors import PluginError, VcloudAirError

if TYPE_CHECKING:
    from vcloudair_core.plugin.manager import PluginManager
    from vcloudair_core.plugin.records import CommandRecord


def load_commands() -> tuple[PluginManager, dict[str, CommandRecord], VcloudAirError | None]:
    """Return the plugins, the commands by name, and the plugin error.

    The error is None if all plugins were loaded. The built-in commands are always available.
    """
    from vcloudair_core.cli import plugin as built_in
    from vcloudair_core.plugin.manager import PluginManager

    plugins = PluginManager()
    problem: VcloudAirError | None = None
    try:
        plugins.load_entry_points()
    except PluginError as exc:
        problem = exc
    own = {record.name: record for record in built_in.vca_cli_commands()}
    try:
        offered = plugins.cli_commands()
    except PluginError as exc:
        # Two plugins offer the same command, and neither takes precedence.
        say(f"Warning: {exc}")
        offered = {}
    return plugins, {**offered, **_built_in_commands(own, offered, plugins)}, problem


def _built_in_commands(
    own: dict[str, CommandRecord], offered: dict[str, CommandRecord], plugins: PluginManager
) -> dict[str, CommandRecord]:
    """Return the built-in commands.

    Warn about each plugin that offers a command with the name of a built-in command.
    """
    commands = {name: offered.get(name, record) for name, record in own.items()}
    for name, record in own.items():
        provider = plugins.provider("vca_cli_commands", name)
        if name in offered and not plugins.is_built_in(provider):
            say(f"Warning: Ignoring the command {name!r} of plugin {provider}. A built-in command has this name.")
            commands[name] = record
    return commands
