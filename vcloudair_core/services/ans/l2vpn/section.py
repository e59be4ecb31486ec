"""The section ``l2vpn`` with its kinds ``ans.l2vpn`` and ``ans.l2vpn_tunnel``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from vcloudair_core.engine.desired import Absent, Desired
from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.engine.plan import Change, Plan
from vcloudair_core.engine.rulelist import ListPlan, RuleListKind
from vcloudair_core.engine.validation import Problems
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.edge.backend import JSON, NSXV, VCLOUDAIR, XML, split_backend
from vcloudair_core.services.ans.ipsec.model import KeysAfterWrite, KeyView
from vcloudair_core.services.ans.l2vpn.limits import RULE_LIMITS, SETTING_LIMITS
from vcloudair_core.services.ans.l2vpn.model import L2Vpn, L2VpnDocument, keys_to_send, with_secrets
from vcloudair_core.services.ans.l2vpn.nsxv.store import NsxvL2VpnStore
from vcloudair_core.services.ans.l2vpn.spec import (
    CLIENT,
    IDENTITIES,
    INITIATOR,
    NSXV_REQUIRED,
    REQUIRED,
    SERVER,
    L2VpnSpec,
    L2VpnTunnelSpec,
    mode_complaints,
)
from vcloudair_core.services.ans.section.descriptor import NsxtSection, Section, with_defaults
from vcloudair_core.services.ans.section.document import SectionCodec, SectionEdit, state_of
from vcloudair_core.services.ans.section.store import SectionStore

_SHOWN_SECRETS = {"psk": "key", "peer_code": "code"}
"""Names that changes show for the secrets.

Under these names, a change shows a string instead of masked values.
"""
_UNKNOWN, _NEW = "a different {}, or one that this host has not sent", "the new {}"
_ALTERNATIVE = "Configure the L2 VPN of this edge gateway in the portal of the cloud."


class L2VpnSection(Section[L2VpnSpec, L2VpnTunnelSpec]):
    """The L2 VPN section. A tunnel has a secret: a pre-shared key or a peer code."""

    def resolve_rules(
        self, store: Store, specs: Sequence[L2VpnTunnelSpec], paths: Sequence[str]
    ) -> Sequence[L2VpnTunnelSpec]:
        """Resolve the networks of tunnels. Makes no call if no tunnel names a network."""
        if not any(spec.networks for spec in specs):
            return specs
        from vcloudair_core.services.ans.l2vpn.nsxt.networks import with_network_names

        return with_network_names(getattr(store, "networks"), specs, paths)  # noqa: B009 - a store of this section

    def rule_list(self, document: Document) -> RuleListKind:
        """Return the rule list kind, which plans the tunnels of a document."""
        assert isinstance(document, L2VpnDocument)
        is_nsxv = document.backend == NSXV
        return RuleListKind(
            self.noun,
            completed=_completed_peer_site if is_nsxv else _completed,
            effective=lambda spec, current: _effective(spec, current, document.known_keys),
            identities=IDENTITIES,
            is_ordered=False,
            exact=_exact_peer_site if is_nsxv else _exact,
        )

    def plan_rules(
        self,
        document: Document,
        desired: Desired,
        specs: Sequence[L2VpnTunnelSpec],
        *,
        in_order: bool,
        prefix: str = "",
        allow_empty: bool | None = None,
    ) -> ListPlan:
        """Plan the tunnels. Raises: SpecError for tunnels that the server would reject."""
        list_plan = super().plan_rules(
            document, desired, specs, in_order=in_order, prefix=prefix, allow_empty=allow_empty
        )
        state: L2Vpn = state_of(document)
        if isinstance(desired, Absent) or not list_plan.changes:
            return list_plan
        if document.backend == NSXV:
            from vcloudair_core.services.ans.l2vpn.nsxv.checks import slots_without_password

            hidden = slots_without_password(document)
            return replace(list_plan, steps=with_secrets(list_plan.steps, specs, state.rules, hidden))
        list_plan = replace(list_plan, steps=with_secrets(list_plan.steps, specs, state.rules))
        _refuse_invalid(state, list_plan, can_disable_clients=bool(document.tree.get("can_disable_clients", True)))
        return list_plan

    def check_edit(self, document: Document, edit: SectionEdit, spec: L2VpnSpec | None) -> None:
        """Raise an error for an edit that is incomplete or would lose a password.

        Only NSX-V edge gateways need this check.

        Raises: ConfigurationError if the edge gateway is a client; SpecError.
        """
        if document.backend == NSXV:
            from vcloudair_core.services.ans.l2vpn.nsxv.checks import check_server

            check_server(document, edit)

    def exact_settings(self, spec: L2VpnSpec, backend: str) -> L2VpnSpec:
        """Return the spec unchanged, because settings that are not set keep their values."""
        return spec

    def rules_lost(self, written: Document, current: Document) -> list[L2VpnTunnelSpec]:
        """Return the tunnels without IDs in ``written`` that ``current`` lacks.

        They are compared by name.
        """
        known = {rule.spec.name for rule in state_of(current).rules}
        tunnels: list[L2VpnTunnelSpec] = [rule.spec for rule in state_of(written).rules]
        return [tunnel for tunnel in tunnels if tunnel.rule_id is None and tunnel.name not in known]

    def shown_change(self, change: Change, document: Document) -> Change:
        """Return a change that describes secrets in words, without masked values."""
        names = [name for name in _SHOWN_SECRETS if name in change.fields]
        if not names or change.before is None or change.after is None:
            return change
        before, after = dict(change.before), dict(change.after)
        for name in names:
            before.pop(name, None)
            after.pop(name, None)
            noun = name.replace("psk", "key").replace("_", " ")
            before[_SHOWN_SECRETS[name]], after[_SHOWN_SECRETS[name]] = _UNKNOWN.format(noun), _NEW.format(noun)
        return replace(change, before=before, after=after)

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """Return the document with an edit applied, including the secrets to send."""
        merged = super().merge(document, edit)
        assert isinstance(document, L2VpnDocument) and isinstance(merged, L2VpnDocument)
        secrets = {**document.keys_to_send, **keys_to_send(edit)}
        return replace(merged, known_keys=KeysAfterWrite(document.known_keys, secrets), keys_to_send=secrets)

    def warnings(self, store: Store, state: L2Vpn, plan: Plan) -> tuple[str, ...]:
        """Warn about changed peer codes, and about ignored requests to log."""
        from vcloudair_core.services.ans.nsxt.ignored_logging import logging_warnings

        if split_backend(store.backend)[0] == NSXV:
            return ()
        return (*_peer_code_warnings(store, state, plan), *logging_warnings(store, "L2 VPN tunnels"))


def _completed(spec: L2VpnTunnelSpec) -> L2VpnTunnelSpec:
    """Return the spec of a new tunnel with its defaults.

    Raises: SpecError for missing fields.
    """
    problems = Problems()
    secret = {SERVER: "psk", CLIENT: "peer_code"}.get(spec.session_mode or "")
    for name in (*REQUIRED, *([secret] if secret else [])):
        if getattr(spec, name) is None:
            problems.add(name, "is required, because the tunnel does not exist yet")
    problems.raise_if_any()
    is_server = spec.session_mode == SERVER
    completed: L2VpnTunnelSpec = with_defaults(spec)
    return replace(completed, initiation_mode=(spec.initiation_mode or INITIATOR) if is_server else None, rule_id=None)


def _completed_peer_site(spec: L2VpnTunnelSpec) -> L2VpnTunnelSpec:
    """Return the spec of a new tunnel of an NSX-V edge gateway with its defaults.

    Raises: SpecError for missing fields.
    """
    problems = Problems()
    for name in NSXV_REQUIRED:
        if not getattr(spec, name):
            problems.add(name, "is required, because the tunnel does not exist yet")
    problems.raise_if_any()
    return _exact_peer_site(spec, spec)


def _exact_peer_site(spec: L2VpnTunnelSpec, current: L2VpnTunnelSpec) -> L2VpnTunnelSpec:
    """Return the spec of a tunnel of an NSX-V edge gateway, with defaults.

    The networks and the user have no default.
    """
    exact: L2VpnTunnelSpec = with_defaults(spec, skip=("networks", "logging"))
    return replace(exact, session_mode=SERVER, egress_gateways=spec.egress_gateways or (), logging=None)


def _exact(spec: L2VpnTunnelSpec, current: L2VpnTunnelSpec) -> L2VpnTunnelSpec:
    """Return the spec of a tunnel for ``state: exact``, with defaults.

    The addresses, the tunnel interface and the secret have no defaults and keep their values.
    """
    exact: L2VpnTunnelSpec = with_defaults(spec)
    if current.session_mode == SERVER:
        exact = replace(exact, initiation_mode=spec.initiation_mode or INITIATOR)
    return exact


def _effective(spec: L2VpnTunnelSpec, current: L2VpnTunnelSpec, view: KeyView | None) -> L2VpnTunnelSpec:
    """Return the spec for an existing tunnel, with the IDs that the server assigned.

    The spec has a secret only if the write must send it. Raises: SpecError for options that the tunnel does not have.
    """
    problems = Problems()
    if spec.session_mode not in (None, current.session_mode):
        reason = f"cannot be changed from {current.session_mode} (tunnel {current.name!r})"
        problems.add("session_mode", reason, "Delete the tunnel first, or use another name.")
    elif current.session_mode is not None:
        for field, reason in mode_complaints(spec, current.session_mode):
            problems.add(field, f"{reason} (tunnel {current.name!r})")
    problems.raise_if_any()
    networks = spec.networks
    if networks is not None and current.session_mode == SERVER:
        assigned = {network.network: network.tunnel_id for network in current.networks or ()}
        networks = tuple(replace(network, tunnel_id=assigned.get(network.network)) for network in networks)
    is_sent = _needs_secret(spec, current, view)
    return replace(
        spec,
        networks=networks,
        rule_id=current.rule_id,
        psk=spec.psk if is_sent else None,
        peer_code=spec.peer_code if is_sent else None,
    )


def _needs_secret(spec: L2VpnTunnelSpec, current: L2VpnTunnelSpec, view: KeyView | None) -> bool:
    if spec.secret is None or spec.update_psk == "on_create":
        return False
    if view is None:
        return True
    if spec.update_psk == "always":
        return not view.is_sent(current.rule_id, current.ends, spec.secret)
    return not view.is_known(current.rule_id, current.ends, spec.secret)


def _refuse_invalid(state: L2Vpn, list_plan: ListPlan, *, can_disable_clients: bool) -> None:
    """Raise SpecError if the server would reject the tunnels after the plan.

    Source: protocol/nsxt.md §10.
    """
    by_slot: Mapping[int, L2VpnTunnelSpec] = {rule.slot: rule.spec for rule in state.rules}
    modes: dict[str, str] = {}
    for step in list_plan.steps:
        tunnel: L2VpnTunnelSpec = step.spec if step.slot is None else by_slot[step.slot]
        mode = tunnel.session_mode or ""
        modes.setdefault(mode, tunnel.name or "")
        is_disabled = step.values().get("enabled") is False
        if mode == CLIENT and is_disabled and not can_disable_clients:
            raise SpecError(
                "enabled",
                f"cannot be false for client tunnels before API version 38.1 (tunnel {tunnel.name!r})",
                hint="Delete the client tunnel, or disable the server tunnel at the other site.",
            )
    if SERVER in modes and CLIENT in modes:
        raise SpecError(
            "session_mode",
            f"an edge gateway has either server tunnels or client tunnels; {modes[SERVER]!r} is a server, and "
            f"{modes[CLIENT]!r} is a client",
            hint="Use another edge gateway for the other role.",
        )


def _peer_code_warnings(store: Store, state: L2Vpn, plan: Plan) -> tuple[str, ...]:
    """Return a warning for each server tunnel whose peer code has changed."""
    servers = {rule.spec.name for rule in state.rules if rule.spec.session_mode == SERVER}
    names = [
        change.identity
        for change in plan.changes
        if change.action == "update" and change.identity in servers and set(change.fields) - {"enabled", "logging"}
    ]
    if not names:
        return ()
    listed = ", ".join(map(repr, names))
    return (
        f"The change can have created a new peer code for L2 VPN tunnels on {store.target}: {listed}. Update the "
        "client tunnel at the other site with the new peer code (vca l2vpn peer-code).",
    )


def _nsxv() -> SectionCodec[L2VpnSpec]:
    from vcloudair_core.services.ans.l2vpn.nsxv.codec import NsxvL2VpnCodec

    return NsxvL2VpnCodec()


def _nsxt(api_version: str) -> SectionCodec[L2VpnSpec]:
    from vcloudair_core.services.ans.l2vpn.nsxt.codec import NsxtL2VpnCodec

    return NsxtL2VpnCodec()


def _nsxt_store() -> type[SectionStore]:
    from vcloudair_core.services.ans.l2vpn.nsxt.store import NsxtL2VpnStore

    return NsxtL2VpnStore


SECTION = L2VpnSection(
    name="l2vpn",
    rule_name="l2vpn_tunnel",
    title="L2 VPN",
    noun="L2 VPN tunnel",
    spec_type=L2VpnSpec,
    rule_type=L2VpnTunnelSpec,
    # Use XML for both media types, because the JSON keys are not documented. Servers send XML to clients that accept
    # XML.
    codecs={(NSXV, JSON): _nsxv, (NSXV, XML): _nsxv},
    nsxt=NsxtSection(_nsxt, _nsxt_store),
    rules_field="tunnels",
    module="vca_l2vpn",
    identities=IDENTITIES,
    is_ordered=False,
    rule_limits=RULE_LIMITS,
    setting_limits=SETTING_LIMITS,
    store_type=NsxvL2VpnStore,
    alternatives={VCLOUDAIR: _ALTERNATIVE},
    not_in_documents=(NSXV,),
)
