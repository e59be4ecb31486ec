"""Specs of L2 VPN tunnels. Source: protocol/nsxt.md §10, protocol/ans.md §5."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address, ip_interface
from pathlib import Path
from typing import ClassVar

from vcloudair_core.engine.canonical import address_range, fold, network_set
from vcloudair_core.engine.fields import FieldInfo, input_key, spec_field
from vcloudair_core.engine.matching import Identities, RuleIdentity
from vcloudair_core.engine.validation import Reader
from vcloudair_core.services.ans.keys.key_values import read_key
from vcloudair_core.services.ans.section.rule_fields import ID_PATTERN, clear_key, description_field, enabled_field
from vcloudair_core.util.redaction import Secret

SERVER, CLIENT = "server", "client"
SESSION_MODES = (SERVER, CLIENT)
INITIATOR, RESPOND_ONLY, ON_DEMAND = "initiator", "respond_only", "on_demand"
INITIATION_MODES = (INITIATOR, RESPOND_ONLY, ON_DEMAND)
KEY_UPDATES = ("fingerprint", "always", "on_create")
MATCHES = ("name", "rule_id")
LAST_TUNNEL_ID = 4093
"""Highest tunnel ID of a stretched network. Source: protocol/nsxt.md §10."""

LONGEST_PEER_CODE = 16384
"""Maximum number of characters of a peer code (inferred)."""

ONLY_SERVER = ("tunnel_interface", "initiation_mode", "psk")
"""Options that only server tunnels have. Source: protocol/nsxt.md §10."""

REQUIRED = ("session_mode", "local_ip", "peer_ip")
"""Options that every new tunnel of an NSX-T edge gateway requires."""

NSXV_REQUIRED = ("user_id", "psk", "networks")
"""Options that every new tunnel of an NSX-V edge gateway requires."""

LOG_LEVELS = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")
_ALGORITHM = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_USER_ID = re.compile(r"[\x21-\x7e]{1,63}\Z")


@dataclass(frozen=True)
class StretchedNetworkSpec:
    """A network that a tunnel stretches to the other site."""

    network: str | None = spec_field(
        "Name of a routed network of the edge gateway, or its URN on NSX-T.",
        "On NSX-V, the network must be attached to a subinterface. The number of the interface is accepted too.",
        required=True,
    )
    tunnel_id: int | None = spec_field(
        "ID of the network in the tunnel, `1` to `4093`. Both sites connect the networks that have the same ID.",
        "Required for `session_mode=client`. On a server tunnel, the edge gateway assigns the ID, and the value is "
        "ignored.",
        bounds=(1, LAST_TUNNEL_ID),
    )


def networks_meaning(networks: Iterable[StretchedNetworkSpec]) -> Hashable:
    """Return stretched networks in canonical form, for comparison.

    Order does not matter.
    """
    return frozenset((network.network or "", network.tunnel_id) for network in networks)


def address_meaning(text: str) -> Hashable:
    """Return an address in canonical form, for comparison."""
    return address_range(text) or fold(text)


def interface_meaning(text: str) -> Hashable:
    """Return an address with its prefix length in canonical form, for comparison."""
    try:
        return ip_interface(text.strip())
    except ValueError:
        return fold(text)


@dataclass(frozen=True)
class L2VpnTunnelSpec:
    """An L2 VPN tunnel. A field that is None keeps its value."""

    name: str | None = spec_field(
        "Name of the tunnel. It identifies the tunnel, unless `match_by=rule_id`.", identity=True
    )
    session_mode: str | None = spec_field(
        "Role of the edge gateway in the tunnel. It cannot be changed. Required for new tunnels on NSX-T.",
        "A `server` tunnel creates a peer code, which the `client` tunnel of the other site needs. All tunnels of an "
        "edge gateway have the same role. On NSX-V, each tunnel is a peer site of the server.",
        canonical=fold,
        choices=SESSION_MODES,
    )
    enabled: bool | None = enabled_field("tunnel")
    description: str | None = description_field()
    local_ip: str | None = spec_field(
        "Local endpoint of the tunnel, a public IPv4 address of the edge gateway. Required for new tunnels on NSX-T.",
        canonical=address_meaning,
    )
    peer_ip: str | None = spec_field(
        "Endpoint of the other site, as an IPv4 address. Required for new tunnels on NSX-T.", canonical=address_meaning
    )
    tunnel_interface: str | None = spec_field(
        "Address of the tunnel interface with its prefix length, such as `169.254.64.1/28`. Only for server tunnels. "
        "By default, the edge gateway selects it.",
        canonical=interface_meaning,
    )
    initiation_mode: str | None = spec_field(
        "When the edge gateway initiates the connection. Only for server tunnels. The default for new tunnels is "
        "`initiator`.",
        "`initiator` always initiates the connection, `on_demand` initiates it when traffic needs the tunnel, and "
        "`respond_only` never initiates it.",
        canonical=fold,
        choices=INITIATION_MODES,
    )
    networks: tuple[StretchedNetworkSpec, ...] | None = spec_field(
        "Networks that the tunnel stretches. The list replaces all networks of an existing tunnel. To detach all "
        "networks, set an empty list.",
        canonical=networks_meaning,
        absent=(),
    )
    user_id: str | None = spec_field(
        "Name of the user as which the other site signs in. Required for new tunnels on NSX-V.",
    )
    egress_gateways: tuple[str, ...] | None = spec_field(
        "Gateway addresses of the stretched networks. Traffic to them stays at its site, and does not use the tunnel.",
        canonical=network_set,
    )
    psk: Secret | None = spec_field(
        "Pre-shared key, at most 128 characters. Only for server tunnels. Required for new server tunnels.",
        "On NSX-V, it is the password of the user.",
        "`update_psk` sets when the key of an existing tunnel is sent.",
        secret=True,
        read=read_key,
    )
    peer_code: Secret | None = spec_field(
        "Peer code of the server tunnel at the other site. Only for client tunnels. Required for new client tunnels.",
        "The peer code contains the pre-shared key, so it is a secret like the key. `update_psk` sets when the peer "
        "code of an existing tunnel is sent.",
        secret=True,
        read=partial(read_key, longest=LONGEST_PEER_CODE),
    )
    logging: bool | None = spec_field(
        "Whether the tunnel writes a log. New tunnels do not log by default.",
        "If the user does not have the right to configure logging, the server ignores `true`, and a warning is shown.",
        absent=False,
    )
    rule_id: str | None = spec_field(
        "ID of the tunnel, set by the server. It identifies the tunnel with `match_by=rule_id`.",
        read_only=True,
        pattern=ID_PATTERN,
        read=Reader.identifier,
    )
    match_by: str = spec_field(
        "Option that identifies an existing tunnel. With `rule_id`, all other options can change, but no tunnel is "
        "created.",
        default="name",
        input_only=True,
        choices=MATCHES,
    )
    update_psk: str = spec_field(
        "When to send the pre-shared key or the peer code of an existing tunnel.",
        "`fingerprint` sends it if it differs from the key or peer code of the tunnel. If the server does not return "
        "it, it is compared with the value that this host sent last. To compare them, a keyed fingerprint (HMAC) is "
        "stored in `state_dir`. If `state_dir` does not persist, as in a container, every run sends the value and "
        "reports a change.",
        "`always` sends it in every run, and every run reports a change.",
        "`on_create` sends it only when the tunnel is created.",
        default="fingerprint",
        input_only=True,
        choices=KEY_UPDATES,
    )

    tag = position = before = after = index = None
    other_keys: ClassVar[Mapping[str, FieldInfo]] = {
        "clear": clear_key("description"),
        "psk_file": input_key(
            "File with the key on the host that runs the module, instead of `psk`. A line break at the end of the file "
            "is ignored.",
            kind=Path,
        ),
        "peer_code_file": input_key(
            "File with the peer code on the host that runs the module, instead of `peer_code`. A line break at the end "
            "of the file is ignored.",
            kind=Path,
        ),
    }
    exclusive: ClassVar[Sequence[tuple[str, ...]]] = (("psk", "psk_file"), ("peer_code", "peer_code_file"))
    """Mutually exclusive keys."""

    @property
    def secret(self) -> Secret | None:
        """The pre-shared key of a server tunnel, or the peer code of a client tunnel."""
        return self.psk if self.psk is not None else self.peer_code

    @property
    def ends(self) -> str:
        """The identity of a tunnel without an ID.

        Example: ``l2vpn 203.0.113.10 198.51.100.7 branch``.
        """
        return " ".join(("l2vpn", self.local_ip or "", self.peer_ip or "", self.name or ""))

    def complaints(self) -> list[tuple[str, str]]:
        """Return errors that the field declarations do not detect.

        Shape: ``[(field, reason)]``.
        """
        complaints = [
            (name, f"is required with match_by={name}") for name in (self.match_by,) if not getattr(self, name)
        ]
        complaints += _address_complaints(self)
        if self.psk is not None and self.peer_code is not None:
            complaints.append(("peer_code", "cannot be combined with psk; a tunnel is either a server or a client"))
        elif self.session_mode is not None:
            complaints += mode_complaints(self, self.session_mode)
        if self.user_id is not None and not _USER_ID.match(self.user_id):
            complaints.append(("user_id", f"{self.user_id!r} is not a user name of 1 to 63 ASCII characters"))
        complaints += [
            ("egress_gateways", f"{text!r} is not an address")
            for text in self.egress_gateways or ()
            if address_range(text) is None or "/" in text or "-" in text
        ]
        return complaints + _network_complaints(self.networks or ())


def mode_complaints(spec: L2VpnTunnelSpec, session_mode: str) -> list[tuple[str, str]]:
    """Return an error for each option that tunnels with ``session_mode`` do not have.

    Shape: ``[(field, reason)]``.
    """
    if session_mode == SERVER:
        return [("peer_code", "is only for client tunnels")] if spec.peer_code is not None else []
    complaints = [(name, "is only for server tunnels") for name in ONLY_SERVER if getattr(spec, name) is not None]
    for position, network in enumerate(spec.networks or ()):
        if network.tunnel_id is None:
            complaints.append((f"networks[{position}].tunnel_id", "is required for client tunnels"))
    return complaints


def _network_complaints(networks: Sequence[StretchedNetworkSpec]) -> list[tuple[str, str]]:
    complaints: list[tuple[str, str]] = []
    for name in ("network", "tunnel_id"):
        values = [value for network in networks if (value := getattr(network, name)) is not None]
        repeated = sorted({value for value in values if values.count(value) > 1})
        complaints += [("networks", f"contains the {name.replace('_', ' ')} {value!r} twice") for value in repeated]
    return complaints


def _address_complaints(spec: L2VpnTunnelSpec) -> list[tuple[str, str]]:
    complaints: list[tuple[str, str]] = []
    for name in ("local_ip", "peer_ip"):
        text = getattr(spec, name)
        try:
            if text is not None:
                IPv4Address(text)
        except ValueError:
            complaints.append((name, f"{text!r} is not an IPv4 address"))
    text = spec.tunnel_interface
    try:
        if text is not None:
            ip_interface(text)
    except ValueError:
        complaints.append(("tunnel_interface", f"{text!r} is not an address with a prefix length"))
    else:
        if text is not None and "/" not in text:
            complaints.append(("tunnel_interface", f"{text!r} has no prefix length, such as {text}/28"))
    return complaints


IDENTITIES = Identities(
    {"name": RuleIdentity(lambda spec: (spec.name or "",), lambda spec: f"named {spec.name or ''!r}")},
    shown=("session_mode", "local_ip", "peer_ip", "description"),
    numbers=("rule_id",),
    hint="Set rule_id and match_by=rule_id.",
    content=lambda spec: (address_meaning(spec.local_ip or ""), address_meaning(spec.peer_ip or "")),
)
"""The ways to identify a tunnel."""


def algorithms_meaning(names: Iterable[str]) -> Hashable:
    """Return cipher names in canonical form, for comparison.

    Order and case do not matter, and ``_`` equals ``-``.
    """
    return frozenset(fold(name).replace("_", "-") for name in names)


@dataclass(frozen=True)
class L2VpnSpec:
    """The L2 VPN of an edge gateway: all its tunnels, and on NSX-V its settings."""

    enabled: bool | None = spec_field("Whether the L2 VPN service is enabled.")
    listener_ip: str | None = spec_field(
        "Address of the edge gateway to which the other sites connect. Required for a new server.",
        canonical=address_meaning,
    )
    listener_port: int | None = spec_field(
        "TCP port to which the other sites connect. The server's default is 443.", bounds=(1, 65535)
    )
    encryption_algorithms: tuple[str, ...] | None = spec_field(
        "Ciphers of the tunnels, for example `AES128-GCM-SHA256`. Required for a new server.",
        canonical=algorithms_meaning,
    )
    server_certificate: str | None = spec_field(
        "ID of the certificate that the server presents, for example `certificate-4`. By default, the server presents "
        "a self-signed certificate.",
        pattern=ID_PATTERN,
    )
    logging: bool | None = spec_field("Whether the L2 VPN service writes a log.")
    log_level: str | None = spec_field("Lowest level of log messages.", canonical=fold, choices=LOG_LEVELS)
    tunnels: tuple[L2VpnTunnelSpec, ...] | None = spec_field(
        "L2 VPN tunnels. The order does not matter. Each entry must identify a different tunnel.", input_only=True
    )
    allow_empty: bool | None = spec_field(
        "Whether `tunnels` may be empty in a document that is applied with purge. This deletes all L2 VPN tunnels.",
        input_only=True,
    )

    def complaints(self) -> list[tuple[str, str]]:
        """Return errors that the field declarations do not detect.

        Shape: ``[(field, reason)]``.
        """
        complaints = [
            ("encryption_algorithms", f"{name!r} is not a cipher name, such as AES128-GCM-SHA256")
            for name in self.encryption_algorithms or ()
            if not _ALGORITHM.match(name)
        ]
        if self.encryption_algorithms == ():
            complaints.append(("encryption_algorithms", "is empty"))
        try:
            if self.listener_ip is not None:
                IPv4Address(self.listener_ip)
        except ValueError:
            complaints.append(("listener_ip", f"{self.listener_ip!r} is not an IPv4 address"))
        return complaints
