"""The built-in commands, offered through the same hook that a third party uses."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from vcloudair_core.plugin.hooks import hookimpl
from vcloudair_core.plugin.records import CommandRecord

vcloudair_api_version = 1

_COMMANDS = (
    # name, module:attribute, summary
    ("login", "login:login", "Sign in, and keep the session for the next command."),
    ("logout", "login:logout", "End the session that was kept."),
    ("whoami", "login:whoami", "Who is signed in, where, and with which rights."),
    ("doctor", "doctor:doctor", "Find out why it does not work, step by step."),
    ("dr", "dr.dr:app", "Disaster recovery: replications, tests, failovers."),
    ("edge", "edge.edge:app", "Edge gateways."),
    ("firewall", "edge.firewall:app", "Firewall rules of an edge gateway."),
    ("ipsec", "edge.ipsec:app", "IPsec tunnels of an edge gateway."),
    ("metrics", "metrics:app", "Metrics of VMs: tables, plots, files."),
    ("nat", "edge.nat:app", "NAT rules of an edge gateway."),
    ("query", "query:query", "Find anything: VMs, networks, catalogs, tasks."),
    ("sim", "sim:app", "The simulator: the API on this host, no cloud needed."),
    ("schema", "schema:schema", "JSON Schemas of documents, for editors."),
    ("plugins", "plugins:app", "Plugins: where they come from and whether they work."),
    ("context", "context:app", "Contexts: named clouds of the configuration file."),
    ("completion", "completion:app", "Shell completion for bash, zsh and fish."),
    ("config", "config:config", "Every setting and where its value came from."),
    ("version", "version:version", "Versions of vca and of what it runs on."),
)


@hookimpl
def vca_cli_commands() -> list[CommandRecord]:
    """The commands of ``vca`` itself."""
    return [CommandRecord(name, summary, _loader(where)) for name, where, summary in _COMMANDS]


def _loader(where: str) -> Callable[[], Any]:
    module, _, attribute = where.partition(":")
    return lambda: getattr(importlib.import_module(f"vcloudair_core.cli.commands.{module}"), attribute)
