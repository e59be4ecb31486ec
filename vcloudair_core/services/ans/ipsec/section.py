"""The section ``ipsec`` with its kinds ``ans.ipsec`` and ``ans.ipsec_tunnel``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.desired import Absent, Desired, Exactly
from vcloudair_core.engine.fields import diff_fields
from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.plan import Change, Plan
from vcloudair_core.engine.rulelist import ListPlan, RuleListKind, RuleStep
from vcloudair_core.engine.validation import Problems
from vcloudair_core.errors import SpecError, SpecProblem
from vcloudair_core.services.ans.certificate.certificate_names import (
    EdgeCertificates,
    resolve_settings_certificates,
    resolve_tunnel_certificates,
)
from vcloudair_core.services.ans.edge.backend import JSON, NSXT, NSXV, VCLOUDAIR, XML
from vcloudair_core.services.ans.ipsec.limits import RULE_LIMITS, SETTING_LIMITS
from vcloudair_core.services.ans.ipsec.model import (
    GLOBAL_KEY,
    Ipsec,
    IpsecDocument,
    KeysAfterWrite,
    KeyView,
    keys_to_send,
)
from vcloudair_core.services.ans.ipsec.nsxt.profiles import effective_profile
from vcloudair_core.services.ans.ipsec.parse import parse_ipsec, parse_tunnel, refuse_tunnel_duplicates
from vcloudair_core.services.ans.ipsec.spec import (
    DH_OF_NEW_EDGES,
    DH_OF_OLD_EDGES,
    IDENTITIES,
    PSK,
    IpsecSpec,
    IpsecTunnelSpec,
)
from vcloudair_core.services.ans.ipsec.store import IpsecStore
from vcloudair_core.services.ans.ipsec.tunnel_rules import (
    completed_tunnel,
    exact_ipsec,
    exact_tunnel,
    refuse_invalid_tunnels,
    with_derived_fields,
)
from vcloudair_core.services.ans.section.descriptor import NsxtSection, Section
from vcloudair_core.services.ans.section.document import SectionCodec, SectionEdit, state_of
from vcloudair_core.services.ans.section.store import SectionStore

if TYPE_CHECKING:
    from vcloudair_core.util.redaction import Secret

_UNKNOWN, _NEW = "a different key, or one that this host has not sent", "the new key"
_SHOWN_KEYS = {"psk": "key", "global_psk": "global_key"}
"""Names that changes show for the pre-shared key fields.

Under these names, a change shows a string instead of masked values.
"""


class IpsecSection(Section[IpsecSpec, IpsecTunnelSpec]):
    """The IPsec section. Only NSX-T returns pre-shared keys."""

    def check_rules(self, specs: Sequence[IpsecTunnelSpec], paths: Sequence[str], problems: Problems) -> None:
        """Report duplicate tunnels and duplicate peers as problems."""
        refuse_tunnel_duplicates(specs, paths, problems)

    def check_spec(self, spec: IpsecSpec, desired: Desired) -> None:
        """Raise SpecError if the service is enabled without a tunnel."""
        if spec.enabled and isinstance(desired, Exactly) and spec.tunnels == ():
            raise SpecError(
                "enabled",
                "cannot be true if the list of tunnels is empty, because no tunnel would remain",
                hint="Add a tunnel, or set enabled to false.",
            )

    def unsupported_settings(self, spec: IpsecSpec, backend: str) -> list[SpecProblem]:
        """Return a problem for each setting that a backend does not support.

        If the spec requires an empty list of tunnels, the setting ``enabled`` is allowed on every backend.
        """
        if spec.tunnels == ():
            spec = replace(spec, enabled=None)
        return super().unsupported_settings(spec, backend)

    def resolve_rules(
        self, store: Store, specs: Sequence[IpsecTunnelSpec], paths: Sequence[str]
    ) -> Sequence[IpsecTunnelSpec]:
        """Check names of certificates, and replace IDs with names.

        The ID of a certificate is kept if its name is unknown or not unique. On vCloud Air, certificates are not
        checked, because its API for certificates is unknown.
        """
        certificates: EdgeCertificates | None = getattr(store, "certificates_by_name", None)
        if certificates is not None:
            return resolve_tunnel_certificates(certificates, specs, paths)
        library = getattr(store, "certificates", None)
        if library is None:
            return specs
        from vcloudair_core.services.ans.ipsec.nsxt.certificates import resolve_certificates

        return resolve_certificates(library, specs, paths)

    def resolve_settings(self, store: Store, spec: IpsecSpec) -> IpsecSpec:
        """Check names of certificates in the settings, and replace IDs with names."""
        certificates: EdgeCertificates | None = getattr(store, "certificates_by_name", None)
        return spec if certificates is None else resolve_settings_certificates(certificates, spec)

    def exact_settings(self, spec: IpsecSpec, backend: str) -> IpsecSpec:
        """Return the section with all defaults, except keys and certificates."""
        return exact_ipsec(spec)

    def diff_settings(self, document: Document, spec: IpsecSpec) -> dict[str, tuple[Any, Any]]:
        """Return the settings that differ.

        The global key counts as different if its fingerprint is not known.
        """
        key = spec.global_psk
        if key is not None:
            is_current = _is_current_key(spec.update_psk, _known_keys(document), GLOBAL_KEY, "", key)
            # The server does not show if a global key exists, so `on_create` never sends a global key.
            spec = replace(spec, global_psk=None if is_current or spec.update_psk == "on_create" else key)
        changed = diff_fields(state_of(document).settings, spec)
        if document.backend == NSXT:
            # The service runs while tunnels exist. Other values have been refused.
            changed.pop("enabled", None)
        return changed

    def rule_list(self, document: Document) -> RuleListKind:
        """Return the rule list kind, which plans the tunnels of a document.

        The kind uses the default DH group and the known keys of the edge.
        """
        dh_group = _default_group(document.backend)
        known_keys = _known_keys(document)
        return RuleListKind(
            self.noun,
            completed=lambda spec: completed_tunnel(spec, dh_group),
            effective=lambda spec, current: _effective(_adapted(spec, current, dh_group), current, known_keys),
            identities=IDENTITIES,
            is_ordered=False,
            exact=lambda spec, current: exact_tunnel(spec, current, dh_group),
        )

    def plan_rules(
        self,
        document: Document,
        desired: Desired,
        specs: Sequence[IpsecTunnelSpec],
        *,
        in_order: bool,
        prefix: str = "",
        allow_empty: bool | None = None,
    ) -> ListPlan:
        """Plan the tunnels. Raises: SpecError for tunnels that the server would reject."""
        list_plan = super().plan_rules(
            document, desired, specs, in_order=in_order, prefix=prefix, allow_empty=allow_empty
        )
        if not isinstance(desired, Absent):
            refuse_invalid_tunnels(state_of(document).rules, list_plan, document.backend)
        return list_plan

    def check_result(self, document: Document, spec: IpsecSpec | None, list_plan: ListPlan | None) -> None:
        """Raise SpecError if the plan would leave the service enabled without a tunnel.

        Source: protocol/ans.md §4.2.
        """
        state: Ipsec = state_of(document)
        enabled = None if spec is None else spec.enabled
        is_on = state.settings.enabled if enabled is None else enabled
        remaining: Sequence[RuleStep | LiveRule] = state.rules if list_plan is None else list_plan.steps
        if is_on and not remaining:
            reason = "cannot be true without a tunnel"
            if enabled is None and document.backend == NSXT:
                return
            if enabled is None:
                reason = "is true, but this deletes the last tunnel; disable the service as well (vca_ipsec)"
            raise SpecError("enabled", reason)

    def shown_change(self, change: Change, document: Document) -> Change:
        """Return a change that describes keys in words instead of showing masked keys."""
        keys = [name for name in _SHOWN_KEYS if name in change.fields]
        if not keys or change.before is None or change.after is None:
            return change
        before, after = dict(change.before), dict(change.after)
        for name in keys:
            before.pop(name, None)
            after.pop(name, None)
            before[_SHOWN_KEYS[name]], after[_SHOWN_KEYS[name]] = _UNKNOWN, _NEW
        return replace(change, before=before, after=after)

    def plain_settings(self, settings: IpsecSpec) -> dict[str, Any]:
        """Return the settings as plain data, without secrets.

        Settings that the edge gateway does not have are left out.
        """
        shown = super().plain_settings(settings)
        return {name: value for name, value in shown.items() if getattr(settings, name) is not None}

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """Return the document with an edit applied, including the keys to send."""
        merged = super().merge(document, edit)
        assert isinstance(document, IpsecDocument) and isinstance(merged, IpsecDocument)
        keys = {**document.keys_to_send, **keys_to_send(edit)}
        return replace(merged, known_keys=KeysAfterWrite(document.known_keys, keys), keys_to_send=keys)

    def warnings(self, store: Store, state: Ipsec, plan: Plan) -> tuple[str, ...]:
        """Warn about tunnels while the IPsec service or the firewall is disabled."""
        from vcloudair_core.services.ans.ipsec.warnings import ipsec_warnings
        from vcloudair_core.services.ans.nsxt.ignored_logging import logging_warnings

        return (*ipsec_warnings(store, state, plan), *logging_warnings(store, "IPsec tunnels"))


def _effective(spec: IpsecTunnelSpec, current: IpsecTunnelSpec, view: KeyView | None) -> IpsecTunnelSpec:
    """Return the spec for an existing tunnel, with the tunnel ID.

    The spec has a key only if the write must send the key.
    """
    spec = with_derived_fields(spec, current)
    return replace(spec, site_id=current.site_id, psk=spec.psk if _needs_key(spec, current, view) else None)


def _needs_key(spec: IpsecTunnelSpec, current: IpsecTunnelSpec, view: KeyView | None) -> bool:
    mode = spec.authentication or current.authentication or PSK
    if spec.psk is None or mode != PSK:
        return False
    if current.authentication != PSK:
        return True  # the tunnel has no key yet
    if spec.update_psk == "on_create":
        return False
    merged = replace(spec, **{name: getattr(current, name) for name in ("local_ip", "peer_ip", "peer_id")})
    return not _is_current_key(spec.update_psk, view, current.site_id, merged.ends, spec.psk)


def _is_current_key(update: str, view: KeyView | None, site_id: str | None, ends: str, key: Secret) -> bool:
    if view is None:
        return False
    return view.is_sent(site_id, ends, key) if update == "always" else view.is_known(site_id, ends, key)


def _adapted(spec: IpsecTunnelSpec, current: IpsecTunnelSpec, dh_group: str | None) -> IpsecTunnelSpec:
    return effective_profile(spec, current) if dh_group is None else spec


def _default_group(backend: str) -> str | None:
    """Return the default DH group of a backend.

    For NSX-T, return None, because NSX-T has a default profile instead.
    """
    if backend == NSXT:
        return None
    return DH_OF_OLD_EDGES if backend == VCLOUDAIR else DH_OF_NEW_EDGES


def _known_keys(document: Document) -> KeyView | None:
    assert isinstance(document, IpsecDocument)
    return document.known_keys


def _json(backend: str) -> SectionCodec[IpsecSpec]:
    from vcloudair_core.services.ans.ipsec.codec_json import JsonIpsecCodec

    return JsonIpsecCodec(backend)


def _xml() -> SectionCodec[IpsecSpec]:
    from vcloudair_core.services.ans.ipsec.codec_xml import XmlIpsecCodec

    return XmlIpsecCodec()


def _nsxt(api_version: str) -> SectionCodec[IpsecSpec]:
    from vcloudair_core.services.ans.ipsec.nsxt.codec import NsxtIpsecCodec

    return NsxtIpsecCodec()


def _nsxt_store() -> type[SectionStore]:
    from vcloudair_core.services.ans.ipsec.nsxt.store import NsxtIpsecStore

    return NsxtIpsecStore


SECTION = IpsecSection(
    name="ipsec",
    rule_name="ipsec_tunnel",
    title="IPsec VPN",
    noun="IPsec tunnel",
    spec_type=IpsecSpec,
    rule_type=IpsecTunnelSpec,
    parse=parse_ipsec,
    parse_rule=parse_tunnel,
    codecs={
        (VCLOUDAIR, JSON): lambda: _json(VCLOUDAIR),
        (NSXV, JSON): lambda: _json(NSXV),
        (NSXV, XML): _xml,
    },
    nsxt=NsxtSection(_nsxt, _nsxt_store),
    rule_limits=RULE_LIMITS,
    setting_limits=SETTING_LIMITS,
    rules_field="tunnels",
    module="vca_ipsec",
    identities=IDENTITIES,
    is_ordered=False,
    network_fields=("local_subnets", "peer_subnets"),
    idle_keys=("update_psk",),
    store_type=IpsecStore,
)
