"""The document of L2 VPN tunnels, and the secrets that a write sends."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.rulelist import RuleStep
from vcloudair_core.engine.validation import near
from vcloudair_core.errors import AmbiguousMatchError, NotFoundError
from vcloudair_core.services.ans.ipsec.model import KeyView, new_identity
from vcloudair_core.services.ans.l2vpn.spec import L2VpnSpec, L2VpnTunnelSpec, StretchedNetworkSpec
from vcloudair_core.services.ans.section.document import SectionDocument, SectionEdit, SectionState
from vcloudair_core.util.redaction import Secret

L2Vpn = SectionState[L2VpnSpec]
"""The decoded L2 VPN of an edge gateway. Its rules are tunnels, without secrets."""


@dataclass(frozen=True)
class L2VpnDocument(SectionDocument[L2VpnSpec]):
    """The tunnels of an edge gateway, with what is known about their secrets.

    ``known_keys`` has the current secrets, or the fingerprints of the secrets that this host has sent. ``keys_to_send``
    maps the identities of tunnels to the secrets that the tree contains and a write sends. ``interfaces`` has the
    network of each interface of an NSX-V edge gateway, by the number of the interface, if they were read.
    """

    known_keys: KeyView | None = field(default=None, kw_only=True, repr=False, compare=False)
    keys_to_send: Mapping[str, Secret] = field(default_factory=dict, kw_only=True, repr=False, compare=False)
    interfaces: Mapping[str, StretchedNetworkSpec] = field(
        default_factory=dict, kw_only=True, repr=False, compare=False
    )


def keys_to_send(edit: SectionEdit) -> dict[str, Secret]:
    """Return the secrets that an edit sends, by the identity of the tunnel.

    The identity is the ID of an existing tunnel, or the result of ``new_identity`` for a new tunnel.
    """
    return {
        step.spec.rule_id or new_identity(step.spec.ends): step.spec.secret
        for step in edit.steps or ()
        if step.spec is not None and step.spec.secret is not None and (step.slot is None or step.changed)
    }


def with_secrets(
    steps: Sequence[RuleStep],
    specs: Sequence[L2VpnTunnelSpec],
    live: Sequence[LiveRule],
    resent: Container[int | None] = (),
) -> tuple[RuleStep, ...]:
    """Return the steps, where each changed tunnel has the secret of its spec.

    A write of a tunnel sends its secret even if only other options change, because a server that does not return the
    secret may require the secret. In this case, ``changed`` of the step does not contain the secret. ``resent`` has the
    slots of tunnels that are sent with their secret even if they do not change.
    """
    by_slot = {rule.slot: rule.spec for rule in live}
    completed = []
    for step in steps:
        is_resent = step.slot in resent and not step.changed
        if step.slot is not None and (is_resent or (step.changed and step.spec.secret is None)):
            current = by_slot[step.slot]
            secrets = [spec for spec in specs if spec.secret is not None and _is_named(spec, current)]
            if len(secrets) == 1:
                spec = replace(current if is_resent else step.spec, psk=secrets[0].psk, peer_code=secrets[0].peer_code)
                step = replace(step, spec=spec, changed=step.changed or ("psk",))
        completed.append(step)
    return tuple(completed)


def _is_named(spec: L2VpnTunnelSpec, current: L2VpnTunnelSpec) -> bool:
    identity = spec.match_by
    return bool(getattr(spec, identity) == getattr(current, identity))


def find_tunnel(l2vpn: SectionState[Any], name: str, target: str) -> L2VpnTunnelSpec:
    """Return a tunnel by name or ID. ``target`` is the edge gateway in error messages.

    Raises: NotFoundError, AmbiguousMatchError.
    """
    tunnels: list[L2VpnTunnelSpec] = [rule.spec for rule in l2vpn.rules]
    for identity in ("name", "rule_id"):
        matches = [tunnel for tunnel in tunnels if getattr(tunnel, identity) == name]
        if len(matches) > 1:
            raise AmbiguousMatchError(
                f"{len(matches)} L2 VPN tunnels of {target} are named {name!r}.",
                candidates=[{"rule_id": tunnel.rule_id, "name": tunnel.name} for tunnel in matches],
                hint="Use the rule_id of a tunnel.",
            )
        if matches:
            return matches[0]
    nearest = near(name, [tunnel.name for tunnel in tunnels if tunnel.name])
    hint = f"{nearest[:1].upper()}{nearest[1:]}" if nearest else "Run `vca l2vpn list` to see the tunnels."
    raise NotFoundError(f"L2 VPN tunnel not found: {name!r} on {target}.", hint=hint)
