"""Simulator options for NSX-T edge gateways.

Most options select one of several possible behaviors, because the behavior of the product is not documented. Source:
protocol/nsxt.md §14 (required simulator behavior), §15 (open questions).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def option(default: object, about: str) -> Any:
    """Return a dataclass field with a default and the description ``about``."""
    return field(default=default, metadata={"about": about})


@dataclass(frozen=True)
class NsxtOptions:
    """The simulator options for NSX-T edge gateways.

    ``metadata["about"]`` of each field describes the option.
    """

    nsxt_edges: int = option(
        0,
        "number of NSX-T edge gateways, in a VDC of their own; with the releases 10.4 and newer, one edge gateway "
        "is added",
    )
    second_provider: bool = option(
        False, "true: the port profiles of scope SYSTEM exist in two NSX-T managers, with the same names"
    )
    nsxt_task_s: float = option(1.0, "duration in seconds of tasks of NSX-T edge gateways")
    unknown_json_fields: str = option(
        "refuse", "effect of an unknown field in the JSON of an NSX-T write: refuse (400) or ignore"
    )
    object_version: str = option(
        "refuse-stale",
        "effect of `version` in an NSX-T write: refuse-stale (an old version returns 400, a missing one is accepted), "
        "required (a missing version also returns 400) or ignore",
    )
    put_forgets_ids: bool = option(
        False, "true: a PUT request of all NSX-T rules gives every rule a new ID, even if it contains the old IDs"
    )
    logging_right: bool = option(
        False,
        "true: tenants can turn on the logging of NSX-T rules; false: the server stores `logging` as false, without "
        "an error",
    )
    owner_ref: str = option(
        "new",
        "owner of a firewall group of an edge gateway in responses: new (ownerRef and edgeGatewayRef) or old (only "
        "edgeGatewayRef)",
    )
    inline_addresses: bool = option(
        True, "true: NSX-T rules of API 38.1 and newer can contain addresses; false: only firewall groups"
    )
    mixed_sources: bool = option(
        True, "true: one side of an NSX-T rule can contain firewall groups and addresses; false: the rule returns 400"
    )
    position_words: str = option(
        "by-version",
        "values of `rulePosition` of a new NSX-T rule: by-version (BEFORE and AFTER, from API 39.0 on also TOP and "
        "BOTTOM) or all (in every version)",
    )
    external_address: str = option(
        "allocated",
        "external addresses in NSX-T NAT rules and IPsec tunnels: allocated (another address than the uplink addresses "
        "of the edge gateway returns 400) or any",
    )
    duplicate_tunnel: str = option(
        "http-400",
        "response to a second NSX-T IPsec tunnel between the same addresses: http-400, or task (the task fails)",
    )
    psk_in_list: bool = option(
        False, "true: lists of NSX-T IPsec tunnels contain pre-shared keys; false: only single tunnels contain them"
    )
    tunnel_up_after_s: float = option(
        0.0, "seconds for which an NSX-T IPsec or L2 VPN tunnel negotiates after each change, before its status is UP"
    )
    l2vpn_keys: str = option(
        "by-release",
        "pre-shared keys of NSX-T L2 VPN tunnels in responses: by-release (six asterisks in release 10.5.1 and newer), "
        "masked or plain",
    )
    l2vpn_key_in_put: str = option(
        "optional",
        "pre-shared key or peer code in a PUT request of an NSX-T L2 VPN tunnel: optional (without it, the tunnel "
        "keeps its key) or required (without it, the request returns 400)",
    )
    link_header: bool = option(True, "true: lists under /cloudapi have Link headers; false: they have none")
    task_owner_id: bool = option(
        True, "true: the owner of an NSX-T task has the URN of the object; false: the owner has no id"
    )
