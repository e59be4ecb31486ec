"""The kinds ``ans.ipsec_tunnel`` and ``ans.ipsec``: one core of planning, two ways to say what is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.desired import Absent, Desired, ExactLists, Exactly
from vcloudair_core.engine.fields import diff_fields, plain
from vcloudair_core.engine.kind import Document, ResourceKind
from vcloudair_core.engine.matching import LiveRule, named_rules
from vcloudair_core.engine.plan import Change, Plan
from vcloudair_core.engine.rulelist import ListPlan, RuleListKind, RuleStep, plan_desired
from vcloudair_core.engine.validation import Problems, near
from vcloudair_core.errors import AmbiguousMatchError, NotFoundError, SpecError
from vcloudair_core.services.ans.edge.backend import VCLOUDAIR
from vcloudair_core.services.ans.ipsec.algorithms import ALGORITHMS
from vcloudair_core.services.ans.ipsec.model import (
    GLOBAL_KEY,
    Ipsec,
    IpsecEdit,
    KeyView,
    settings_words,
    tunnel_words,
)
from vcloudair_core.services.ans.ipsec.parse import parse_ipsec, parse_tunnel, refuse_tunnel_doubles
from vcloudair_core.services.ans.ipsec.spec import (
    DH_OF_NEW_EDGES,
    DH_OF_OLD_EDGES,
    IDENTITIES,
    PSK,
    SETTINGS,
    IpsecSpec,
    IpsecTunnelSpec,
    algorithm_complaints,
    completed_tunnel,
    exact_ipsec,
    exact_tunnel,
    following,
    tunnel_complaints,
)
from vcloudair_core.services.ans.section.backends import ipsec_codec

if TYPE_CHECKING:
    from vcloudair_core.engine.kind import Store
    from vcloudair_core.session.session import Session
    from vcloudair_core.util.redaction import Secret

_NOUN = "IPsec tunnel"
_UNKNOWN, _AS_GIVEN = "another one, or not one that was sent from here", "the one that is given"


def decoded(document: Document) -> Ipsec:
    """What an IPsec document says; worked out once per document."""
    if "ipsec" not in document.memo:
        document.memo["ipsec"] = ipsec_codec(document.backend, document.media_type).decode(document)
    found: Ipsec = document.memo["ipsec"]
    return found


def _named(live: Sequence[LiveRule], specs: Sequence[IpsecTunnelSpec], *, in_place: bool = False) -> list[LiveRule]:
    return named_rules(_NOUN, live, specs, in_place=in_place, identities=IDENTITIES)


def find_tunnel(document: Document, wanted: str, target: str) -> IpsecTunnelSpec:
    """The tunnel of that name, id or peer. Raises: NotFoundError, AmbiguousMatchError."""
    live: list[IpsecTunnelSpec] = [rule.spec for rule in decoded(document).tunnels]
    for name in ("name", "site_id", "peer_id", "peer_ip"):
        found = [spec for spec in live if getattr(spec, name) == wanted]
        if len(found) > 1:
            raise AmbiguousMatchError(
                f"{target} has {len(found)} IPsec tunnels whose {name} is {wanted!r}.",
                candidates=[{"site_id": spec.site_id, "name": spec.name, "peer_id": spec.peer_id} for spec in found],
                hint="Give the site_id or peer_id.",
            )
        if found:
            return found[0]
    raise NotFoundError(
        f"{target} has no IPsec tunnel {wanted!r}.", hint=near(wanted, [spec.name for spec in live if spec.name])
    )


class _IpsecKind(ResourceKind):
    """What both kinds share: the section, how it is written, and what may not get lost on the way."""

    name = ""

    def open(self, session: Session, target: Mapping[str, Any]) -> Store:
        """The IPsec VPN of the edge that ``target`` names. Shape: ``{"edge": name or UUID, "vdc": name or UUID}``."""
        from vcloudair_core.services.ans.store import open_ipsec

        return open_ipsec(session, target)

    def merge(self, document: Document, plan: Plan) -> Document:
        """The document with the plan carried out. It knows which keys it sends, and that they are the right ones."""
        from vcloudair_core.services.ans.ipsec.store import KEY_VIEW, KEYS_TO_SEND

        edit: IpsecEdit = plan.steps
        merged = ipsec_codec(document.backend, document.media_type).merge(document, edit)
        sent = {**document.memo.get(KEYS_TO_SEND, {}), **edit.keys}
        merged.memo[KEYS_TO_SEND] = sent
        merged.memo[KEY_VIEW] = _AfterSending(document.memo.get(KEY_VIEW), sent)
        return merged

    def losses(self, written: Document, found: Document) -> list[Mapping[str, Any]]:
        """Tunnels that went out with an id and did not come back under it."""
        back = {rule.spec.site_id for rule in decoded(found).tunnels}
        return [
            {"site_id": rule.spec.site_id, "name": rule.spec.name}
            for rule in decoded(written).tunnels
            if rule.spec.site_id is not None and rule.spec.site_id not in back
        ]

    def advise(self, store: Store, document: Document, plan: Plan) -> tuple[str, ...]:
        """Tells what networks with host bits stand for, and warns of tunnels without their service or firewall."""
        from vcloudair_core.services.ans.section.host_bits import host_bits
        from vcloudair_core.services.ans.section.service_warnings import ipsec_advice

        return (*ipsec_advice(store, decoded(document), plan), *host_bits(plan))


class IpsecTunnelKind(_IpsecKind):
    """Tunnels, each for itself: others are kept. They have no order."""

    name = "ans.ipsec_tunnel"
    spec_type = IpsecTunnelSpec

    def parse(self, data: Mapping[str, Any]) -> IpsecTunnelSpec:
        """Raises SpecError that names every field that is wrong."""
        return parse_tunnel(data)

    def validate(self, desired: Desired) -> None:
        """Raises SpecError when two specs mean one tunnel."""
        _validate(desired.specs, "")

    def project(self, document: Document) -> list[dict[str, Any]]:
        """All tunnels in the words that ``parse`` takes, without keys."""
        return [tunnel_words(rule.spec) for rule in decoded(document).tunnels]

    def select(self, document: Document, desired: Desired) -> list[dict[str, Any]]:
        """The tunnels that were named, in the order they were named."""
        return [tunnel_words(rule.spec) for rule in _named(decoded(document).tunnels, desired.specs)]

    def plan(self, document: Document, desired: Desired) -> Plan:
        """Raises: AmbiguousMatchError, NotFoundError, SpecError for a tunnel that cannot be."""
        listed = _plan_tunnels(document, desired, desired.specs, "")
        if isinstance(desired, Absent):
            _refuse_on_without_tunnels(decoded(document), IpsecSpec(), listed)
        return Plan(self.name, listed.changes, steps=IpsecEdit(steps=listed.steps if listed.changes else None))


class IpsecKind(_IpsecKind):
    """The whole IPsec VPN: its settings, and a list of tunnels."""

    name = "ans.ipsec"
    spec_type = IpsecSpec

    def parse(self, data: Mapping[str, Any]) -> IpsecSpec:
        """Raises SpecError that names every field that is wrong."""
        return parse_ipsec(data)

    def validate(self, desired: Desired) -> None:
        """Raises SpecError unless there is one section, whose tunnels mean different ones."""
        if len(desired.specs) != 1:
            raise SpecError("", f"one IPsec section was expected, not {len(desired.specs)}")
        spec: IpsecSpec = desired.specs[0]
        if spec.enabled and isinstance(desired, Exactly) and spec.tunnels == ():
            raise SpecError("enabled", "cannot be true without a tunnel, and the exact list is empty")
        _validate(spec.tunnels or (), "tunnels")

    def project(self, document: Document) -> dict[str, Any]:
        """Shape: ``{enabled, logging, log_level, disable_event, …, tunnels, version}``, without keys."""
        ipsec = decoded(document)
        return {
            **settings_words(ipsec.settings),
            "tunnels": [tunnel_words(rule.spec) for rule in ipsec.tunnels],
            "version": document.version,
        }

    def select(self, document: Document, desired: Desired) -> dict[str, Any]:
        """The settings, and the tunnels that were named (all when the list is exact), as they stand."""
        ipsec = decoded(document)
        spec: IpsecSpec = desired.specs[0]
        tunnels: Sequence[LiveRule] = ipsec.tunnels
        if not isinstance(desired, Exactly) or spec.tunnels is None:
            tunnels = _named(tunnels, spec.tunnels or (), in_place=True)
        return {**settings_words(ipsec.settings), "tunnels": [tunnel_words(rule.spec) for rule in tunnels]}

    def plan(self, document: Document, desired: Desired) -> Plan:
        """Raises: AmbiguousMatchError, NotFoundError, SpecError for what cannot be."""
        spec: IpsecSpec = desired.specs[0]
        if isinstance(desired, Exactly) and not isinstance(desired, ExactLists):
            spec = exact_ipsec(spec)
        is_absent = isinstance(desired, Absent)
        changed = {} if is_absent else _changed_settings(document, spec)
        switched: tuple[Change, ...] = (_settings_change(document, changed),) if changed else ()
        listed = ListPlan((), ())
        if spec.tunnels is not None:
            listed = _plan_tunnels(document, desired, spec.tunnels, "tunnels", allow_empty=spec.allow_empty)
        if switched or listed.changes:
            _refuse_on_without_tunnels(
                decoded(document), IpsecSpec() if is_absent else spec, listed if spec.tunnels is not None else None
            )
        edit = IpsecEdit(spec, tuple(changed), listed.steps if listed.changes else None)
        return Plan(self.name, (*switched, *listed.changes), steps=edit)


# -- planning ----------------------------------------------------------------------------------------------------


def _plan_tunnels(
    document: Document,
    desired: Desired,
    specs: Sequence[IpsecTunnelSpec],
    prefix: str,
    *,
    allow_empty: bool | None = None,
) -> ListPlan:
    dh_group = DH_OF_OLD_EDGES if document.backend == VCLOUDAIR else DH_OF_NEW_EDGES
    view = _view_of(document)
    live = decoded(document).tunnels
    kind = RuleListKind(
        _NOUN,
        completed=lambda spec: completed_tunnel(spec, dh_group),
        effective=lambda spec, current: _effective(spec, current, view),
        identities=IDENTITIES,
        is_ordered=False,
        exact=lambda spec, current: exact_tunnel(spec, current, dh_group),
    )
    listed = plan_desired(kind, live, desired, specs, in_order=False, prefix=prefix, allow_empty=allow_empty)
    if not isinstance(desired, Absent):
        _refuse_impossible(live, listed)
    return replace(listed, changes=tuple(_key_in_words(change) for change in listed.changes))


def _effective(spec: IpsecTunnelSpec, current: IpsecTunnelSpec, view: KeyView | None) -> IpsecTunnelSpec:
    """The spec as it is meant for a tunnel that exists: with its id, and the key only if it is to be sent."""
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
    """What a server would refuse of the tunnels that change, as they would be. Raises SpecError."""
    by_slot = {rule.slot: rule.spec for rule in live}
    peers: dict[str, str] = {}
    for step in listed.steps:
        found: IpsecTunnelSpec = step.spec if step.slot is None else by_slot[step.slot]
        if step.slot is not None and step.changed:
            found = replace(found, **{name: getattr(step.spec, name) for name in step.changed})
        if step.slot is None or step.changed:
            names = ALGORITHMS if step.slot is None else step.changed
            for field, reason in (*tunnel_complaints(found), *algorithm_complaints(found, names)):
                raise SpecError(field, f"{reason} (tunnel {found.name!r})")
        peer = found.peer_id or found.peer_ip or ""
        if peer in peers and listed.changes:
            raise SpecError(
                "peer_id",
                f"{peer!r} is the peer of the tunnels {peers[peer]!r} and {found.name!r}; one each is allowed",
            )
        peers[peer] = found.name or ""


def _refuse_on_without_tunnels(ipsec: Ipsec, spec: IpsecSpec, listed: ListPlan | None) -> None:
    """The service cannot be on without a tunnel. Source: protocol/ans.md §4.2."""
    is_on = ipsec.settings.enabled if spec.enabled is None else spec.enabled
    left: Sequence[RuleStep | LiveRule] = ipsec.tunnels if listed is None else listed.steps
    if is_on and not left:
        reason = "cannot be true without a tunnel"
        if spec.enabled is None:
            reason = "is true, and this would take the last tunnel out; turn the service off as well (vca_ipsec)"
        raise SpecError("enabled", reason)


def _key_in_words(change: Change) -> Change:
    """A key that is sent for a tunnel that exists: two masks side by side would say nothing."""
    if "psk" not in change.fields or change.before is None or change.after is None:
        return change
    before = {name: value for name, value in change.before.items() if name != "psk"}
    after = {name: value for name, value in change.after.items() if name != "psk"}
    return replace(change, before={**before, "key": _UNKNOWN}, after={**after, "key": _AS_GIVEN})


def _changed_settings(document: Document, spec: IpsecSpec) -> dict[str, tuple[Any, Any]]:
    current = decoded(document).settings
    key = spec.global_psk
    if key is not None:
        is_right = _is_right(spec.update_psk, _view_of(document), GLOBAL_KEY, "", key)
        # Nobody can see whether there is a global key: on_create has nothing to go by, and is taken to mean never.
        spec = replace(spec, global_psk=None if is_right or spec.update_psk == "on_create" else key)
    return diff_fields(current, spec)


def _settings_change(document: Document, changed: Mapping[str, tuple[Any, Any]]) -> Change:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name in SETTINGS:
        if name == "global_psk" and name in changed:
            before["global_key"], after["global_key"] = _UNKNOWN, _AS_GIVEN
        elif name in changed:
            before[name], after[name] = (plain(value) for value in changed[name])
    return Change("update", "settings", before, after, tuple(changed))


def _validate(specs: Sequence[IpsecTunnelSpec], prefix: str) -> None:
    problems = Problems()
    paths = [f"{prefix}[{at}]" if prefix or len(specs) > 1 else "" for at in range(len(specs))]
    refuse_tunnel_doubles(specs, paths, problems)
    problems.raise_if_any()


# -- keys --------------------------------------------------------------------------------------------------------


def _view_of(document: Document) -> KeyView | None:
    from vcloudair_core.services.ans.ipsec.store import KEY_VIEW

    found: KeyView | None = document.memo.get(KEY_VIEW)
    return found


class _AfterSending:
    """What would be known once a merged document were written: planning again must find nothing left to do."""

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
        from vcloudair_core.services.ans.ipsec.model import new_identity
        from vcloudair_core.session.expected_changes import UNSEEN

        sent = (self._sent.get(site_id or ""), self._sent.get(new_identity(ends)))
        # A key that an earlier task of a check-mode run would send is not kept, and is taken for the same one.
        return key in sent or any(other is not None and other.reveal() == UNSEEN for other in sent)
