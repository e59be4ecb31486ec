"""The section ``load_balancer``, and the resource kinds of its objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.engine.plan import Plan
from vcloudair_core.engine.validation import Problems, near
from vcloudair_core.errors import ConflictError
from vcloudair_core.services.ans.edge.backend import JSON, NSXT, NSXV, VCLOUDAIR, XML
from vcloudair_core.services.ans.load_balancer.document import CERTIFICATES, linked
from vcloudair_core.services.ans.load_balancer.profile_spec import LbApplicationProfileSpec, MonitorSpec
from vcloudair_core.services.ans.load_balancer.records import completed, exact
from vcloudair_core.services.ans.load_balancer.references import (
    MONITOR,
    NOUNS,
    POOL,
    PROFILE,
    SERVER,
    ObjectReference,
    names_by_id,
    references,
)
from vcloudair_core.services.ans.load_balancer.spec import LoadBalancerSpec, PoolSpec, VirtualServerSpec
from vcloudair_core.services.ans.load_balancer.store import LoadBalancerStore, unique_names
from vcloudair_core.services.ans.section.descriptor import Section
from vcloudair_core.services.ans.section.document import SectionCodec, SectionEdit, SectionState

_LISTS = {MONITOR: "monitors", PROFILE: "application_profiles", POOL: "pools", SERVER: "virtual_servers"}
"""Spec field of each list."""


class MonitorList(Section[LoadBalancerSpec, MonitorSpec]):
    """The settings and the monitors of the load balancer."""

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """Return the document with an edit applied.

        New objects that other objects refer to get IDs.
        """
        merged: Any = super().merge(document, edit)
        return linked(merged.codec.access, merged)

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
                names = [rule for rule in after.values() if rule]
                problems.add(_path_of(reference, spec), _unknown(NOUNS[target], reference.new_name, names))
            elif reference.text in before and reference.text not in after:
                owner = f"{NOUNS[reference.field.owner]} {reference.owner_name!r}"
                users.setdefault((target, before[reference.text]), []).append(owner)
        problems.raise_if_any()
        if users:
            raise _in_use(users)

    def has_effect(self, spec: LoadBalancerSpec) -> bool:
        """Return True if the load balancer is enabled, or has virtual servers or pools."""
        return bool(spec.enabled or spec.virtual_servers or spec.pools)

    def warnings(self, store: Store, state: SectionState[LoadBalancerSpec], plan: Plan) -> tuple[str, ...]:
        """Warn if new objects have no effect, because the load balancer is disabled."""
        if state.settings.enabled or not any(change.action == "create" for change in plan.changes):
            return ()
        return ("The load balancer is disabled, so virtual servers accept no traffic. Set enabled: true.",)


class ProfileList(Section[LoadBalancerSpec, LbApplicationProfileSpec]):
    """The application profiles of the load balancer. Profiles can name certificates."""

    def resolve_rules(
        self, store: Store, specs: Sequence[LbApplicationProfileSpec], paths: Sequence[str]
    ) -> Sequence[LbApplicationProfileSpec]:
        """Check that certificates exist. Names replace IDs if they are unique.

        If a profile has a certificate, makes one call. Raises: SpecError with all certificates that do not exist.
        """
        if store.backend != NSXV or not any(getattr(spec, name) for spec in specs for name in CERTIFICATES):
            return specs
        assert isinstance(store, LoadBalancerStore)
        certificates = store.certificates()
        problems = Problems()
        resolved = [
            _with_certificates(spec, path, certificates, problems) for spec, path in zip(specs, paths, strict=True)
        ]
        problems.raise_if_any()
        return tuple(resolved)


def _with_certificates(
    spec: LbApplicationProfileSpec, path: str, certificates: Sequence[tuple[str, str]], problems: Problems
) -> LbApplicationProfileSpec:
    changes: dict[str, Any] = {}
    if spec.certificate:
        changes["certificate"] = _certificate(
            spec.certificate, f"{path}.certificate".lstrip("."), certificates, problems
        )
    if spec.ca_certificates:
        changes["ca_certificates"] = tuple(
            _certificate(text, f"{path}.ca_certificates[{at}]".lstrip("."), certificates, problems)
            for at, text in enumerate(spec.ca_certificates)
        )
    return replace(spec, **changes)


def _certificate(text: str, path: str, certificates: Sequence[tuple[str, str]], problems: Problems) -> str:
    """Return the name of a certificate, or its ID if the name is not unique."""
    names = unique_names(list(certificates))
    if text in dict(certificates):
        return names.get(text, text)
    ids = [identifier for identifier, name in certificates if name == text]
    if len(ids) > 1:
        problems.add(path, f"{len(ids)} certificates are named {text!r}; use an ID instead: {', '.join(ids)}")
    elif not ids:
        problems.add(path, _unknown("certificate", text, list(names.values())))
    return text


def _unknown(noun: str, name: str, known: Sequence[str]) -> str:
    hint = near(name, known)
    return f"the edge gateway has no {noun} named {name!r}{'; ' + hint if hint else ''}"


def _path_of(reference: ObjectReference, spec: Any) -> str:
    """Return the path of a reference in the input."""
    field = reference.field
    rules = () if spec is None else getattr(spec, _LISTS[field.owner]) or ()
    positions: Iterator[int] = (at for at, rule in enumerate(rules) if rule.name == reference.owner_name)
    position = next(positions, None)
    return field.name if position is None else f"{_LISTS[field.owner]}[{position}].{field.name}"


def _in_use(users: Mapping[tuple[str, str], Sequence[str]]) -> ConflictError:
    """Return the error for objects that cannot be deleted, with their users."""
    sentences = [
        f"Deleting {NOUNS[key]} {name!r} failed. It is in use by {', '.join(owners)}."
        for (key, name), owners in users.items()
    ]
    return ConflictError(
        " ".join(sentences),
        hint="Delete these users first, or change them so that they name another object. An edge document can do both "
        "in one write.",
    )


def _codecs(name: str) -> Mapping[tuple[str, str], Callable[[], SectionCodec[Any]]]:
    """Return the codec factories of a list.

    ``name`` is the part of the class names that differs.
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
    rules_field="application_profiles",
)
POOLS: Section[LoadBalancerSpec, PoolSpec] = Section(
    **_COMMON,
    rule_name="lb_pool",
    noun="pool",
    rule_type=PoolSpec,
    codecs=_codecs("Pool"),
    rules_field="pools",
)
VIRTUAL_SERVERS: Section[LoadBalancerSpec, VirtualServerSpec] = Section(
    **_COMMON,
    rule_name="lb_virtual_server",
    noun="virtual server",
    rule_type=VirtualServerSpec,
    codecs=_codecs("Server"),
    rules_field="virtual_servers",
)
SECTION = MonitorList(
    **_COMMON,
    rule_name="lb_monitor",
    noun="monitor",
    rule_type=MonitorSpec,
    codecs=_codecs("Monitor"),
    rules_field="monitors",
    alternatives={NSXT: "Configure the load balancer of the NSX-T edge gateway in the portal."},
    other_lists=(PROFILES, POOLS, VIRTUAL_SERVERS),
)
