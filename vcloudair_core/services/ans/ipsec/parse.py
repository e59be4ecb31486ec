"""Parse and check IPsec tunnels and settings, without calls to the server."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from vcloudair_core.engine.canonical import address_range, fold, without_blanks
from vcloudair_core.engine.fields import fields_of, keys_of
from vcloudair_core.engine.matching import refuse_duplicates
from vcloudair_core.engine.validation import Problems, Reader, kind_of
from vcloudair_core.services.ans.ipsec.algorithms import read_algorithm
from vcloudair_core.services.ans.ipsec.nsxt.fields import (
    DF_POLICIES,
    INITIATION_MODES,
    SECURITY_PROFILES,
)
from vcloudair_core.services.ans.ipsec.spec import (
    ANY_PEER,
    CERTIFICATE,
    IDENTITIES,
    KEY_UPDATES,
    LEAST_MTU,
    LOG_LEVELS,
    MATCHES,
    MOST_MTU,
    PSK,
    IpsecSpec,
    IpsecTunnelSpec,
)
from vcloudair_core.services.ans.ipsec.tunnel_rules import tunnel_complaints
from vcloudair_core.services.ans.keys.key_values import read_key

_TUNNEL_FIELDS = tuple(key.name for key in keys_of(IpsecTunnelSpec))
_SECTION_FIELDS = (*(key.name for key in keys_of(IpsecSpec)), "version")

_HOST_NAME = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\.?\Z")
_NEEDED = {"name": ("name",), "peer": ("peer_id", "peer_ip"), "site_id": ("site_id",)}


def parse_tunnel(data: Mapping[str, Any]) -> IpsecTunnelSpec:
    """Parse a tunnel. Raises: SpecError with all invalid fields."""
    problems = Problems()
    spec = read_tunnel(data, "", problems)
    problems.raise_if_any()
    return spec


def parse_ipsec(data: Mapping[str, Any]) -> IpsecSpec:
    """Parse a whole section. Raises: SpecError with all invalid fields.

    The key ``version``, which only the server sets, is accepted and ignored.
    """
    problems = Problems()
    reader = Reader(data, "", problems)
    reader.refuse_unknown(_SECTION_FIELDS)
    spec = IpsecSpec(
        enabled=reader.boolean("enabled"),
        logging=reader.boolean("logging"),
        log_level=reader.choice("log_level", LOG_LEVELS),
        disable_event=reader.boolean("disable_event"),
        global_psk=read_key(reader, "global_psk"),
        service_certificate=_nonblank(reader, "service_certificate"),
        ca_certificates=_texts(reader, "ca_certificates"),
        crl_certificates=_texts(reader, "crl_certificates"),
        tunnels=_tunnels(reader),
        update_psk=reader.choice("update_psk", KEY_UPDATES) or KEY_UPDATES[0],
        allow_empty=reader.boolean("allow_empty"),
    )
    problems.raise_if_any()
    return spec


def _tunnels(reader: Reader) -> tuple[IpsecTunnelSpec, ...] | None:
    items = reader.items("tunnels")
    if items is None:
        return None
    specs: list[IpsecTunnelSpec] = []
    for path, item in items:
        if isinstance(item, Mapping):
            specs.append(read_tunnel(item, path, reader.problems))
        else:
            # The message must not show the item, because it may be a key.
            reader.problems.add(path, f"a tunnel (a mapping) was expected, not {kind_of(item)}")
    if reader.problems.is_empty:
        refuse_tunnel_duplicates(specs, [path for path, _ in items], reader.problems)
    return tuple(specs)


def refuse_tunnel_duplicates(specs: Sequence[IpsecTunnelSpec], paths: Sequence[str], problems: Problems) -> None:
    """Add a problem for each duplicate tunnel and each duplicate peer.

    Only NSX-T allows several tunnels to a peer, each with a different local address.
    """
    refuse_duplicates(specs, paths, problems, IDENTITIES)
    seen: dict[str, list[tuple[str | None, str]]] = {}
    for spec, path in zip(specs, paths, strict=True):
        peer = spec.peer_id or (spec.peer_ip if spec.peer_ip != ANY_PEER else None)
        if peer is None:
            continue
        tunnels = seen.setdefault(peer, [])
        alike = [owner for local_ip, owner in tunnels if None in (local_ip, spec.local_ip) or local_ip == spec.local_ip]
        if alike and problems.is_empty:
            where = f"{path}.peer_id".lstrip(".")
            problems.add(where, f"{peer!r} is already the peer of {alike[0]}; each tunnel needs a different peer_id")
        tunnels.append((spec.local_ip, path or "the first tunnel"))


def read_tunnel(data: Mapping[str, Any], path: str, problems: Problems) -> IpsecTunnelSpec:
    """Parse the tunnel at ``path``. Errors are added to ``problems``, not raised."""
    reader = Reader(data, path, problems)
    reader.refuse_unknown(_TUNNEL_FIELDS)
    match_by = reader.choice("match_by", MATCHES) or "name"
    if not any(reader.given(name) and str(data[name]).strip() for name in _NEEDED[match_by]):
        problems.add(reader.at(_NEEDED[match_by][0]), f"is required, because match_by is {match_by}")
    spec = IpsecTunnelSpec(
        name=reader.text("name"),
        enabled=reader.boolean("enabled"),
        description=reader.clearable("description"),
        local_id=_nonblank(reader, "local_id"),
        local_ip=_local_ip(reader),
        local_subnets=_subnets(reader, "local_subnets"),
        peer_id=_nonblank(reader, "peer_id"),
        peer_ip=_peer_ip(reader),
        peer_subnets=_subnets(reader, "peer_subnets"),
        authentication=reader.choice("authentication", (PSK, CERTIFICATE), {"x509": CERTIFICATE}),
        psk=read_key(reader, "psk"),
        certificate=_nonblank(reader, "certificate"),
        encryption=_crypto(reader, "encryption"),
        pfs=reader.boolean("pfs"),
        dh_group=_crypto(reader, "dh_group"),
        mtu=reader.integer("mtu", LEAST_MTU, MOST_MTU),
        extension=_extension(reader),
        ike_version=_crypto(reader, "ike_version"),
        digest=_crypto(reader, "digest"),
        responder_only=reader.boolean("responder_only"),
        compliance_suite=_crypto(reader, "compliance_suite"),
        **_nsxt_values(reader),
        session_type=reader.text("session_type"),
        site_id=_nonblank(reader, "site_id"),
        match_by=match_by,
        update_psk=reader.choice("update_psk", KEY_UPDATES) or KEY_UPDATES[0],
    )
    reader.check_clear("description", "extension")
    for field, reason in tunnel_complaints(spec, has_everything=True):
        problems.add(reader.at(field), reason)
    return spec


def _nsxt_values(reader: Reader) -> dict[str, Any]:
    """Return the values of the fields that exist only on NSX-T edge gateways."""
    bounds = {name: info.bounds for name, info in fields_of(IpsecTunnelSpec).items() if info.bounds is not None}
    return {
        "initiation_mode": reader.choice("initiation_mode", INITIATION_MODES),
        "logging": reader.boolean("logging"),
        "ca_certificate": _nonblank(reader, "ca_certificate"),
        "security_profile": reader.choice("security_profile", SECURITY_PROFILES),
        **{name: _crypto(reader, name) for name in ("tunnel_encryption", "tunnel_digest", "tunnel_dh_group")},
        **{name: reader.integer(name, *bounds[name]) for name in ("ike_lifetime", "tunnel_lifetime", "dpd_interval")},
        "df_policy": reader.choice("df_policy", DF_POLICIES),
    }


# -- values ------------------------------------------------------------------------------------------------------


def _nonblank(reader: Reader, name: str) -> str | None:
    value = reader.line(name)
    if value is None:
        return None
    if not value.strip():
        reader.problems.add(reader.at(name), "is empty")
        return None
    return value.strip()


def _texts(reader: Reader, name: str) -> tuple[str, ...] | None:
    items = reader.items(name)
    return None if items is None else tuple(str(item).strip() for _, item in items)


def _local_ip(reader: Reader) -> str | None:
    value = _nonblank(reader, "local_ip")
    network = address_range(value) if value else None
    if value and (network is None or network[0] != 4 or network[1] != network[2] or "/" in value):
        reader.problems.add(reader.at("local_ip"), f"{value!r} is not an IPv4 address of the edge gateway")
        return None
    return value


def _peer_ip(reader: Reader) -> str | None:
    """Return the peer as an address, a host name or ``any``.

    A blank value means ``any``, as in vcloudair 0.5.
    """
    value = reader.text("peer_ip")
    if value is None:
        return None
    text = value.strip()
    if fold(text) in ("", ANY_PEER):
        return ANY_PEER
    network = address_range(text)
    is_host = network is not None and network[1] == network[2] and "/" not in text
    is_number = bool(re.fullmatch(r"[\d./:-]+", text))
    if is_host or (not is_number and _HOST_NAME.match(fold(text))):
        return text
    reader.problems.add(reader.at("peer_ip"), f"{value!r} is not an address, a full host name, or any")
    return None


def _subnets(reader: Reader, name: str) -> tuple[str, ...] | None:
    items = reader.items(name)
    if items is None:
        return None
    networks: dict[object, str] = {}
    for path, item in items:
        text = without_blanks(item) if isinstance(item, str) else ""
        network = address_range(text) if "-" not in text else None
        if network is None:
            reader.problems.add(path, f"{item!r} is not a network such as 192.168.10.0/24")
        else:
            networks.setdefault(network, text)  # drops duplicates
    if not items:
        reader.problems.add(reader.at(name), "is empty; a tunnel needs at least one network on each side")
    return tuple(networks.values())


def _extension(reader: Reader) -> str | None:
    """Return an extension and its value as one string. Source: protocol/ans.md §4.2."""
    value = reader.clearable("extension")
    if value is None or not value.strip():
        return value if value is None else ""
    name, _, argument = value.strip().partition("=")
    items = [without_blanks(text) for text in argument.split(",")]
    is_valid = {"securelocaltrafficbyip": len(items) == 1 and "/" not in argument, "passthroughsubnets": True}
    if is_valid.get(fold(name)) and all("-" not in text and address_range(text) for text in items):
        return value.strip()
    reason = f"{value!r} is neither securelocaltrafficbyip=ADDRESS nor passthroughSubnets=NETWORK,NETWORK"
    reader.problems.add(reader.at("extension"), reason)
    return None


def _crypto(reader: Reader, name: str) -> str | None:
    """Return the name of an algorithm."""
    value = reader.data.get(name)
    if value is None:
        return None
    text, reason = read_algorithm(name, value)
    if reason:
        reader.problems.add(reader.at(name), reason)
    return text
