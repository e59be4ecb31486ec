"""The section ``dhcp``, and the resource kinds of its pools and static bindings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from vcloudair_core.engine.canonical import address_range, fold
from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.engine.plan import Plan
from vcloudair_core.engine.rulelist import ListPlan
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.dhcp.records import completed, effective, exact
from vcloudair_core.services.ans.dhcp.spec import (
    BINDING_IDENTITIES,
    POOL_IDENTITIES,
    DhcpBindingSpec,
    DhcpPoolSpec,
    DhcpSpec,
)
from vcloudair_core.services.ans.edge.backend import JSON, NSXT, NSXV, VCLOUDAIR, XML
from vcloudair_core.services.ans.section.descriptor import Section
from vcloudair_core.services.ans.section.document import SectionCodec, SectionState, state_of

_UNIQUE: Mapping[str, Any] = {"host_name": fold, "ip_address": address_range}
"""The unique fields of static bindings, with functions for comparison."""


class DhcpSection(Section[DhcpSpec, DhcpPoolSpec]):
    """The settings and the pools of the DHCP section."""

    def warnings(self, store: Store, state: SectionState[DhcpSpec], plan: Plan) -> tuple[str, ...]:
        """Warn if new pools or static bindings have no effect, because DHCP is disabled."""
        if state.settings.enabled or not any(change.action == "create" for change in plan.changes):
            return ()
        return ("The DHCP service is disabled, so the edge gateway assigns no addresses. Set enabled: true.",)

    def check_result(self, document: Document, spec: DhcpSpec | None, list_plan: ListPlan | None) -> None:
        """Raise SpecError if pools would overlap. Source: protocol/ans.md §5, §6."""
        pools = sorted(filter(None, map(_range_of, _resulting(document, list_plan))))
        for ((_, _, last), name), ((_, first, _), other_name) in pairwise(pools):
            if first <= last:
                raise SpecError("pools" if spec else "ip_range", f"the pools {name} and {other_name} overlap")


class BindingList(Section[DhcpSpec, DhcpBindingSpec]):
    """The static bindings of the DHCP section."""

    def check_result(self, document: Document, spec: DhcpSpec | None, list_plan: ListPlan | None) -> None:
        """Raise SpecError if two static bindings would have the same host name or address.

        Source: protocol/ans.md §5, §6.
        """
        for field, canonical in _UNIQUE.items():
            owners: dict[Any, DhcpBindingSpec] = {}
            for binding in _resulting(document, list_plan):
                value = getattr(binding, field)
                owner = owners.setdefault(canonical(value), binding) if value else binding
                if owner is not binding:
                    path = "bindings" if spec else field
                    names = f"{owner.mac_address} and {binding.mac_address}"
                    raise SpecError(path, f"{value!r} would be the {field} of two static bindings, {names}")


def _resulting(document: Document, list_plan: ListPlan | None) -> list[Any]:
    """Return the specs of a list after the plan is applied."""
    rules = state_of(document).rules
    if list_plan is None:
        return [rule.spec for rule in rules]
    by_slot = {rule.slot: rule for rule in rules}
    specs = [rule.spec for rule in rules if not rule.is_user]
    for step in list_plan.steps:
        current = None if step.slot is None else by_slot[step.slot].spec
        specs.append(_merged(current, step.spec, step.changed) if current is not None else step.spec)
    return specs


def _merged(current: Any, spec: Any, changed: tuple[str, ...]) -> Any:
    return replace(current, **{name: getattr(spec, name) for name in changed}) if changed else current


def _range_of(pool: DhcpPoolSpec) -> tuple[tuple[int, int, int], str] | None:
    addresses = address_range(pool.ip_range or "")
    return None if addresses is None else (addresses, pool.name)


def _json(backend: str) -> SectionCodec[DhcpSpec]:
    from vcloudair_core.services.ans.dhcp.codec_json import JsonDhcpCodec

    return JsonDhcpCodec(backend)


def _xml() -> SectionCodec[DhcpSpec]:
    from vcloudair_core.services.ans.dhcp.codec_xml import XmlDhcpCodec

    return XmlDhcpCodec()


def _json_bindings(backend: str) -> SectionCodec[DhcpSpec]:
    from vcloudair_core.services.ans.dhcp.codec_json import JsonBindingCodec

    return JsonBindingCodec(backend)


def _xml_bindings() -> SectionCodec[DhcpSpec]:
    from vcloudair_core.services.ans.dhcp.codec_xml import XmlBindingCodec

    return XmlBindingCodec()


BINDINGS = BindingList(
    name="dhcp",
    rule_name="dhcp_binding",
    title="DHCP",
    noun="static binding",
    spec_type=DhcpSpec,
    rule_type=DhcpBindingSpec,
    codecs={
        (VCLOUDAIR, JSON): lambda: _json_bindings(VCLOUDAIR),
        (NSXV, JSON): lambda: _json_bindings(NSXV),
        (NSXV, XML): _xml_bindings,
    },
    rules_field="bindings",
    identities=BINDING_IDENTITIES,
    is_ordered=False,
    completed=completed,
    effective=effective,
    exact=exact,
    module="vca_dhcp",
)

SECTION = DhcpSection(
    name="dhcp",
    rule_name="dhcp_pool",
    title="DHCP",
    noun="DHCP pool",
    spec_type=DhcpSpec,
    rule_type=DhcpPoolSpec,
    codecs={
        (VCLOUDAIR, JSON): lambda: _json(VCLOUDAIR),
        (NSXV, JSON): lambda: _json(NSXV),
        (NSXV, XML): _xml,
    },
    rules_field="pools",
    identities=POOL_IDENTITIES,
    is_ordered=False,
    completed=completed,
    effective=effective,
    exact=exact,
    module="vca_dhcp",
    alternatives={
        NSXT: "On NSX-T, DHCP pools and static bindings belong to networks. Configure them in the networks, or use "
        "dhcp_relay to forward requests to DHCP servers."
    },
    other_lists=(BINDINGS,),
)
