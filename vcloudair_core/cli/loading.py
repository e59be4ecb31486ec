"""Load plugins and choose the commands of ``vca``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcloudair_core.cli.display.output import say
from vcloudair_core.errors import PluginError, VcloudAirError

if TYPE_CHECKING:
    from vcloudair_core.plugin.manager import PluginManager
    from vcloudair_core.plugin.records import CommandRecord


def load_commands() -> tuple[PluginManager, dict[str, CommandRecord], VcloudAirError | None]:
    """Return plugins, commands by name, and what went wrong. The built-in commands are there whatever plugins do."""
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
        # Two plugins offer one command, and either could be the right one: offer the built-in ones only.
        say(f"Warning: {exc}")
        offered = {}
    return plugins, {**offered, **_kept_names(own, offered, plugins)}, problem


def _kept_names(
    own: dict[str, CommandRecord], offered: dict[str, CommandRecord], plugins: PluginManager
) -> dict[str, CommandRecord]:
    """Return the built-in commands. Where another plugin took the name of one, a warning names both."""
    kept = {name: offered.get(name, record) for name, record in own.items()}
    for name, record in own.items():
        provider = plugins.provider("vca_cli_commands", name)
        if name in offered and not plugins.is_built_in(provider):
            say(f"Warning: Command {name!r} of plugin {provider} is not used. It is a built-in command of vca.")
            kept[name] = record
    return kept
