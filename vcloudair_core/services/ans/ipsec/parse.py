"""Plain data to IPsec specs. Everything that can be known to be wrong without a server is found here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from vcloudair_core.engine.canonical import address_range, fold, without_blanks
from vcloudair_core.engine.fields import keys_of
from vcloudair_core.engine.matching import refuse_doubles
from vcloudair_core.engine.validation import Problems, Reader
from vcloudair_core.services.ans.ipsec.algorithms import read_algorithm
from vcloudair_core.services.ans.ipsec.spec import (
    ANY_PEER,
    CERTIFICATE,
    IDENTITIES,
    KEY_UPDATES,
    LEAST_MTU,
    LOG_LEVELS,
    LONGEST_KEY,
    MASKED,
    MATCHES,
    MOST_MTU,
    PSK,
    IpsecSpec,
    IpsecTunnelSpec,
    tunnel_complaints,
)
from vcloudair_core.settings.settings import expand_user
from vcloudair_core.util.redaction import Secret

_LONGEST_FILE = 4096

_TUNNEL_FIELDS = tuple(key.name for key in keys_of(IpsecTunnelSpec))
_SECTION_FIELDS = (*(key.name for key in keys_of(IpsecSpec)), "version")

_HOST_NAME = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\.?\Z")
_NEEDED = {"name": ("name",), "peer": ("peer_id", "peer_ip"), "site_id": ("site_id",)}


def parse_tunnel(data: Mapping[str, Any]) -> IpsecTunnelSpec:
    """One tunnel. Raises SpecError that names every field that is wrong."""
    problems = Problems()
    spec = read_tunnel(data, "", problems)
    problems.raise_if_any()
    return spec


def parse_ipsec(data: Mapping[str, Any]) -> IpsecSpec:
    """A whole section; what only the server can say (``version``) is accepted and ignored.

    Raises SpecError that names every field that is wrong.
    """
    problems = Problems()
    reader = Reader(data, "", problems)
    reader.refuse_unknown(_SECTION_FIELDS)
    spec = IpsecSpec(
        enabled=reader.boolean("enabled"),
        logging=reader.boolean("logging"),
        log_level=reader.choice("log_level", LOG_LEVELS),
        disable_event=reader.boolean("disable_event"),
        global_psk=_key(reader, "global_psk"),
        service_certificate=_word(reader, "service_certificate"),
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
            # Not the item itself: a key may have come to stand here.
            reader.problems.add(path, f"a tunnel (a mapping) was expected, not a {type(item).__name__}")
    if reader.problems.is_empty:
        refuse_tunnel_doubles(specs, [path for path, _ in items], reader.problems)
    return tuple(specs)


def refuse_tunnel_doubles(specs: Sequence[IpsecTunnelSpec], paths: Sequence[str], problems: Problems) -> None:
    """Note specs that mean one tunnel, and peers that are given twice."""
    refuse_doubles(specs, paths, problems, IDENTITIES)
    met: dict[str, str] = {}
    for spec, path in zip(specs, paths, strict=True):
        peer = spec.peer_id or (spec.peer_ip if spec.peer_ip != ANY_PEER else None)
        if peer is None:
            continue
        if peer in met and problems.is_empty:
            where = f"{path}.peer_id".lstrip(".")
            problems.add(where, f"{peer!r} is the peer of {met[peer]} already; each tunnel needs its own peer_id")
        met.setdefault(peer, path or "the first one")


def read_tunnel(data: Mapping[str, Any], path: str, problems: Problems) -> IpsecTunnelSpec:
    """One tunnel at ``path``; what is wrong goes to ``problems``."""
    reader = Reader(data, path, problems)
    reader.refuse_unknown(_TUNNEL_FIELDS)
    match_by = reader.choice("match_by", MATCHES) or "name"
    if not any(reader.given(name) and str(data[name]).strip() for name in _NEEDED[match_by]):
        problems.add(reader.at(_NEEDED[match_by][0]), f"is required, because match_by is {match_by}")
    spec = IpsecTunnelSpec(
        name=reader.text("name"),
        enabled=reader.boolean("enabled"),
        description=reader.clearable("description"),
        local_id=_word(reader, "local_id"),
        local_ip=_local_ip(reader),
        local_subnets=_subnets(reader, "local_subnets"),
        peer_id=_word(reader, "peer_id"),
        peer_ip=_peer_ip(reader),
        peer_subnets=_subnets(reader, "peer_subnets"),
        authentication=reader.choice("authentication", (PSK, CERTIFICATE), {"x509": CERTIFICATE}),
        psk=_key(reader, "psk"),
        certificate=_word(reader, "certificate"),
        encryption=_crypto(reader, "encryption"),
        pfs=reader.boolean("pfs"),
        dh_group=_crypto(reader, "dh_group"),
        mtu=reader.integer("mtu", LEAST_MTU, MOST_MTU),
        extension=_extension(reader),
        ike_version=_crypto(reader, "ike_version"),
        digest=_crypto(reader, "digest"),
        responder_only=reader.boolean("responder_only"),
        compliance_suite=_crypto(reader, "compliance_suite"),
        session_type=reader.text("session_type"),
        site_id=_word(reader, "site_id"),
        match_by=match_by,
        update_psk=reader.choice("update_psk", KEY_UPDATES) or KEY_UPDATES[0],
    )
    reader.check_clear("description", "extension")
    for field, reason in tunnel_complaints(spec):
        problems.add(reader.at(field), reason)
    return spec


# -- values ------------------------------------------------------------------------------------------------------


def _word(reader: Reader, name: str) -> str | None:
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
    value = _word(reader, "local_ip")
    network = address_range(value) if value else None
    if value and (network is None or network[0] != 4 or network[1] != network[2] or "/" in value):
        reader.problems.add(reader.at("local_ip"), f"{value!r} is not an IPv4 address of the edge gateway")
        return None
    return value


def _peer_ip(reader: Reader) -> str | None:
    """An address, a host name, or any; blank waits for whoever calls, as in the original SDK."""
    value = reader.text("peer_ip")
    if value is None:
        return None
    word = value.strip()
    if fold(word) in ("", ANY_PEER):
        return ANY_PEER
    network = address_range(word)
    is_host = network is not None and network[1] == network[2] and "/" not in word
    is_number = bool(re.fullmatch(r"[\d./:-]+", word))
    if is_host or (not is_number and _HOST_NAME.match(fold(word))):
        return word
    reader.problems.add(reader.at("peer_ip"), f"{value!r} is not an address, a full host name, or any")
    return None


def _subnets(reader: Reader, name: str) -> tuple[str, ...] | None:
    items = reader.items(name)
    if items is None:
        return None
    networks: dict[object, str] = {}
    for path, item in items:
        word = without_blanks(item) if isinstance(item, str) else ""
        network = address_range(word) if "-" not in word else None
        if network is None:
            reader.problems.add(path, f"{item!r} is not a network such as 192.168.10.0/24")
        else:
            networks.setdefault(network, word)  # a network that is given twice is one
    if not items:
        reader.problems.add(reader.at(name), "is empty; a tunnel joins at least one network on each side")
    return tuple(networks.values())


def _extension(reader: Reader) -> str | None:
    """One of two settings with its value, or nothing. Source: protocol/ans.md §4.2."""
    value = reader.clearable("extension")
    if value is None or not value.strip():
        return value if value is None else ""
    name, _, argument = value.strip().partition("=")
    items = [without_blanks(word) for word in argument.split(",")]
    is_right = {"securelocaltrafficbyip": len(items) == 1 and "/" not in argument, "passthroughsubnets": True}
    if is_right.get(fold(name)) and all("-" not in word and address_range(word) for word in items):
        return value.strip()
    reason = f"{value!r} is neither securelocaltrafficbyip=ADDRESS nor passthroughSubnets=NETWORK,NETWORK"
    reader.problems.add(reader.at("extension"), reason)
    return None


def _crypto(reader: Reader, name: str) -> str | None:
    """The name of an algorithm in any spelling."""
    value = reader.data.get(name)
    if value is None:
        return None
    word, reason = read_algorithm(name, value)
    if reason:
        reader.problems.add(reader.at(name), reason)
    return word


def _key(reader: Reader, name: str) -> Secret | None:
    """A pre-shared key, given or in a file. No message ever holds it."""
    value, path = reader.data.get(name), reader.data.get(f"{name}_file")
    if value is None and path is None:
        return None
    at = reader.at(name if path is None else f"{name}_file")
    if value is not None and path is not None:
        reader.problems.add(at, f"cannot be given together with {name}")
        return None
    key = value if path is None else _key_in(str(path), at, reader.problems)
    if key is None:
        return None
    text = key.reveal() if isinstance(key, Secret) else key
    reason = ""
    if isinstance(text, int) and not isinstance(text, bool):
        reason = "is a number in YAML, and may have lost digits; put it in quotes"
    elif not isinstance(text, str):
        reason = "is not a text"
    elif not text.strip():
        reason = "is empty"
    elif set(text) == {"*"}:
        reason = f"is the mask that the server shows ({MASKED}), not a key"
    elif len(text) > LONGEST_KEY:
        reason = f"has {len(text)} characters, at most {LONGEST_KEY} are allowed"
    elif not text.isprintable():
        reason = "has a control character in it, such as the end of a line"
    if reason:
        reader.problems.add(at, reason)
        return None
    return Secret(text)


def _key_in(path: str, at: str, problems: Problems) -> str | None:
    try:
        with expand_user(path).open(encoding="utf-8") as file:
            return file.read(_LONGEST_FILE).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
        problems.add(at, f"the file {path} cannot be read: {reason}")
        return None
