"""Resolve the names of interfaces and networks in static routes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vcloudair_core.engine.validation import Problems
from vcloudair_core.services.ans.edge.interfaces import pick_interface, read_interfaces
from vcloudair_core.services.ans.nsxt.networks import shown_network
from vcloudair_core.services.ans.static_routes.spec import StaticRouteSpec

if TYPE_CHECKING:
    from vcloudair_core.services.ans.nsxt.helper_objects import HelperObjects
    from vcloudair_core.services.ans.section.store import SectionStore


def with_vnics(
    store: SectionStore, specs: Sequence[StaticRouteSpec], paths: Sequence[str]
) -> tuple[StaticRouteSpec, ...]:
    """Replace names of interfaces with their numbers. Makes one API call.

    Raises: SpecError with all names that do not exist.
    """
    interfaces = read_interfaces(store.session, store.edge)
    problems = Problems()
    resolved = list(specs)
    for position, (spec, path) in enumerate(zip(specs, paths, strict=True)):
        if spec.interface is not None:
            with problems.catch():
                vnic = pick_interface(interfaces, spec.interface, f"{path}.interface".lstrip("."))
                resolved[position] = replace(spec, interface=None, vnic=int(vnic))
    problems.raise_if_any()
    return tuple(resolved)


def with_network_names(
    objects: HelperObjects, specs: Sequence[StaticRouteSpec], paths: Sequence[str]
) -> tuple[StaticRouteSpec, ...]:
    """Replace the URNs of networks with names, and check that all networks exist.

    Each network takes one call, or two for a URN. Raises: SpecError with all networks that do not exist.
    """
    problems = Problems()
    shown: dict[str, str] = {}
    resolved: list[StaticRouteSpec] = []
    for spec, path in zip(specs, paths, strict=True):
        hops = list(spec.next_hops or ())
        for at, hop in enumerate(hops):
            if hop.network:
                where = f"{path}.next_hops[{at}].network".lstrip(".")
                if hop.network not in shown:
                    shown[hop.network] = shown_network(objects, hop.network, where, problems)
                hops[at] = replace(hop, network=shown[hop.network])
        resolved.append(replace(spec, next_hops=tuple(hops)) if spec.next_hops is not None else spec)
    problems.raise_if_any()
    return tuple(resolved)
