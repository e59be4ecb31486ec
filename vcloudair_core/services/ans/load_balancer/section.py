"""The section ``load_balancer``, and the resource kinds of its objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.engine.plan import Plan
from vcloudair_core.engine.rulelist import ListPlan
from vcloudair_core.engine.validation import Problems
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.edge.backend import JSON, NSXT, NSXV, VCLOUDAIR, XML, split_backend
from vcloudair_core.services.ans.load_balancer.checks import (
    check_pools,
    check_services,
    in_use,
    path_of,
    unknown,
    with_certificates,
)
from vcloudair_core.services.ans.load_balancer.document import CERTIFICATES, linked
from vcloudair_core.services.ans.load_balancer.limits import (
    MONITOR_LIMITS,
    POOL_LIMITS,
    PROFILE_LIMITS,
    RULE_LIMITS,
    SERVER_LIMITS,
    SETTING_LIMITS,
)
from vcloudair_core.services.ans.load_balancer.nsxt.pool_options import effective_pool
from vcloudair_core.services.ans.load_balancer.profile_spec import (
    LbApplicationProfileSpec,
    LbApplicationRuleSpec,
    MonitorSpec,
)
from vcloudair_core.services.ans.load_balancer.records import completed, exact
from vcloudair_core.services.ans.load_balancer.references import (
    NOUNS,
    SERVER,
    names_by_id,
    references,
)
from vcloudair_core.services.ans.load_balancer.spec import LoadBalancerSpec, PoolSpec, VirtualServerSpec
from vcloudair_core.services.ans.load_balancer.store import LoadBalancerStore
from vcloudair_core.services.ans.section.descriptor import NsxtSection, Section, with_defaults
from vcloudair_core.services.ans.section.document import SectionCodec, SectionEdit, SectionState, state_of
from vcloudair_core.services.ans.section.store import SectionStore


class MonitorList(Section[LoadBalancerSpec, MonitorSpec]):
    """The settings and the monitors of the load balancer."""

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """Return the document with an edit applied.

        New objects that other objects refer to get IDs.
        """
        merged: Any = super().merge(document, edit)
        return merged if document.backend == NSXT else linked(merged.codec.access, merged)

    def check_edit(self, document: Document, edit: SectionEdit, spec: Any) -> None:
        """Raise an error for references to objects that do not exist after the edit.

        Raises: SpecError for unknown names; ConflictError if a deleted object is in use.
        """
        merged: Any = self.merge(document, edit)
        access = merged.codec.access
        problems = Problems()
        users: dict[tuple[str, str], list[str]] = {}
        for reference in references(access, merged.tree):
            target = reference.field.target
            after = names_by_id(access, merged.tree, target)
            before = names_by_id(access, document.tree, target)
            if reference.new_name:
                names = [name for item in access.objects(merged.tree, target) for name in access.texts(item, "name")]
                if reference.new_name in names:
                    continue  # the store adds the ID of a new object
                problems.add(path_of(reference, spec), unknown(NOUNS[target], reference.new_name, names))
            elif reference.text in before and reference.text not in after:
                owner = f"{NOUNS[reference.field.owner]} {reference.owner_name!r}"
                users.setdefault((target, before[reference.text]), []).append(owner)
        if document.backend == NSXT:
            check_services(access.objects(merged.tree, SERVER), spec, problems)
            check_pools(document.tree, merged.tree, access, spec, problems)
        problems.raise_if_any()
        if users:
            raise in_use(users)

    def check_result(self, document: Document, spec: Any, list_plan: ListPlan | None) -> None:
        """Raise SpecError if the plan enables or disables a load balancer of NSX-T.

        On NSX-T, only the provider can enable or disable the load balancer.
        """
        if document.backend != NSXT or spec is None or spec.enabled is None:
            return
        if bool(spec.enabled) != bool(state_of(document).settings.enabled):
            [limit] = [limit for limit in SETTING_LIMITS[NSXT] if limit.option == "enabled"]
            raise SpecError("enabled", limit.reason, hint=limit.hint)

    def exact_settings(self, spec: LoadBalancerSpec, backend: str) -> LoadBalancerSpec:
        """Return the settings for ``state: exact``, with defaults.

        On NSX-T, only the provider enables the load balancer, so ``enabled`` stays omitted.
        """
        completed_spec: LoadBalancerSpec = with_defaults(spec, skip=("enabled",) if backend == NSXT else ())
        return completed_spec

    def has_effect(self, spec: LoadBalancerSpec) -> bool:
        """Return True if the load balancer is enabled, or has virtual servers or pools."""
        return bool(spec.enabled or spec.virtual_servers or spec.pools)

    def warnings(self, store: Store, state: SectionState[LoadBalancerSpec], plan: Plan) -> tuple[str, ...]:
        """Warn if new objects have no effect, because the load balancer is disabled."""
        if state.settings.enabled or not any(change.action == "create" for change in plan.changes):
            return ()
        return ("The load balancer is disabled, so virtual servers accept no traffic. Set enabled: true.",)


class PoolList(Section[LoadBalancerSpec, PoolSpec]):
    """The pools of the load balancer."""

    def resolve_rules(self, store: Store, specs: Sequence[PoolSpec], paths: Sequence[str]) -> Sequence[PoolSpec]:
        """Set the name of each unnamed member to its IP address.

        On NSX-T, members have no names, so names are removed, and the list of firewall groups is read if a pool has a
        member group.

        Raises: SpecError with all member groups that do not exist.
        """
        is_nsxt = split_backend(store.backend)[0] == NSXT
        if is_nsxt and any(spec.member_group for spec in specs):
            from vcloudair_core.services.ans.load_balancer.nsxt.pool_options import resolved_groups

            groups: Any = store
            specs = resolved_groups(groups.objects, specs, paths, store.target)
        return tuple(
            spec
            if spec.members is None
            else replace(
                spec,
                members=tuple(
                    replace(member, name=None if is_nsxt else member.name or member.ip_address)
                    for member in spec.members
                ),
            )
            for spec in specs
        )


class ServerList(Section[LoadBalancerSpec, VirtualServerSpec]):
    """The virtual servers of the load balancer.

    On NSX-T, virtual servers can name certificates.
    """

    def resolve_rules(
        self, store: Store, specs: Sequence[VirtualServerSpec], paths: Sequence[str]
    ) -> Sequence[VirtualServerSpec]:
        """Check that certificates exist, and replace IDs with names.

        The ID of a certificate is kept if its name is not unique. Reads the certificate library if a virtual server has
        a certificate. Raises: SpecError with all certificates that do not exist or are ambiguous.
        """
        library = getattr(store, "certificates", None)
        is_nsxt = split_backend(store.backend)[0] == NSXT
        if not is_nsxt or library is None or not any(spec.certificate for spec in specs):
            return specs
        from vcloudair_core.services.ans.ipsec.nsxt.certificates import checked_certificate

        problems = Problems()
        resolved = [
            replace(
                spec,
                certificate=checked_certificate(library, spec.certificate, f"{path}.certificate".lstrip("."), problems),
            )
            if spec.certificate
            else spec
            for spec, path in zip(specs, paths, strict=True)
        ]
        problems.raise_if_any()
        return tuple(resolved)


class ProfileList(Section[LoadBalancerSpec, LbApplicationProfileSpec]):
    """The application profiles of the load balancer. Profiles can name certificates."""

    def resolve_rules(
        self, store: Store, specs: Sequence[LbApplicationProfileSpec], paths: Sequence[str]
    ) -> Sequence[LbApplicationProfileSpec]:
        """Check that certificates exist, and replace IDs with names.

        The ID of a certificate is kept if its name is not unique. Makes one call if a profile has a certificate.
        Raises: SpecError with all certificates that do not exist or are ambiguous.
        """
        if store.backend != NSXV or not any(getattr(spec, name) for spec in specs for name in CERTIFICATES):
            return specs
        assert isinstance(store, LoadBalancerStore)
        certificates = store.certificates()
        problems = Problems()
        resolved = [
            with_certificates(spec, path, certificates, problems) for spec, path in zip(specs, paths, strict=True)
        ]
        problems.raise_if_any()
        return tuple(resolved)


def _codecs(name: str) -> Mapping[tuple[str, str], Callable[[], SectionCodec[Any]]]:
    """Return factories for the codecs of a list, by backend and media type.

    ``name`` is the part of the codec class names that identifies the list, such as ``Profile``.
    """

    def json(backend: str) -> SectionCodec[Any]:
        from vcloudair_core.services.ans.load_balancer import codec_json

        codec: SectionCodec[Any] = getattr(codec_json, f"Json{name}Codec")(backend)
        return codec

    def xml() -> SectionCodec[Any]:
        from vcloudair_core.services.ans.load_balancer import codec_xml

        codec: SectionCodec[Any] = getattr(codec_xml, f"Xml{name}Codec")()
        return codec

    return {(VCLOUDAIR, JSON): lambda: json(VCLOUDAIR), (NSXV, JSON): lambda: json(NSXV), (NSXV, XML): xml}


def _nsxt(name: str) -> NsxtSection:
    """Return the NSX-T codec and store of a list.

    ``name`` is the part of the codec class name that identifies the list.
    """

    def codec(api_version: str) -> SectionCodec[Any]:
        from vcloudair_core.services.ans.load_balancer.nsxt import codec

        made: SectionCodec[Any] = getattr(codec, f"Nsxt{name}Codec")()
        return made

    def store() -> type[SectionStore]:
        from vcloudair_core.services.ans.load_balancer.nsxt.store import NsxtLoadBalancerStore

        return NsxtLoadBalancerStore

    return NsxtSection(codec, store)


_COMMON: Mapping[str, Any] = {
    "name": "load_balancer",
    "title": "Load balancer",
    "spec_type": LoadBalancerSpec,
    "path": "loadbalancer/config",
    "is_ordered": False,
    "completed": completed,
    "exact": exact,
    "store_type": LoadBalancerStore,
    "module": "vca_load_balancer",
}
PROFILES = ProfileList(
    **_COMMON,
    rule_name="lb_application_profile",
    noun="application profile",
    rule_type=LbApplicationProfileSpec,
    codecs=_codecs("Profile"),
    nsxt=_nsxt("List"),
    rule_limits=PROFILE_LIMITS,
    rules_field="application_profiles",
)
RULES: Section[LoadBalancerSpec, LbApplicationRuleSpec] = Section(
    **_COMMON,
    rule_name="lb_application_rule",
    noun="application rule",
    rule_type=LbApplicationRuleSpec,
    codecs=_codecs("Rule"),
    nsxt=_nsxt("List"),
    rule_limits=RULE_LIMITS,
    rules_field="application_rules",
)
POOLS = PoolList(
    **_COMMON,
    effective=effective_pool,
    rule_name="lb_pool",
    noun="pool",
    rule_type=PoolSpec,
    codecs=_codecs("Pool"),
    nsxt=_nsxt("Pool"),
    rule_limits=POOL_LIMITS,
    rules_field="pools",
)
VIRTUAL_SERVERS = ServerList(
    **_COMMON,
    rule_name="lb_virtual_server",
    noun="virtual server",
    rule_type=VirtualServerSpec,
    codecs=_codecs("Server"),
    nsxt=_nsxt("Service"),
    rule_limits=SERVER_LIMITS,
    rules_field="virtual_servers",
)
SECTION = MonitorList(
    **_COMMON,
    rule_name="lb_monitor",
    noun="monitor",
    rule_type=MonitorSpec,
    codecs=_codecs("Monitor"),
    nsxt=_nsxt("List"),
    rule_limits=MONITOR_LIMITS,
    rules_field="monitors",
    setting_limits=SETTING_LIMITS,
    other_lists=(PROFILES, RULES, POOLS, VIRTUAL_SERVERS),
)
