"""Identify raw tunnels, and sort their changes.

The server refuses two tunnels with the same addresses. The changes are sorted so that no two tunnels have the same
addresses at any time. Source: protocol/nsxt.md §1.3.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.services.ans.ipsec.spec import host_meaning
from vcloudair_core.services.ans.section.json_values import mapping_of, text_of


def ends_of(record: Mapping[str, Any]) -> tuple[Hashable, Hashable]:
    """Return the local and the remote address of a raw tunnel.

    Only one tunnel can have this pair of addresses.
    """
    local, remote = (mapping_of(record.get(endpoint)) for endpoint in ("localEndpoint", "remoteEndpoint"))
    return (
        host_meaning(text_of(local.get("localAddress")) or ""),
        host_meaning(text_of(remote.get("remoteAddress")) or ""),
    )


def in_free_order(known: Mapping[str, Mapping[str, Any]], changed: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return changed tunnels in the order in which to write them.

    If a tunnel takes over the addresses of another tunnel, the other tunnel is changed first. ``known`` has all current
    tunnels, keyed by ID.

    Raises: ConfigurationError if tunnels swap their addresses, because no order of writes is valid then.
    """
    owners = {ends_of(record): tunnel_id for tunnel_id, record in known.items()}
    waiting, ordered = list(changed), list[dict[str, Any]]()
    while waiting:
        record = next((record for record in waiting if owners.get(ends_of(record), record["id"]) == record["id"]), None)
        if record is None:
            names = ", ".join(sorted(repr(record.get("name")) for record in waiting))
            raise ConfigurationError(
                f"Writing IPsec tunnels failed. The change swaps the addresses of the tunnels {names}.",
                hint="Move one of the tunnels to an unused address first, or delete one of the tunnels.",
            )
        waiting.remove(record)
        ordered.append(record)
        owners = {ends: tunnel_id for ends, tunnel_id in owners.items() if tunnel_id != record["id"]}
        owners[ends_of(record)] = str(record["id"])
    return ordered
