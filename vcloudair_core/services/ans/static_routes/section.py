"""The section ``static_routes``.

Its kinds are ``ans.static_routes`` and ``ans.static_route``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.engine.rulelist import ListPlan
from vcloudair_core.engine.validation import Problems
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.edge.backend import JSON, NSXV, XML
from vcloudair_core.services.ans.section.descriptor import NsxtSection, Section, with_defaults
from vcloudair_core.services.ans.section.document import SectionCodec, state_of
from vcloudair_core.services.ans.section.store import SectionStore
from vcloudair_core.services.ans.static_routes.identities import IDENTITIES
from vcloudair_core.services.ans.static_routes.limits import RULE_LIMITS, SETTING_LIMITS
from vcloudair_core.services.ans.static_routes.spec import StaticRouteSpec, StaticRoutesSpec


class StaticRoutesSection(Section[StaticRoutesSpec, StaticRouteSpec]):
    """The static routes. Routes can name interfaces or networks."""

    def resolve_rules(
        self, store: Store, specs: Sequence[StaticRouteSpec], paths: Sequence[str]
    ) -> Sequence[StaticRouteSpec]:
        """Replace interface names with numbers, and resolve the networks of next hops.

        Makes no call if the routes contain no names.
        """
        names_interfaces = any(spec.interface is not None for spec in specs)
        if not names_interfaces and not any(hop.network for spec in specs for hop in spec.next_hops or ()):
            return specs
        from vcloudair_core.services.ans.static_routes.names import with_network_names, with_vnics

        assert isinstance(store, SectionStore)
        objects = getattr(store, "objects", None)
        return with_vnics(store, specs, paths) if objects is None else with_network_names(objects, specs, paths)

    def rules_lost(self, written: Document, current: Document) -> list[StaticRouteSpec]:
        """Return the routes of an NSX-V edge gateway that another client has deleted.

        These routes have no IDs, so their destinations and next hops are compared.
        """
        assert IDENTITIES.content is not None
        kept = {IDENTITIES.content(rule.spec) for rule in state_of(current).user_rules}
        routes = [rule.spec for rule in state_of(written).user_rules if written.backend == NSXV]
        return [spec for spec in routes if IDENTITIES.content(spec) not in kept]

    def check_result(self, document: Document, spec: Any, list_plan: ListPlan | None) -> None:
        """Raise SpecError if the plan would create a default route without an address."""
        if spec is None or spec.default_gateway is not None or state_of(document).settings.default_gateway is not None:
            return
        problems = Problems()
        for name in ("vnic", "mtu", "distance", "description"):
            if getattr(spec, f"default_gateway_{name}") is not None:
                problems.add(f"default_gateway_{name}", "needs default_gateway, because there is no default route")
        problems.raise_if_any()


def _completed(spec: StaticRouteSpec) -> StaticRouteSpec:
    """Return the spec of a new route with its defaults.

    Raises: SpecError for missing fields.
    """
    for name in ("network", "next_hops"):
        if getattr(spec, name) is None:
            raise SpecError(name, "is required, because the route does not exist yet")
    hops = tuple(with_defaults(hop, skip=("network",)) for hop in spec.next_hops or ())
    return with_defaults(replace(spec, next_hops=hops))  # type: ignore[no-any-return]  # returns the type of its argument


def _json() -> SectionCodec[StaticRoutesSpec]:
    from vcloudair_core.services.ans.static_routes.codec_json import JsonStaticRoutesCodec

    return JsonStaticRoutesCodec(NSXV)


def _xml() -> SectionCodec[StaticRoutesSpec]:
    from vcloudair_core.services.ans.static_routes.codec_xml import XmlStaticRoutesCodec

    return XmlStaticRoutesCodec()


def _nsxt(api_version: str) -> SectionCodec[StaticRoutesSpec]:
    from vcloudair_core.services.ans.static_routes.nsxt.codec import NsxtStaticRoutesCodec

    return NsxtStaticRoutesCodec()


def _nsxt_store() -> type[SectionStore]:
    from vcloudair_core.services.ans.static_routes.nsxt.store import NsxtStaticRoutesStore

    return NsxtStaticRoutesStore


SECTION = StaticRoutesSection(
    name="static_routes",
    rule_name="static_route",
    title="Static routes",
    noun="static route",
    spec_type=StaticRoutesSpec,
    rule_type=StaticRouteSpec,
    codecs={(NSXV, JSON): _json, (NSXV, XML): _xml},
    nsxt=NsxtSection(_nsxt, _nsxt_store),
    # Other routing settings, such as OSPF and BGP, have their own paths, so they are never written.
    path="routing/config/static",
    rules_field="routes",
    identities=IDENTITIES,
    is_ordered=False,
    completed=_completed,
    rule_limits=RULE_LIMITS,
    setting_limits=SETTING_LIMITS,
    network_fields=("network",),
    module="vca_static_routes",
)
