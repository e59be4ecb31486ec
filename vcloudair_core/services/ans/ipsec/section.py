"""The section ``ipsec`` with its kinds ``ans.ipsec`` and ``ans.ipsec_tunnel``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.desired import Absent, Desired, Exactly
from vcloudair_core.engine.fields import diff_fields
from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.plan import Change, Plan
from vcloudair_core.engine.rulelist import ListPlan, RuleListKind, RuleStep
from vcloudair_core.engine.validation import Problems
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.edge.backend import JSON, NSXV, VCLOUDAIR, XML
from vcloudair_core.services.ans.ipsec.algorithms import ALGORITHMS
from vcloudair_core.services.ans.ipsec.model import (
    GLOBAL_KEY,
    Ipsec,
    IpsecDocument,
    KeyView,
    keys_to_send,
    new_identity,
)
from vcloudair_core.services.ans.ipsec.parse import parse_ipsec, parse_tunnel, refuse_tunnel_duplicates
from vcloudair_core.services.ans.ipsec.spec import (
    DH_OF_NEW_EDGES,
    DH_OF_OLD_EDGES,
    IDENTITIES,
    PSK,
    IpsecSpec,
    IpsecTunnelSpec,
    algorithm_complaints,
    completed_tunnel,
    exact_ipsec,
    exact_tunnel,
    tunnel_complaints,
    with_derived_fields,
)
from vcloudair_core.services.ans.ipsec.store import IpsecStore
from vcloudair_core.services.ans.section.descriptor import Section
from vcloudair_core.services.ans.section.document import SectionCodec, SectionEdit, state_of
from vcloudair_core.session.expected_changes import UNKNOWN_KEY

if TYPE_CHECKING:
    from vcloudair_core.util.redaction import Secret

_UNKNOWN, _NEW = "a different key, or one that this host has not sent", "the new key"
_SHOWN_KEYS = {"psk": "key", "global_psk": "global_key"}
"""Names that changes show for the pre-shared key fields.

Under these names, a change shows a text instead of masked values.
"""


class IpsecSection(Section[IpsecSpec, IpsecTunnelSpec]):
    """The IPsec section. The server accepts pre-shared keys, but never returns a key."""

    def check_rules(self, specs: Sequence[IpsecTunnelSpec], paths: Sequence[str], problems: Problems) -> None:
        """Report duplicate tunnels and duplicate peers as problems."""
        refuse_tunnel_duplicates(specs, paths, problems)

    def check_spec(self, spec: IpsecSpec, desired: Desired) -> None:
        """Raise SpecError if the service is enabled without a tunnel."""
        if spec.enabled and isinstance(desired, Exactly) and spec.tunnels == ():
            raise SpecError("enabled", "cannot be true, because the exact list of tunnels is empty")

    def exact_settings(self, spec: IpsecSpec) -> IpsecSpec:
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
        return diff_fields(state_of(document).settings, spec)

    def rule_list(self, document: Document) -> RuleListKind:
        """Return the kind that plans the tunnels of a document.

        It uses the default DH group and the known keys of the edge.
        """
        dh_group = DH_OF_OLD_EDGES if document.backend == VCLOUDAIR else DH_OF_NEW_EDGES
        known_keys = _known_keys(document)
        return RuleListKind(
            self.noun,
            completed=lambda spec: completed_tunnel(spec, dh_group),
            effective=lambda spec, current: _effective(spec, current, known_keys),
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
            _refuse_invalid(state_of(document).rules, list_plan)
        return list_plan

    def check_result(self, document: Document, spec: IpsecSpec | None, list_plan: ListPlan | None) -> None:
        """Raise SpecError if the service stays enabled without a tunnel.

        Source: protocol/ans.md §4.2.
        """
        state: Ipsec = state_of(document)
        enabled = None if spec is None else spec.enabled
        is_on = state.settings.enabled if enabled is None else enabled
        remaining: Sequence[RuleStep | LiveRule] = state.rules if list_plan is None else list_plan.steps
        if is_on and not remaining:
            reason = "cannot be true without a tunnel"
            if enabled is None:
                reason = "is true, but this deletes the last tunnel; disable the service as well (vca_ipsec)"
            raise SpecError("enabled", reason)

    def shown_change(self, change: Change) -> Change:
        """Return a change that shows a new key as text instead of two masked values."""
        keys = [name for name in _SHOWN_KEYS if name in change.fields]
        if not keys or change.before is None or change.after is None:
            return change
        before, after = dict(change.before), dict(change.after)
        for name in keys:
            before.pop(name, None)
            after.pop(name, None)
            before[_SHOWN_KEYS[name]], after[_SHOWN_KEYS[name]] = _UNKNOWN, _NEW
        return replace(change, before=before, after=after)

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """Return the document with an edit applied, including the keys to send."""
        merged = super().merge(document, edit)
        assert isinstance(document, IpsecDocument) and isinstance(merged, IpsecDocument)
        keys = {**document.keys_to_send, **keys_to_send(edit)}
        return replace(merged, known_keys=_AfterSending(document.known_keys, keys), keys_to_send=keys)

    def warnings(self, store: Store, state: Ipsec, plan: Plan) -> tuple[str, ...]:
        """Warn about tunnels while the IPsec service or the firewall is disabled."""
        from vcloudair_core.services.ans.ipsec.warnings import ipsec_warnings

        return ipsec_warnings(store, state, plan)


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


def _refuse_invalid(live: Sequence[LiveRule], list_plan: ListPlan) -> None:
    """Raise SpecError for changed tunnels that the server would reject."""
    by_slot = {rule.slot: rule.spec for rule in live}
    peers: dict[str, str] = {}
    for step in list_plan.steps:
        tunnel: IpsecTunnelSpec = step.spec if step.slot is None else by_slot[step.slot]
        if step.slot is not None and step.changed:
            tunnel = replace(tunnel, **{name: getattr(step.spec, name) for name in step.changed})
        if step.slot is None or step.changed:
            names = ALGORITHMS if step.slot is None else step.changed
            for field, reason in (*tunnel_complaints(tunnel), *algorithm_complaints(tunnel, names)):
                raise SpecError(field, f"{reason} (tunnel {tunnel.name!r})")
        peer = tunnel.peer_id or tunnel.peer_ip or ""
        if peer in peers and list_plan.changes:
            raise SpecError(
                "peer_id",
                f"{peer!r} is the peer of the tunnels {peers[peer]!r} and {tunnel.name!r}; only one is allowed",
            )
        peers[peer] = tunnel.name or ""


def _known_keys(document: Document) -> KeyView | None:
    assert isinstance(document, IpsecDocument)
    return document.known_keys


class _AfterSending:
    """The keys that are known after a merged document is written.

    With these keys, a second plan of unchanged specs has no changes.
    """

    def __init__(self, before: KeyView | None, sent: Mapping[str, Secret]) -> None:
        self._before = before
        self._sent = sent

    def is_known(self, site_id: str | None, ends: str, key: Secret) -> bool:
        if self._is_in_write(site_id, ends, key):
            return True
        return self._before is not None and self._before.is_known(site_id, ends, key)

    def is_sent(self, site_id: str | None, ends: str, key: Secret) -> bool:
        if self._is_in_write(site_id, ends, key):
            return True
        return self._before is not None and self._before.is_sent(site_id, ends, key)

    def _is_in_write(self, site_id: str | None, ends: str, key: Secret) -> bool:
        sent = (self._sent.get(site_id or ""), self._sent.get(new_identity(ends)))
        # In check mode, the keys of earlier tasks are not stored. Every key counts as equal to the key of such a task.
        return key in sent or any(secret is not None and secret.reveal() == UNKNOWN_KEY for secret in sent)


def _json(backend: str) -> SectionCodec[IpsecSpec]:
    from vcloudair_core.services.ans.ipsec.codec_json import JsonIpsecCodec

    return JsonIpsecCodec(backend)


def _xml() -> SectionCodec[IpsecSpec]:
    from vcloudair_core.services.ans.ipsec.codec_xml import XmlIpsecCodec

    return XmlIpsecCodec()


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
    rules_field="tunnels",
    module="vca_ipsec",
    identities=IDENTITIES,
    is_ordered=False,
    network_fields=("local_subnets", "peer_subnets"),
    idle_keys=("update_psk",),
    store_type=IpsecStore,
)
