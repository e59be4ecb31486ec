"""Options of static routes that a backend does not support.

Source: protocol/ans.md §5, protocol/nsxt.md §10.
"""

from __future__ import annotations

from collections.abc import Sequence

from vcloudair_core.engine.fields import fields_of
from vcloudair_core.services.ans.edge.backend import NSXT, NSXV
from vcloudair_core.services.ans.edge.limits import Limit
from vcloudair_core.services.ans.static_routes.spec import NextHopSpec, StaticRoutesSpec


def _more_than_one(hops: Sequence[NextHopSpec]) -> tuple[str, ...]:
    return tuple(str(hop.address) for hop in hops[1:])


def _networks(hops: Sequence[NextHopSpec]) -> tuple[str, ...]:
    return tuple(hop.network for hop in hops if hop.network)


RULE_LIMITS = {
    NSXV: (
        Limit(
            "next_hops",
            "a route has one next hop",
            "Write one route for each next hop, with match_by=next_hop.",
            values="more than one next hop",
            refused=_more_than_one,
        ),
        Limit(
            "next_hops",
            "routes lead through interfaces",
            "Set vnic or interface of the route.",
            values="`network` of a next hop",
            refused=_networks,
        ),
        Limit("name", "routes have no names", "Set description instead."),
    ),
    NSXT: (
        *(
            Limit(
                name,
                "routes have no interfaces",
                "Omit the option, or set network of the next hop.",
                is_neutral=True,
            )
            for name in ("vnic", "interface")
        ),
        Limit("mtu", "routes have no MTU", "Omit mtu. The MTU of the network applies.", is_neutral=True),
    ),
}
"""The limits of options of a route, by backend."""

SETTING_LIMITS = {
    NSXT: tuple(
        Limit(
            name,
            "the default route belongs to the provider",
            "Omit the option. If the provider allows it, add a route for 0.0.0.0/0.",
        )
        for name, info in fields_of(StaticRoutesSpec).items()
        if not info.input_only
    )
}
"""The limits of settings of the default route, by backend."""
