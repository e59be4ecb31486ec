"""Plugin with the built-in commands of ``vca``."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from vcloudair_core.plugin.hooks import hookimpl
from vcloudair_core.plugin.records import CommandRecord

vcloudair_api_version = 1

_COMMANDS = (
    # name, module:attribute, summary
    ("login", "login:login", "Sign in and keep the session for later commands."),
    ("logout", "login:logout", "End the session of `vca login`."),
    ("whoami", "login:whoami", "Show the signed-in user, org and roles."),
    ("doctor", "doctor:doctor", "Diagnose connection, sign-in and permission problems."),
    ("dhcp", "edge.dhcp:app", "List DHCP pools, static bindings and leases of an edge gateway."),
    ("dr", "dr.dr:app", "Test and run disaster recovery."),
    ("certificate", "edge.certificate:app", "List certificates and their expiry."),
    (
        "distributed-firewall",
        "edge.distributed_firewall:app",
        "List distributed firewall rules of a VDC group.",
    ),
    ("dns", "network.network_services:dns_app", "Show the DNS forwarding of an edge gateway."),
    ("edge", "edge.edge:app", "List, export, plan and change edge gateways."),
    ("firewall", "edge.firewall:app", "List firewall rules of an edge gateway."),
    ("group", "objects.group:app", "List IP sets, security groups and application profiles."),
    ("ipsec", "edge.ipsec:app", "List IPsec tunnels of an edge gateway."),
    ("l2vpn", "network.l2vpn:app", "List L2 VPN tunnels of an edge gateway, and save peer codes."),
    ("lb", "network.load_balancer:app", "List virtual servers and pools of a load balancer, and their status."),
    ("metrics", "metrics:app", "Show, plot, export and serve metrics of VMs."),
    ("nat", "edge.nat:app", "List NAT rules of an edge gateway."),
    ("network", "network.org_networks:app", "List networks, and show the used addresses of a network."),
    ("static-route", "network.network_services:static_route_app", "List static routes of an edge gateway."),
    ("vdc", "network.vdcs:app", "List VDCs, and show the capacity and quotas of a VDC."),
    ("query", "query:query", "Query VMs, networks, catalogs, tasks and other records."),
    ("sim", "sim:app", "Run a simulated cloud on this host."),
    ("schema", "schema:schema", "Print the JSON Schema of a document type."),
    ("plugins", "plugins:app", "List plugins, or create one."),
    ("context", "context:app", "Manage contexts, which are named clouds in the configuration file."),
    ("completion", "completion:app", "Set up shell completion for bash, zsh and fish."),
    ("audit", "audit:app", "Show the audit log: every write of this user on this host."),
    ("config", "config:config", "Show settings and their sources."),
    ("version", "version:version", "Show the versions of vca and its dependencies."),
)


@hookimpl
def vca_cli_commands() -> list[CommandRecord]:
    """Return the built-in commands."""
    return [CommandRecord(name, summary, _loader(location)) for name, location, summary in _COMMANDS]


def _loader(location: str) -> Callable[[], Any]:
    module, _, attribute = location.partition(":")
    return lambda: getattr(importlib.import_module(f"vcloudair_core.cli.commands.{module}"), attribute)
