"""Networks that were written with an address in them: accepted, and worth telling what they became."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from vcloudair_core.engine.plan import Plan

_FIELDS = (
    "source",
    "destination",
    "original_address",
    "translated_address",
    "dnat_match_source_address",
    "snat_match_destination_address",
    "local_subnets",
    "peer_subnets",
)


def network_meant(word: str) -> str:
    """The network that a CIDR with host bits stands for, or an empty string for any other word."""
    try:
        address = ipaddress.ip_interface(word) if "/" in word else None
    except ValueError:
        return ""
    return "" if address is None or address.ip == address.network.network_address else str(address.network)


def host_bits(plan: Plan) -> tuple[str, ...]:
    """A sentence for each network with host bits that a plan writes."""
    found: list[str] = []
    for change in plan.changes:
        if change.action not in ("create", "update") or change.after is None:
            continue
        names = _FIELDS if change.action == "create" else [name for name in _FIELDS if name in change.fields]
        for name, word in _words(change.after, names):
            network = network_meant(word)
            if network:
                found.append(f"{change.identity}: {name} {word} stands for the network {network}.")
    return tuple(found)


def _words(shown: Mapping[str, Any], names: Any) -> Iterator[tuple[str, str]]:
    for name in names:
        value = shown.get(name)
        for word in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(word, str):
                yield name, word
