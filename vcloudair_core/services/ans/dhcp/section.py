"""The section ``dhcp``, and the resource kinds of its pools and static bindings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, TypeVar

from vcloudair_core.engine.canonical import address_range, fold
from vcloudair_core.engine.desired import Absent, Desired, Exactly
from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.engine.plan import Plan
from vcloudair_core.engine.rulelist import ListPlan
from vcloudair_core.engine.validation import Problems
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.dhcp.limits import RULE_LIMITS, SETTING_LIMITS
from vcloudair_core.services.ans.dhcp.records import completed, effective, exact
from vcloudair_core.services.ans.dhcp.spec import (
    BINDING_IDENTITIES,
    POOL_IDENTITIES,
    DhcpBindingSpec,
    DhcpPoolSpec,
    DhcpSpec,
)
from vcloudair_core.services.ans.edge.backend import JSON, NSXT, NSXV, VCLOUDAIR, XML, split_backend
from vcloudair_core.services.ans.section.descriptor import NsxtSection, Section, with_defaults
from vcloudair_core.services.ans.section.document import SectionCodec, SectionEdit, SectionState, state_of
from vcloudair_core.services.ans.section.store import SectionStore

RuleT = TypeVar("RuleT", DhcpPoolSpec, DhcpBindingSpec)

_UNIQUE: Mapping[str, Any] = {"host_name": fold, "ip_address": address_range}
"""The unique fields of static bindings, with functions for comparison."""
_SHARED_NOTE = (
    "The lease time and the DNS servers apply to all pools of the network {!r}, also to pools that are not listed."
)


class _DhcpList(Section[DhcpSpec, RuleT]):
    """A list of the DHCP section.

    On NSX-T edge gateways, each entry belongs to a network.
    """

    def narrowed_store(self, store: Store, desired: Desired) -> Store:
        """Return a store that reads only the networks of the specs.

        Only NSX-T edge gateways have networks with DHCP services. A static binding without ``network`` needs all
        networks, because any of them can have its MAC address.
        """
        narrowed = getattr(store, "narrowed", None)
        is_placed = self.rules_field == "pools" or all(spec.network for spec in desired.specs)
        if narrowed is None or not is_placed or isinstance(desired, Exactly):
            return store
        narrowed_store: Store = narrowed(desired.specs)
        return narrowed_store

    def resolve_rules(self, store: Store, specs: Sequence[Any], paths: Sequence[str]) -> Sequence[Any]:
        """Replace the URNs of networks with names, and check the networks.

        Makes one call for every 128 networks if a spec names a network. Raises: SpecError with all unknown networks.
        """
        networks = getattr(store, "networks", None)
        if networks is None or not any(spec.network for spec in specs):
            return specs
        known = {alias: network["name"] for urn, network in networks().items() for alias in (urn, network["name"])}
        problems = Problems()
        resolved = list(specs)
        for position, (spec, path) in enumerate(zip(specs, paths, strict=True)):
            if spec.network in known:
                resolved[position] = replace(spec, network=known[spec.network])
            elif spec.network:
                names = ", ".join(sorted({repr(name) for name in known.values()}))
                hint = f"Use a connected network: {names}." if names else "Connect a network to the edge gateway first."
                reason = f"no network {spec.network!r} is connected to the {store.target}"
                problems.add(f"{path}.network".lstrip("."), reason, hint)
        problems.raise_if_any()
        return tuple(resolved)

    def plan_rules(
        self,
        document: Document,
        desired: Desired,
        specs: Sequence[Any],
        *,
        in_order: bool,
        prefix: str = "",
        allow_empty: bool | None = None,
    ) -> ListPlan:
        """Plan a list.

        On NSX-T edge gateways, specs are completed with the values of their networks.

        Raises: SpecError for values that the networks do not allow; the errors of
        :func:`vcloudair_core.engine.rulelist.plan_desired`.
        """
        if document.backend != NSXT or isinstance(desired, Absent):
            return super().plan_rules(
                document, desired, specs, in_order=in_order, prefix=prefix, allow_empty=allow_empty
            )
        from vcloudair_core.services.ans.dhcp.nsxt import plans

        has_paths = len(specs) > 1 or bool(prefix)

        def path(index: int) -> str:
            return f"{prefix}[{index}]." if has_paths else ""

        networks = plans.NetworkPlans.of(document)
        plans.check_fixed_fields(specs, networks, path)
        if self.rules_field == "pools":
            networks = networks.with_shared_of(specs, path)
        kind = plans.nsxt_list(self.rule_list(document), networks)
        list_plan: ListPlan = self.plan_list(
            kind, document, desired, specs, in_order=False, prefix=prefix, allow_empty=allow_empty
        )
        others: list[str] = []
        if networks.shared and list_plan.changes and not isinstance(desired, Exactly):
            others = plans.changed_networks(specs, networks, document)
        notes: tuple[str, ...] = tuple(map(_SHARED_NOTE.format, others))
        return replace(list_plan, notes=(*list_plan.notes, *notes))


class DhcpSection(_DhcpList[DhcpPoolSpec]):
    """The settings and the pools of the DHCP section."""

    def warnings(self, store: Store, state: SectionState[DhcpSpec], plan: Plan) -> tuple[str, ...]:
        """Warn if new pools or static bindings have no effect, because DHCP is disabled."""
        if state.settings.enabled or not any(change.action == "create" for change in plan.changes):
            return ()
        if split_backend(store.backend)[0] == NSXT:
            return ("DHCP is disabled in a network of the edge gateway that has pools. Set enabled: true.",)
        return ("The DHCP service is disabled, so the edge gateway assigns no addresses. Set enabled: true.",)

    def exact_settings(self, spec: DhcpSpec, backend: str) -> DhcpSpec:
        """Return the settings for ``state: exact``, with defaults.

        On NSX-T, networks enable DHCP themselves, so ``enabled`` stays omitted.
        """
        completed_spec: DhcpSpec = with_defaults(spec, skip=("enabled",) if backend == NSXT else ())
        return completed_spec

    def plain_settings(self, settings: Any) -> dict[str, Any]:
        """Return the settings as plain data.

        ``enabled`` is omitted if it differs between the networks of an NSX-T edge gateway, so that applying an export
        changes no network.
        """
        shown = super().plain_settings(settings)
        return shown if settings.enabled is not None else {k: v for k, v in shown.items() if k != "enabled"}

    def diff_settings(self, document: Document, spec: Any) -> dict[str, tuple[Any, Any]]:
        """Return the settings that differ.

        On NSX-T, ``enabled`` differs if it differs in a network that has a DHCP service.
        """
        if document.backend != NSXT:
            return super().diff_settings(document, spec)
        from vcloudair_core.services.ans.dhcp.nsxt.document import enabled_flags

        flags = enabled_flags(document.tree)
        is_same = spec.enabled is None or not flags - {spec.enabled}
        return {} if is_same else {"enabled": (not spec.enabled, spec.enabled)}

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """Return the document with an edit applied."""
        merged: Any = super().merge(document, edit)
        if document.backend != NSXT:
            return merged  # type: ignore[no-any-return]  # a document
        from vcloudair_core.services.ans.dhcp.nsxt.document import linked

        linked_document: Document = replace(merged, tree=linked(document.tree, merged.tree))
        return linked_document

    def check_result(self, document: Document, spec: DhcpSpec | None, list_plan: ListPlan | None) -> None:
        """Raise SpecError if pools would overlap. Source: protocol/ans.md §5, §6."""
        pools = sorted(filter(None, map(_range_of, _resulting(document, list_plan))))
        for ((_, _, last), name), ((_, first, _), other_name) in pairwise(pools):
            if first <= last:
                raise SpecError("pools" if spec else "ip_range", f"the pools {name} and {other_name} overlap")

    def check_edit(self, document: Document, edit: SectionEdit, spec: Any) -> None:
        """Raise SpecError if a network of an NSX-T edge gateway rejects the result."""
        if document.backend == NSXT:
            from vcloudair_core.services.ans.dhcp.nsxt.plans import check_document

            check_document(document, self.merge(document, edit), spec)


class BindingList(_DhcpList[DhcpBindingSpec]):
    """The static bindings of the DHCP section."""

    def check_result(self, document: Document, spec: DhcpSpec | None, list_plan: ListPlan | None) -> None:
        """Raise SpecError if two static bindings would have the same host name or address.

        On NSX-T, static bindings can have the same host name, and in different networks the same address.
        Source: protocol/ans.md §5, §6; protocol/nsxt.md §10.1.
        """
        for field, canonical in _UNIQUE.items():
            if field == "host_name" and document.backend == NSXT:
                continue
            owners: dict[Any, DhcpBindingSpec] = {}
            for binding in _resulting(document, list_plan):
                value = getattr(binding, field)
                place = binding.network if document.backend == NSXT else None
                owner = owners.setdefault((place, canonical(value)), binding) if value else binding
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


def _nsxt_pools(api_version: str) -> SectionCodec[DhcpSpec]:
    from vcloudair_core.services.ans.dhcp.nsxt.codec import NsxtDhcpPoolCodec

    return NsxtDhcpPoolCodec()


def _nsxt_bindings(api_version: str) -> SectionCodec[DhcpSpec]:
    from vcloudair_core.services.ans.dhcp.nsxt.codec import NsxtBindingCodec

    return NsxtBindingCodec()


def _nsxt_store() -> type[SectionStore]:
    from vcloudair_core.services.ans.dhcp.nsxt.store import NsxtDhcpStore

    return NsxtDhcpStore


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
    nsxt=NsxtSection(_nsxt_bindings, _nsxt_store),
    rule_limits=RULE_LIMITS,
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
    nsxt=NsxtSection(_nsxt_pools, _nsxt_store),
    rule_limits=RULE_LIMITS,
    setting_limits=SETTING_LIMITS,
    rules_field="pools",
    identities=POOL_IDENTITIES,
    is_ordered=False,
    completed=completed,
    effective=effective,
    exact=exact,
    module="vca_dhcp",
    other_lists=(BINDINGS,),
)
