"""What an IPsec document says, and what is to be changed in it: the common ground of all wire forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from vcloudair_core.engine.canonical import fold
from vcloudair_core.engine.fields import plain
from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.rulelist import RuleStep
from vcloudair_core.services.ans.ipsec.spec import ANY_PEER, SETTINGS, IpsecSpec, IpsecTunnelSpec
from vcloudair_core.services.ans.section.json_values import bool_of, int_of, text_of
from vcloudair_core.util.redaction import Secret

WIRE_NAMES = {
    "enabled": "enabled",
    "name": "name",
    "description": "description",
    "local_id": "localId",
    "local_ip": "localIp",
    "peer_id": "peerId",
    "peer_ip": "peerIp",
    "authentication": "authenticationMode",
    "psk": "psk",
    "certificate": "certificate",
    "encryption": "encryptionAlgorithm",
    "pfs": "enablePfs",
    "dh_group": "dhGroup",
    "mtu": "mtu",
    "extension": "extension",
    "ike_version": "ikeOption",
    "digest": "digestAlgorithm",
    "responder_only": "responderOnly",
    "compliance_suite": "complianceSuite",
}
"""Our word to the wire's, in the order in which new tunnels are written. Source: protocol/ans.md §4.1-4.2."""

SUBNETS = {"local_subnets": "localSubnets", "peer_subnets": "peerSubnets"}
CERTIFICATES = {
    "ca_certificates": ("caCertificates", "caCertificate"),
    "crl_certificates": ("crlCertificates", "crlCertificate"),
}
NOT_SENT = ("ConfigStatus",)
"""Source: protocol/ans.md §4.2."""


class KeyView(Protocol):
    """What this machine knows of keys that it has sent: see :mod:`vcloudair_core.services.ans.ipsec.fingerprints`."""

    def is_known(self, site_id: str | None, ends: str, key: Secret) -> bool:
        """True when this very key was the last that was sent for the tunnel."""
        ...

    def is_sent(self, site_id: str | None, ends: str, key: Secret) -> bool:
        """True when it was sent in this run."""
        ...


@dataclass(frozen=True)
class Ipsec:
    """A decoded IPsec section: its settings, and all tunnels in their order. Keys are never in it."""

    settings: IpsecSpec
    tunnels: tuple[LiveRule, ...]


@dataclass(frozen=True)
class IpsecEdit:
    """What to change in a document. ``settings``: the names that changed. ``steps``: the whole list, None to leave it.

    ``keys`` are the keys that go out, by what the tunnel is known by: its id, else its ends.
    """

    spec: IpsecSpec = field(default_factory=IpsecSpec)
    settings: tuple[str, ...] = ()
    steps: tuple[RuleStep, ...] | None = None

    @property
    def keys(self) -> dict[str, Secret]:
        """The keys that this edit sends. The global one is under :data:`GLOBAL_KEY`."""
        found: dict[str, Secret] = {}
        if "global_psk" in self.settings and self.spec.global_psk is not None:
            found[GLOBAL_KEY] = self.spec.global_psk
        for step in self.steps or ():
            if step.spec is not None and step.spec.psk is not None and (step.slot is None or "psk" in step.changed):
                found[step.spec.site_id or new_identity(step.spec.ends)] = step.spec.psk
        return found


GLOBAL_KEY = "global"


def new_identity(ends: str) -> str:
    """What a tunnel is known by until the server has given it an id."""
    return f"new {ends}"


class IpsecCodec(Protocol):
    """One wire form of the IPsec section: bytes to document, document to meaning, and back."""

    backend: str
    media_type: str

    def parse(self, body: bytes) -> Document:
        """Raises DecodeError."""
        ...

    def encode(self, document: Document) -> bytes:
        """What goes on the wire."""
        ...

    def decode(self, document: Document) -> Ipsec:
        """What a document says."""
        ...

    def merge(self, document: Document, edit: IpsecEdit) -> Document:
        """A new document; everything that ``edit`` does not name is as it was."""
        ...


def tunnel_of(raw: Mapping[str, Any], local: tuple[str, ...], peer: tuple[str, ...]) -> IpsecTunnelSpec:
    """A site of the wire as it is shown, without its key. What a newer edge says beyond is kept, not shown."""
    words = {name: text_of(raw.get(wire)) for name, wire in WIRE_NAMES.items() if name != "psk"}
    said: dict[str, Any] = {name: word for name, word in words.items() if word not in (None, "")}
    for name in ("authentication", "encryption", "dh_group", "ike_version", "digest", "compliance_suite"):
        if name in said:
            said[name] = fold(said[name])
    for name in ("enabled", "pfs", "responder_only"):
        said[name] = bool_of(raw.get(WIRE_NAMES[name]))
    said["mtu"] = int_of(raw.get("mtu"))
    said["enabled"] = True if said["enabled"] is None else said["enabled"]
    said["pfs"] = True if said["pfs"] is None else said["pfs"]
    said.setdefault("peer_ip", ANY_PEER)  # blank waits for whoever calls
    said.setdefault("authentication", "psk")
    said.setdefault("description", "")
    said.setdefault("name", "")
    return IpsecTunnelSpec(
        **said,
        local_subnets=local,
        peer_subnets=peer,
        session_type=text_of(raw.get("ipsecSessionType")) or None,
        site_id=text_of(raw.get("siteId")) or None,
    )


def site_changes(spec: IpsecTunnelSpec, changed: tuple[str, ...]) -> dict[str, Any]:
    """What is to be written for the changed fields, by their names on the wire; None for what is to be taken out."""
    found: dict[str, Any] = {}
    for name, wire in WIRE_NAMES.items():
        if name in changed:
            value = getattr(spec, name)
            found[wire] = value.reveal() if isinstance(value, Secret) else value
    if "authentication" in changed and spec.authentication != "psk":
        found["psk"] = None
    if "authentication" in changed and spec.authentication == "psk":
        found["certificate"] = None
    if "extension" in changed and not spec.extension:
        found["extension"] = None
    return found


def new_site_words(spec: IpsecTunnelSpec) -> dict[str, Any]:
    """A tunnel that the server does not know yet, by the names of the wire, without id and subnets."""
    given = tuple(name for name in WIRE_NAMES if getattr(spec, name) is not None)
    return {wire: value for wire, value in site_changes(spec, given).items() if value is not None}


def tunnel_words(tunnel: IpsecTunnelSpec) -> dict[str, Any]:
    """One tunnel as people write it; acceptable as input again."""
    shown: dict[str, Any] = plain(tunnel)
    return shown


def settings_words(settings: IpsecSpec) -> dict[str, Any]:
    """The settings as people write them, without the key."""
    shown: dict[str, Any] = {name: plain(getattr(settings, name)) for name in SETTINGS if name != "global_psk"}
    return {name: value for name, value in shown.items() if value is not None}
