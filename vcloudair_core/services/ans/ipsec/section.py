"""The section ``ipsec``: the kinds ``ans.ipsec`` and ``ans.ipsec_tunnel``."""

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
from vcloudair_core.services.ans.ipsec.parse import parse_ipsec, parse_tunnel, refuse_tunnel_doubles
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
    following,
    tunnel_complaints,
)
from vcloudair_core.services.ans.ipsec.store import IpsecStore
from vcloudair_core.services.ans.section.descriptor import Section
from vcloudair_core.services.ans.section.document import SectionCodec, SectionEdit, state_of
from vcloudair_core.session.expected_changes import UNSEEN

if TYPE_CHECKING:
    from vcloudair_core.util.redaction import Secret

_UNKNOWN, _AS_GIVEN = "another one, or not one that was sent from here", "the one that is given"
_SHOWN_KEYS = {"psk": "key", "global_psk": "global_key"}
"""Name of a key in changes: two masks side by side would say nothing."""


class IpsecSection(Section[IpsecSpec, IpsecTunnelSpec]):
    """The IPsec VPN of an edge, whose keys are sent and never come back."""

    def check_rules(self, specs: Sequence[IpsecTunnelSpec], paths: Sequence[str], problems: Problems) -> None:
        """Note specs that name the same tunnel, and peers that are given twice."""
        refuse_tunnel_doubles(specs, paths, problems)

    def check_spec(self, spec: IpsecSpec, desired: Desired) -> None:
        """Refuse a service that is on without a tunnel. Raises: SpecError."""
        if spec.enabled and isinstance(desired, Exactly) and spec.tunnels == ():
            raise SpecError("enabled", "cannot be true without a tunnel, and the exact list is empty")

    def exact_settings(self, spec: IpsecSpec) -> IpsecSpec:
        """Return the section with the default of every setting but keys and certificates."""
        return exact_ipsec(spec)

    def diff_settings(self, document: Document, spec: IpsecSpec) -> dict[str, tuple[Any, Any]]:
        """Compare the settings; the global key differs unless it is known to be the server's."""
        key = spec.global_psk
        if key is not None:
            is_right = _is_right(spec.update_psk, _known_keys(document), GLOBAL_KEY, "", key)
            # Nobody can see whether there is a global key: on_create has nothing to go by, and is taken to mean never.
            spec = replace(spec, global_psk=None if is_right or spec.update_psk == "on_create" else key)
        return diff_fields(state_of(document).settings, spec)

    def rule_list(self, document: Document) -> RuleListKind:
        """Return how tunnels are planned: with the default group of the edge, and the keys that are known."""
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
        """Plan the tunnels, and refuse those that a server would refuse. Raises: SpecError."""
        listed = super().plan_rules(document, desired, specs, in_order=in_order, prefix=prefix, allow_empty=allow_empty)
        if not isinstance(desired, Absent):
            _refuse_impossible(state_of(document).rules, listed)
        return listed

    def check_result(self, document: Document, spec: IpsecSpec | None, listed: ListPlan | None) -> None:
        """Refuse a service that is on without a tunnel. Source: protocol/ans.md §4.2. Raises: SpecError."""
        state: Ipsec = state_of(document)
        enabled = None if spec is None else spec.enabled
        is_on = state.settings.enabled if enabled is None else enabled
        remaining: Sequence[RuleStep | LiveRule] = state.rules if listed is None else listed.steps
        if is_on and not remaining:
            reason = "cannot be true without a tunnel"
            if enabled is None:
                reason = "is true, and this would take the last tunnel out; turn the service off as well (vca_ipsec)"
            raise SpecError("enabled", reason)

    def shown_change(self, change: Change) -> Change:
        """Return a change that says in words that a key is sent to what exists."""
        keys = [name for name in _SHOWN_KEYS if name in change.fields]
        if not keys or change.before is None or change.after is None:
            return change
        before, after = dict(change.before), dict(change.after)
        for name in keys:
            before.pop(name, None)
            after.pop(name, None)
            before[_SHOWN_KEYS[name]], after[_SHOWN_KEYS[name]] = _UNKNOWN, _AS_GIVEN
        return replace(change, before=before, after=after)

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """Return the document with an edit carried out. It knows which keys it sends, and that they are right."""
        merged = super().merge(document, edit)
        assert isinstance(document, IpsecDocument) and isinstance(merged, IpsecDocument)
        keys = {**document.keys_to_send, **keys_to_send(edit)}
        return replace(merged, known_keys=_AfterSending(document.known_keys, keys), keys_to_send=keys)

    def warnings(self, store: Store, state: Ipsec, plan: Plan) -> tuple[str, ...]:
        """Warn of tunnels without their service or firewall."""
        from vcloudair_core.services.ans.ipsec.warnings import ipsec_advice

        return ipsec_advice(store, state, plan)


def _effective(spec: IpsecTunnelSpec, current: IpsecTunnelSpec, view: KeyView | None) -> IpsecTunnelSpec:
    """Return the spec for a tunnel that exists: with its id, and the key only if it is to be sent."""
    spec = following(spec, current)
    return replace(spec, site_id=current.site_id, psk=spec.psk if _needs_key(spec, current, view) else None)


def _needs_key(spec: IpsecTunnelSpec, current: IpsecTunnelSpec, view: KeyView | None) -> bool:
    mode = spec.authentication or current.authentication or PSK
    if spec.psk is None or mode != PSK:
        return False
    if current.authentication != PSK:
        return True  # there is none yet
    if spec.update_psk == "on_create":
        return False
    merged = replace(spec, **{name: getattr(current, name) for name in ("local_ip", "peer_ip", "peer_id")})
    return not _is_right(spec.update_psk, view, current.site_id, merged.ends, spec.psk)


def _is_right(update: str, view: KeyView | None, site_id: str | None, ends: str, key: Secret) -> bool:
    if view is None:
        return False
    return view.is_sent(site_id, ends, key) if update == "always" else view.is_known(site_id, ends, key)


def _refuse_impossible(live: Sequence[LiveRule], listed: ListPlan) -> None:
    """Refuse tunnels that a server would refuse, of those that change, as they would be. Raises: SpecError."""
    by_slot = {rule.slot: rule.spec for rule in live}
    peers: dict[str, str] = {}
    for step in listed.steps:
        tunnel: IpsecTunnelSpec = step.spec if step.slot is None else by_slot[step.slot]
        if step.slot is not None and step.changed:
            tunnel = replace(tunnel, **{name: getattr(step.spec, name) for name in step.changed})
        if step.slot is None or step.changed:
            names = ALGORITHMS if step.slot is None else step.changed
            for field, reason in (*tunnel_complaints(tunnel), *algorithm_complaints(tunnel, names)):
                raise SpecError(field, f"{reason} (tunnel {tunnel.name!r})")
        peer = tunnel.peer_id or tunnel.peer_ip or ""
        if peer in peers and listed.changes:
            raise SpecError(
                "peer_id",
                f"{peer!r} is the peer of the tunnels {peers[peer]!r} and {tunnel.name!r}; one each is allowed",
            )
        peers[peer] = tunnel.name or ""


def _known_keys(document: Document) -> KeyView | None:
    assert isinstance(document, IpsecDocument)
    return document.known_keys


class _AfterSending:
    """The keys that are known once a merged document is written: planning again must find nothing to do."""

    def __init__(self, before: KeyView | None, sent: Mapping[str, Secret]) -> None:
        self._before = before
        self._sent = sent

    def is_known(self, site_id: str | None, ends: str, key: Secret) -> bool:
        if self._is_going_out(site_id, ends, key):
            return True
        return self._before is not None and self._before.is_known(site_id, ends, key)

    def is_sent(self, site_id: str | None, ends: str, key: Secret) -> bool:
        if self._is_going_out(site_id, ends, key):
            return True
        return self._before is not None and self._before.is_sent(site_id, ends, key)

    def _is_going_out(self, site_id: str | None, ends: str, key: Secret) -> bool:
        sent = (self._sent.get(site_id or ""), self._sent.get(new_identity(ends)))
        # A key that an earlier task of a check-mode run would send is not kept, and is taken for the same one.
        return key in sent or any(secret is not None and secret.reveal() == UNSEEN for secret in sent)


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
