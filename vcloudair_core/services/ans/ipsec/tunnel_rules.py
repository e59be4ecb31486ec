"""Defaults and checks of IPsec tunnels that involve several fields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.canonical import address_range
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.rulelist import ListPlan, RuleStep
from vcloudair_core.engine.validation import Problems
from vcloudair_core.errors import NotFoundError, SpecError
from vcloudair_core.services.ans.edge.backend import NSXT
from vcloudair_core.services.ans.ipsec.algorithms import ALGORITHMS, unknown_algorithm
from vcloudair_core.services.ans.ipsec.nsxt.fields import INITIATOR
from vcloudair_core.services.ans.ipsec.nsxt.profiles import (
    complete_profile,
    exact_profile,
    option_complaints,
    profile_complaints,
)
from vcloudair_core.services.ans.ipsec.spec import (
    ANY_PEER,
    CERTIFICATE,
    PSK,
    REQUIRED,
    IpsecSpec,
    IpsecTunnelSpec,
    host_meaning,
    identifier_meaning,
)


def missing_fields(spec: IpsecTunnelSpec) -> list[str]:
    """Return the required fields that a new tunnel does not set."""
    missing = [name for name in REQUIRED if not getattr(spec, name)]
    if spec.peer_ip == ANY_PEER and not spec.peer_id:
        missing.append("peer_id")
    is_psk = (spec.authentication or PSK) == PSK
    if is_psk and not spec.psk and spec.peer_ip != ANY_PEER:
        missing.append("psk")
    if not is_psk and not spec.certificate:
        missing.append("certificate")
    return missing


def completed_tunnel(spec: IpsecTunnelSpec, dh_group: str | None) -> IpsecTunnelSpec:
    """Return the spec of a new tunnel with defaults for all fields that are not set.

    ``dh_group`` is the default DH group of the edge. It is None if the edge has a default profile for algorithms.

    Raises: SpecError if required fields are missing; NotFoundError if the tunnel is matched by its server-assigned ID.
    """
    if spec.match_by == "site_id":
        raise NotFoundError(
            f"IPsec tunnel not found: site_id {spec.site_id!r}.",
            hint="Set match_by to name to create the tunnel. The server assigns site_id.",
        )
    problems = Problems()
    for name in missing_fields(spec):
        problems.add(name, f"is required, because the tunnel does not exist yet (matched by {spec.match_by})")
    problems.raise_if_any()
    is_psk = (spec.authentication or PSK) == PSK
    spec = spec if dh_group is None else _with_algorithms(spec, dh_group)
    return replace(
        spec,
        name=spec.name or spec.peer_id or spec.peer_ip,
        enabled=True if spec.enabled is None else spec.enabled,
        description=spec.description or "",
        local_id=spec.local_id or spec.local_ip,
        peer_id=spec.peer_id or spec.peer_ip,
        authentication=spec.authentication or PSK,
        psk=spec.psk if is_psk else None,
        site_id=None,
    )


def _with_algorithms(spec: IpsecTunnelSpec, dh_group: str) -> IpsecTunnelSpec:
    return replace(
        spec,
        encryption=spec.encryption or "aes256",
        pfs=True if spec.pfs is None else spec.pfs,
        dh_group=spec.dh_group or dh_group,
    )


def with_derived_fields(spec: IpsecTunnelSpec, current: IpsecTunnelSpec) -> IpsecTunnelSpec:
    """Return the spec with the identifiers that change together with an address.

    If the current ``peer_id`` equals the current ``peer_ip``, a new ``peer_ip`` also becomes the new ``peer_id``,
    unless the spec sets ``peer_id``. In the same way, a ``local_id`` that equals ``local_ip`` changes with
    ``local_ip``, and a name that equals the peer changes with the peer.
    """
    changes: dict[str, Any] = {}
    for name, source in (("local_id", "local_ip"), ("peer_id", "peer_ip")):
        address, before = getattr(spec, source), getattr(current, source)
        if getattr(spec, name) is None and address not in (None, ANY_PEER) and before != ANY_PEER:
            derived = identifier_meaning(getattr(current, name) or before or "") == identifier_meaning(before or "")
            if derived and host_meaning(address) != host_meaning(before or ""):
                changes[name] = address
    peer = changes.get("peer_id") or spec.peer_id
    if spec.name is None and peer and spec.match_by != "name" and current.name in (current.peer_id, current.peer_ip):
        changes["name"] = peer
    return replace(spec, **changes) if changes else spec


def exact_tunnel(spec: IpsecTunnelSpec, current: IpsecTunnelSpec, dh_group: str | None) -> IpsecTunnelSpec:
    """Return the spec of a tunnel for ``state: exact``, with defaults.

    An omitted name or key keeps its value. Omitted fields whose default depends on the edge also keep their values:
    certificate, MTU, and the algorithms of newer edges. ``dh_group`` is None if the edge has a default profile for
    algorithms.
    """
    if dh_group is None:
        spec = exact_profile(spec)
        if spec.responder_only is None:
            spec = replace(spec, initiation_mode=spec.initiation_mode or INITIATOR)
        spec = replace(spec, logging=bool(spec.logging))
    else:
        spec = _with_algorithms(spec, dh_group)
    is_responder = False if spec.responder_only is None and current.responder_only else spec.responder_only
    local_ip, peer_ip = spec.local_ip or current.local_ip, spec.peer_ip or current.peer_ip
    return replace(
        spec,
        enabled=True if spec.enabled is None else spec.enabled,
        description=spec.description or "",
        local_id=spec.local_id or local_ip,
        peer_id=spec.peer_id or (peer_ip if peer_ip != ANY_PEER else None),
        authentication=spec.authentication or PSK,
        extension=spec.extension or "",
        responder_only=is_responder if dh_group is not None else spec.responder_only,
    )


def exact_ipsec(spec: IpsecSpec) -> IpsecSpec:
    """Return the settings of a complete document, with all defaults.

    Keys and certificates have no default and keep their values. If tunnels exist, ``enabled`` also keeps its value,
    because the default would stop the tunnels.
    """
    return replace(
        spec,
        enabled=False if spec.enabled is None and spec.tunnels == () else spec.enabled,
        logging=True if spec.logging is None else spec.logging,
        log_level=spec.log_level or "warning",
        disable_event=bool(spec.disable_event),
    )


def overlap(
    local_subnets: Sequence[str], peer_subnets: Sequence[str], *, has_everything: bool
) -> tuple[str, str] | None:
    """Return the first pair of local and peer subnets that overlap, or None.

    Overlapping subnets are not allowed on NSX-V. If ``has_everything`` is true, networks such as 0.0.0.0/0 may contain
    the subnets of the other side, as on NSX-T. Source: protocol/ans.md §4.2, protocol/nsxt.md §7.
    """
    for local in local_subnets:
        for peer in peer_subnets:
            if has_everything and "/0" in (local[-2:], peer[-2:]):
                continue
            left, right = address_range(local), address_range(peer)
            if left and right and left[0] == right[0] and left[1] <= right[2] and right[1] <= left[2]:
                return local, peer
    return None


def _families(subnets: Sequence[str]) -> set[int]:
    return {network[0] for subnet in subnets if (network := address_range(subnet))}


def tunnel_complaints(spec: IpsecTunnelSpec, *, has_everything: bool = False) -> list[tuple[str, str]]:
    """Return the errors in a tunnel that involve several fields.

    ``has_everything`` allows a network that contains all addresses, see :func:`overlap`. Shape: ``[(field, reason)]``.
    """
    complaints = option_complaints(spec)
    shared = overlap(spec.local_subnets or (), spec.peer_subnets or (), has_everything=has_everything)
    if shared:
        complaints.append(("peer_subnets", f"{shared[1]} overlaps {shared[0]} of local_subnets"))
    unmatched_families = _families(spec.local_subnets or ()) ^ _families(spec.peer_subnets or ())
    if unmatched_families and spec.local_subnets and spec.peer_subnets:
        complaints.append(
            (
                "peer_subnets",
                "have a different IP version than local_subnets, but the tunnel connects every pair of networks",
            )
        )
    if spec.authentication == CERTIFICATE and spec.psk is not None:
        complaints.append(("psk", "is only allowed with authentication psk, not x.509"))
    return complaints


def algorithm_complaints(spec: IpsecTunnelSpec, names: Iterable[str]) -> list[tuple[str, str]]:
    """Return an error for each field in ``names`` with an unsupported algorithm.

    Shape: ``[(field, reason)]``.
    """
    reasons = ((name, unknown_algorithm(name, getattr(spec, name))) for name in names if name in ALGORITHMS)
    return [(name, reason) for name, reason in reasons if reason]


def refuse_invalid_tunnels(live: Sequence[LiveRule], list_plan: ListPlan, backend: str) -> None:
    """Raise SpecError for changed tunnels that the server would reject."""
    by_slot = {rule.slot: rule.spec for rule in live}
    names_by_ends: dict[tuple[object, ...], str] = {}
    for step in list_plan.steps:
        tunnel: IpsecTunnelSpec = step.spec if step.slot is None else by_slot[step.slot]
        if step.slot is not None and step.changed:
            tunnel = replace(tunnel, **{name: getattr(step.spec, name) for name in step.changed})
        if step.slot is None or step.changed:
            for field, reason in _complaints(tunnel, step, backend):
                raise SpecError(field, f"{reason} (tunnel {tunnel.name!r})")
        ends = _unique_ends(tunnel, backend)
        if ends in names_by_ends and list_plan.changes:
            raise _repeated_ends(tunnel, names_by_ends[ends], backend)
        names_by_ends[ends] = tunnel.name or ""


def _complaints(tunnel: IpsecTunnelSpec, step: RuleStep, backend: str) -> list[tuple[str, str]]:
    """Return the errors in a new or changed tunnel. Shape: ``[(field, reason)]``."""
    if backend == NSXT:
        changed = tuple(step.values()) if step.slot is None else step.changed
        return profile_complaints(tunnel, changed)
    names = ALGORITHMS if step.slot is None else step.changed
    return [*tunnel_complaints(tunnel), *algorithm_complaints(tunnel, names)]


def _unique_ends(tunnel: IpsecTunnelSpec, backend: str) -> tuple[object, ...]:
    """Return the values that must be unique among the tunnels of an edge gateway.

    Source: protocol/ans.md §4.2, protocol/nsxt.md §7.
    """
    if backend == NSXT:
        return host_meaning(tunnel.local_ip or ""), host_meaning(tunnel.peer_ip or "")
    return (tunnel.peer_id or tunnel.peer_ip or "",)


def _repeated_ends(tunnel: IpsecTunnelSpec, owner: str, backend: str) -> SpecError:
    names = f"the tunnels {owner!r} and {tunnel.name!r}"
    if backend == NSXT:
        addresses = f"{tunnel.local_ip} and {tunnel.peer_ip}"
        return SpecError("peer_ip", f"{addresses} are the addresses of {names}; each tunnel needs a different pair")
    peer = tunnel.peer_id or tunnel.peer_ip or ""
    return SpecError("peer_id", f"{peer!r} is the peer of {names}; each tunnel needs a different peer")


_PEER_VALUES = ("tunnel_encryption", "tunnel_digest", "tunnel_dh_group", "ike_lifetime", "tunnel_lifetime")
"""More options of NSX-T tunnels that must be the same on the peer."""


def as_peer(spec: IpsecTunnelSpec) -> dict[str, Any]:
    """Return the settings that the peer of a tunnel needs, without the key.

    The local values of the peer are the peer values of the tunnel, and vice versa.
    """
    spec = complete_profile(spec)
    more = {name: value for name in _PEER_VALUES if (value := getattr(spec, name)) is not None}
    return {
        "name": spec.name,
        "ike_version": spec.ike_version or "ikev1",
        "authentication": spec.authentication or PSK,
        "local_ip": spec.peer_ip,
        "local_id": spec.peer_id,
        "local_subnets": list(spec.peer_subnets or ()),
        "peer_ip": spec.local_ip,
        "peer_id": spec.local_id,
        "peer_subnets": list(spec.local_subnets or ()),
        "encryption": spec.encryption,
        "digest": spec.digest or "sha1",
        "dh_group": spec.dh_group,
        "pfs": True if spec.pfs is None else spec.pfs,
        "mtu": spec.mtu,
        **more,
    }
