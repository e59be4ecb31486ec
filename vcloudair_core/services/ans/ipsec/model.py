"""Functions and constants that the JSON and XML codecs of IPsec share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from vcloudair_core.engine.canonical import fold
from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.validation import near
from vcloudair_core.errors import AmbiguousMatchError, NotFoundError
from vcloudair_core.services.ans.certificate.certificate_names import (
    CERTIFICATE_FIELDS,
    CertificateNames,
    with_ids,
    with_names,
)
from vcloudair_core.services.ans.ipsec.spec import ANY_PEER, IpsecSpec, IpsecTunnelSpec
from vcloudair_core.services.ans.section.document import SectionDocument, SectionEdit, SectionState
from vcloudair_core.services.ans.section.json_values import bool_of, int_of, text_of
from vcloudair_core.session.expected_changes import UNKNOWN_KEY
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
"""API name of each field, in the order of new tunnels.

Source: protocol/ans.md §4.1-4.2.
"""

SUBNETS = {"local_subnets": "localSubnets", "peer_subnets": "peerSubnets"}
CERTIFICATES = {
    "ca_certificates": ("caCertificates", "caCertificate"),
    "crl_certificates": ("crlCertificates", "crlCertificate"),
}
NOT_SENT = frozenset(("ConfigStatus",))
"""Fields that the server sends but does not accept. Source: protocol/ans.md §4.2."""


class KeyView(Protocol):
    """The fingerprints of the keys that this host has sent.

    See :mod:`vcloudair_core.services.ans.ipsec.fingerprints`.
    """

    def is_known(self, site_id: str | None, ends: str, key: Secret) -> bool:
        """Return True if ``key`` is the last key that this host sent for the tunnel."""
        ...

    def is_sent(self, site_id: str | None, ends: str, key: Secret) -> bool:
        """Return True if this process sent ``key`` for the tunnel."""
        ...


Ipsec = SectionState[IpsecSpec]
"""A decoded IPsec section. Its rules are tunnels, without keys."""


@dataclass(frozen=True)
class IpsecDocument(SectionDocument[IpsecSpec]):
    """An IPsec section with the fingerprints of its keys.

    ``known_keys`` has the fingerprints of the keys that this host has sent. ``keys_to_send`` maps the identities of
    tunnels to new keys, which the tree already contains (see :func:`keys_to_send`). ``certificate_names`` has the names
    of certificates and revocation lists, by type and ID.
    """

    known_keys: KeyView | None = field(default=None, kw_only=True, repr=False, compare=False)
    keys_to_send: Mapping[str, Secret] = field(default_factory=dict, kw_only=True, repr=False, compare=False)
    certificate_names: CertificateNames = field(default_factory=dict, kw_only=True, repr=False, compare=False)


def with_certificate_names(document: Document, state: Ipsec) -> Ipsec:
    """Return a decoded section with names of certificates in place of IDs."""
    assert isinstance(document, IpsecDocument)
    names = document.certificate_names
    if not names:
        return state
    rules = tuple(replace(rule, spec=with_names(rule.spec, names)) for rule in state.rules)
    return SectionState(with_names(state.settings, names), rules)


def with_certificate_ids(document: Document, edit: SectionEdit) -> SectionEdit:
    """Return an edit with IDs of certificates in place of names."""
    assert isinstance(document, IpsecDocument)
    names = document.certificate_names
    if not names:
        return edit
    values = {name: value for name, value in edit.settings.items() if name in CERTIFICATE_FIELDS}
    settings = with_ids(IpsecSpec(**values), names)
    steps = edit.steps
    if steps is not None:
        steps = tuple(replace(step, spec=None if step.spec is None else with_ids(step.spec, names)) for step in steps)
    changed = {name: getattr(settings, name) for name in values}
    return replace(edit, settings={**edit.settings, **changed}, steps=steps)


GLOBAL_KEY = "global"


def new_identity(ends: str) -> str:
    """Return the identity of a tunnel that does not have a server-assigned ID yet."""
    return f"new {ends}"


def keys_to_send(edit: SectionEdit) -> dict[str, Secret]:
    """Return the keys that an edit sends, by the identity of the tunnel.

    The identity is the ID of an existing tunnel, or the result of :func:`new_identity` for a new tunnel. The identity
    of the global key is :data:`GLOBAL_KEY`.
    """
    keys: dict[str, Secret] = {}
    if edit.settings.get("global_psk") is not None:
        keys[GLOBAL_KEY] = edit.settings["global_psk"]
    for step in edit.steps or ():
        if step.spec is not None and step.spec.psk is not None and (step.slot is None or "psk" in step.changed):
            keys[step.spec.site_id or new_identity(step.spec.ends)] = step.spec.psk
    return keys


class KeysAfterWrite:
    """The key fingerprints that will be known after the merged document is written.

    With these fingerprints, planning the same specs again finds no changes.
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


def tunnel_of(raw: Mapping[str, Any], local: tuple[str, ...], peer: tuple[str, ...]) -> IpsecTunnelSpec:
    """Decode the tunnel in a record, without the pre-shared key.

    Fields that this version does not know, for example from newer edges, are not decoded. They stay in the record.
    """
    texts = {name: text_of(raw.get(wire)) for name, wire in WIRE_NAMES.items() if name != "psk"}
    values: dict[str, Any] = {name: text for name, text in texts.items() if text not in (None, "")}
    for name in ("authentication", "encryption", "dh_group", "ike_version", "digest", "compliance_suite"):
        if name in values:
            values[name] = fold(values[name])
    for name in ("enabled", "pfs", "responder_only"):
        values[name] = bool_of(raw.get(WIRE_NAMES[name]))
    values["mtu"] = int_of(raw.get("mtu"))
    values["enabled"] = True if values["enabled"] is None else values["enabled"]
    values["pfs"] = True if values["pfs"] is None else values["pfs"]
    values.setdefault("peer_ip", ANY_PEER)  # a blank address accepts any peer
    values.setdefault("authentication", "psk")
    values.setdefault("description", "")
    values.setdefault("name", "")
    return IpsecTunnelSpec(
        **values,
        local_subnets=local,
        peer_subnets=peer,
        session_type=text_of(raw.get("ipsecSessionType")) or None,
        site_id=text_of(raw.get("siteId")) or None,
    )


def site_changes(spec: IpsecTunnelSpec, changed: tuple[str, ...]) -> dict[str, Any]:
    """Return the values to write for the changed fields of a tunnel, by API name.

    If a value is None, the write removes the field.
    """
    changes: dict[str, Any] = {}
    for name, wire in WIRE_NAMES.items():
        if name in changed:
            value = getattr(spec, name)
            changes[wire] = value.reveal() if isinstance(value, Secret) else value
    if "authentication" in changed and spec.authentication != "psk":
        changes["psk"] = None
    if "authentication" in changed and spec.authentication == "psk":
        changes["certificate"] = None
    if "extension" in changed and not spec.extension:
        changes["extension"] = None
    return changes


def new_site_values(spec: IpsecTunnelSpec) -> dict[str, Any]:
    """Return the values of a new tunnel by API name, without its ID and subnets."""
    set_fields = tuple(name for name in WIRE_NAMES if getattr(spec, name) is not None)
    return {wire: value for wire, value in site_changes(spec, set_fields).items() if value is not None}


def find_tunnel(ipsec: Ipsec, name: str, target: str) -> IpsecTunnelSpec:
    """Find a tunnel by name, ID or peer.

    ``target`` is the edge in error messages.

    Raises: NotFoundError, AmbiguousMatchError.
    """
    tunnels: list[IpsecTunnelSpec] = [rule.spec for rule in ipsec.rules]
    for field_name in ("name", "site_id", "peer_id", "peer_ip"):
        matches = [tunnel for tunnel in tunnels if getattr(tunnel, field_name) == name]
        if len(matches) > 1:
            raise AmbiguousMatchError(
                f"{len(matches)} IPsec tunnels of {target} have the {field_name} {name!r}.",
                candidates=[
                    {"site_id": tunnel.site_id, "name": tunnel.name, "peer_id": tunnel.peer_id} for tunnel in matches
                ],
                hint="Use the site_id or peer_id.",
            )
        if matches:
            return matches[0]
    nearest = near(name, [tunnel.name for tunnel in tunnels if tunnel.name])
    hint = f"{nearest[:1].upper()}{nearest[1:]}" if nearest else "Run `vca ipsec list` to see the tunnels."
    raise NotFoundError(f"IPsec tunnel not found: {name!r} on {target}.", hint=hint)
