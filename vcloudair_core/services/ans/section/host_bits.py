"""Networks that were written with an address in them: accepted, and worth telling what they became."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vcloudair_core.engine.plan import Plan


def network_meant(word: str) -> str:
    """The network that a CIDR with host bits stands for, or an empty string for any other word."""
    try:
        address = ipaddress.ip_interface(word) if "/" in word else None
    except ValueError:
        return ""
    return "" if address is None or address.ip == address.network.network_address else str(address.network)


def host_bits(plan: Plan, network_fields: Sequence[str]) -> tuple[str, ...]:
    """Return a sentence for each network with host bits that a plan writes in one of the fields."""
    sentences: list[str] = []
    for change in plan.changes:
        if change.action not in ("create", "update") or change.after is None:
            continue
        names = [name for name in network_fields if change.action == "create" or name in change.fields]
        for name, text in _texts(change.after, names):
            network = network_meant(text)
            if network:
                sentences.append(f"{change.identity}: {name} {text} stands for the network {network}.")
    return tuple(sentences)


def _texts(shown: Mapping[str, Any], names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        value = shown.get(name)
        for text in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(text, str):
                yield name, text
