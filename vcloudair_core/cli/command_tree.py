"""Command tree of ``vca``, built from the command records of plugins.

The module of a command is imported when the command runs, not when commands are listed.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer
import typer.core
import typer.main

from vcloudair_core.cli.display.streams import share_stdout
from vcloudair_core.cli.help_text import use_help_format
from vcloudair_core.errors import PluginError
from vcloudair_core.plugin.records import CommandRecord
from vcloudair_core.util.plugin_output import stdout_to_stderr

if TYPE_CHECKING:
    from vcloudair_core.plugin.manager import PluginManager

_EPILOG = (
    "You can put options before or after the command. Passwords and tokens are not options: use VCA_PASSWORD, "
    "--password-file, --password-stdin or the prompt. `vca config` shows all settings and their sources."
)
_HELP = """Automate vCloud Air and VMware Cloud Director tenants.

Example:
    vca doctor --url https://vcd.example.com --org acme --username ops
    vca edge list --context production
    vca firewall list --edge web-edge -o json
"""


class CommandTree(typer.core.TyperGroup):
    """Root command group of ``vca``, which loads commands on demand."""

    records: Mapping[str, CommandRecord]
    plugins: PluginManager

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the command names in display order."""
        return list(self.records)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load and return a command, or None if it does not exist.

        Raises PluginError if the command cannot be loaded.
        """
        record = self.records.get(cmd_name)
        if record is None:
            return None
        provider = self.plugins.provider("vca_cli_commands", cmd_name)
        with stdout_to_stderr():
            command = _load(record, provider)
        if provider and not self.plugins.is_built_in(provider):
            share_stdout()
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Resolve a command. For an unknown command, suggest a similar name."""
        if args and args[0] not in self.records and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], self.records, n=1)
            ctx.fail(f"No such command {args[0]!r}.{f' Did you mean {near[0]!r}?' if near else ''}")
        return super().resolve_command(ctx, args)


def build_tree(records: Mapping[str, CommandRecord], plugins: PluginManager) -> CommandTree:
    """Return the root command. Run it with ``.main(...)``."""
    from vcloudair_core.cli.invocation import root_callback

    app = typer.Typer(
        name="vca",
        cls=CommandTree,
        help=_HELP,
        epilog=_EPILOG,
        no_args_is_help=True,
        add_completion=False,  # typer would import all commands at each Tab; `vca completion` does not
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    app.callback()(root_callback())
    tree = typer.main.get_command(app)
    assert isinstance(tree, CommandTree)
    tree.records = records
    tree.plugins = plugins
    use_help_format(tree)
    return tree


def _load(record: CommandRecord, provider: str) -> Any:
    try:
        loaded = record.load()
        return as_command(loaded, record)
    except Exception as exc:
        raise PluginError(
            f"Loading the command {record.name!r} of plugin {provider or 'unknown'} failed. "
            f"{type(exc).__name__}: {exc}",
            plugin=provider,
            hint="Repair the plugin, or add it to VCA_DISABLE_PLUGINS. Other commands are not affected.",
        ) from exc


def as_command(loaded: Any, record: CommandRecord) -> Any:
    """Convert a typer app to a command group, or a function to a command."""
    if isinstance(loaded, typer.Typer):
        loaded.rich_markup_mode = None
        group = typer.main.get_group(loaded)
        group.name = record.name
        group.help = group.help or record.summary
        return use_help_format(group)
    app = typer.Typer(rich_markup_mode=None, add_completion=False)
    app.command(record.name, help=inspect.getdoc(loaded) or record.summary)(loaded)
    return use_help_format(typer.main.get_command(app))
