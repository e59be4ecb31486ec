"""Firewall rules that all contenders write, as JSON for the API and as specs."""

from __future__ import annotations

from typing import Any


def address(number: int) -> str:
    """Return the source address of a rule. Each rule has a different address."""
    return f"10.{number // 62500}.{number // 250 % 250}.{number % 250 + 1}"


def name(number: int) -> str:
    """Return the name of a rule."""
    return f"rule {number:05}"


def port(number: int) -> str:
    """Return the destination port of a rule."""
    return str(1024 + number)


def action(number: int, last: int, turn: int) -> str:
    """Return the action of a rule.

    The action is ``accept``. In every second turn, the last rule has ``deny`` instead.
    """
    return "deny" if number == last and turn % 2 else "accept"


def on_the_wire(size: int, turn: int = 0) -> list[dict[str, Any]]:
    """Return the rules in the JSON format of vcloudair 0.5.

    Source: protocol/ans.md §4.
    """
    return [
        {
            "name": name(number),
            "enabled": True,
            "description": "",
            "ruleType": "user",
            "action": action(number, size - 1, turn),
            "source": {"ipAddress": [address(number)], "vnicGroupId": []},
            "destination": {"ipAddress": [], "vnicGroupId": ["external"]},
            "application": {"service": [{"protocol": "tcp", "port": [port(number)], "sourcePort": ["any"]}]},
        }
        for number in range(size)
    ]


NSXT_HEADERS = {"Accept": "application/json;version=38.1", "Content-Type": "application/json"}


def nsxt_path(edge_id: str) -> str:
    """Return the path of the rules of an NSX-T edge. Source: protocol/nsxt.md §5."""
    return f"/cloudapi/2.0.0/edgeGateways/urn:vcloud:gateway:{edge_id}/firewall/rules"


def on_the_wire_of_nsxt(size: int, turn: int = 0) -> list[dict[str, Any]]:
    """Return the rules in the format of NSX-T edges.

    Source: protocol/nsxt.md §5.
    """
    return [
        {
            "name": name(number),
            "active": True,
            "actionValue": {"accept": "ALLOW", "deny": "DROP"}[action(number, size - 1, turn)],
            "direction": "IN_OUT",
            "ipProtocol": "IPV4_IPV6",
            "logging": False,
            "sourceFirewallIpAddresses": [address(number)],
            "rawPortProtocols": [
                {"layer4Item": {"protocol": "TCP", "sourcePorts": [], "destinationPorts": [port(number)]}}
            ],
        }
        for number in range(size)
    ]


def in_words(size: int, turn: int = 0, backend: str = "") -> list[dict[str, Any]]:
    """Return the rules as specs for ``client.ensure``.

    NSX-T rules have no interfaces.
    """
    return [
        {
            "name": name(number),
            "action": action(number, size - 1, turn),
            "source": [address(number)],
            "destination": ["any" if backend == "nsxt" else "external"],
            "services": [{"protocol": "tcp", "port": [port(number)]}],
        }
        for number in range(size)
    ]
