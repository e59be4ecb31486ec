"""The rules of a firewall that all contenders write: as the JSON of the wire, and in our own words."""

from __future__ import annotations

from typing import Any


def address(number: int) -> str:
    """The source of a rule; no two have the same."""
    return f"10.{number // 62500}.{number // 250 % 250}.{number % 250 + 1}"


def name(number: int) -> str:
    """Of a rule."""
    return f"rule {number:05}"


def port(number: int) -> str:
    """The port that a rule is about."""
    return str(1024 + number)


def action(number: int, last: int, turn: int) -> str:
    """Every rule accepts, but the last one does so in every other turn only: that is the one change."""
    return "deny" if number == last and turn % 2 else "accept"


def on_the_wire(size: int, turn: int = 0) -> list[dict[str, Any]]:
    """As the original SDK makes them. Source: protocol/ans.md §4."""
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


def in_words(size: int, turn: int = 0) -> list[dict[str, Any]]:
    """As ``client.ensure`` takes them."""
    return [
        {
            "name": name(number),
            "action": action(number, size - 1, turn),
            "source": [address(number)],
            "destination": ["external"],
            "services": [{"protocol": "tcp", "port": [port(number)]}],
        }
        for number in range(size)
    ]
