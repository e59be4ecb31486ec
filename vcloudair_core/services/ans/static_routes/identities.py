"""The ways to identify a static route: its destination, next hops or name."""

from __future__ import annotations

from collections.abc import Hashable

from vcloudair_core.engine.matching import Identities, RuleIdentity
from vcloudair_core.services.ans.static_routes.spec import (
    BY_NETWORK,
    BY_NEXT_HOP,
    StaticRouteSpec,
    address_meaning,
    next_hops_meaning,
)


def _destination(spec: StaticRouteSpec) -> Hashable:
    return address_meaning(spec.network or "")


def _addresses(spec: StaticRouteSpec) -> Hashable:
    return frozenset(address_meaning(hop.address or "") for hop in spec.next_hops or ())


def _whole_keys(spec: StaticRouteSpec) -> tuple[Hashable, ...]:
    """Return the keys of a route by its destination, the most specific key first.

    Several routes can have the same destination.
    """
    return ((_destination(spec), _addresses(spec)), (_destination(spec), None))


def _search_keys(spec: StaticRouteSpec) -> tuple[Hashable, ...]:
    return _whole_keys(spec) if spec.next_hops is not None else _whole_keys(spec)[1:]


IDENTITIES = Identities(
    {
        BY_NETWORK: RuleIdentity(
            _search_keys, lambda spec: f"to {spec.network}", live_keys=_whole_keys, is_unique=True
        ),
        BY_NEXT_HOP: RuleIdentity(
            lambda spec: _whole_keys(spec)[:1],
            lambda spec: f"to {spec.network} with the same next hops",
            is_unique=True,
        ),
        "name": RuleIdentity(
            lambda spec: ((spec.name or "").strip(),), lambda spec: f"named {(spec.name or '').strip()!r}"
        ),
    },
    shown=("name", "network", "next_hops", "vnic"),
    numbers=("rule_id",),
    hint="Set match_by to next_hop. On NSX-T edge gateways, you can also set match_by to name or rule_id.",
    content=lambda spec: (_destination(spec), next_hops_meaning(spec.next_hops or ())),
)
"""The ways to identify a static route."""
