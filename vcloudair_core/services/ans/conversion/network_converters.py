"""Convert the static routes and the DNS forwarding of an NSX-V edge document.

Source: protocol/nsxt.md §10.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vcloudair_core.errors import SpecProblem
from vcloudair_core.services.ans.conversion.report import LEFT_OUT, ConversionItem
from vcloudair_core.services.ans.conversion.section_converter import SectionConverter, with_unique_name
from vcloudair_core.services.ans.dns.spec import DnsSpec
from vcloudair_core.services.ans.section.rule_values import network_of_host
from vcloudair_core.services.ans.static_routes.spec import MAX_NEXT_HOPS, StaticRouteSpec, address_meaning


class StaticRoutesConverter(SectionConverter):
    """Converts the static routes of a document.

    NSX-V has one route for each next hop, and NSX-T has one route for each destination.
    """

    def __init__(self, section: Any, api_version: str) -> None:
        super().__init__(section, api_version)
        self._names: dict[str, int] = {}

    def adapt(self, index: int, rule: Any, settings: Any) -> tuple[Any, list[ConversionItem]]:
        """Return a route whose destination has no host bits."""
        network = network_of_host(rule.network)
        if not network:
            return replace(rule, match_by="network"), []
        item = self.changed(index, rule, "network", f"the network is {network}, because it has no host bits")
        return replace(rule, network=network, match_by="network"), [item]

    def _rules(self, spec: Any) -> list[tuple[int, Any]]:
        """Merge the routes to the same destination into one route with all next hops.

        Returns ``(position, route)`` for each destination. ``position`` is the position of the first merged route.
        """
        routes: dict[Any, tuple[int, StaticRouteSpec]] = {}
        for index, route in super()._rules(spec):
            destination = address_meaning(route.network)
            if destination not in routes:
                routes[destination] = (index, replace(route, name=self._name_of(route)))
                continue
            first, known = routes[destination]
            if len(known.next_hops or ()) == MAX_NEXT_HOPS:
                reason = f"a route has at most {MAX_NEXT_HOPS} next hops"
                self.items.append(self.item(index, route, LEFT_OUT, SpecProblem("next_hops", reason, "Omit it.")))
                continue
            routes[destination] = (
                first,
                replace(known, next_hops=(*(known.next_hops or ()), *(route.next_hops or ()))),
            )
            reason = f"the next hop belongs to the route at {self.path(first)}"
            self.items.append(self.changed(index, route, "next_hops", reason))
        return list(routes.values())

    def _name_of(self, route: StaticRouteSpec) -> str:
        """Return a unique name for a route, based on its description or destination."""
        name = with_unique_name((route.description or "").strip() or f"route to {route.network}", self._names)
        self._names[name] = 1
        return name


class DnsConverter(SectionConverter):
    """Converts the DNS forwarding of a document."""

    def adapt_settings(self, spec: DnsSpec) -> DnsSpec:
        """Return the settings. If no listener is set, ``enabled`` is left out."""
        if spec.enabled and not spec.listener_ip:
            reason = "an NSX-T edge gateway needs listener_ip, which an NSX-V edge gateway does not have"
            self.omit_setting("enabled", True, reason, "Add listener_ip and enabled to the section.")
            return replace(spec, enabled=None)
        return spec
