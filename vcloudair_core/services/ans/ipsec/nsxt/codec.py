"""The codec for IPsec tunnels of NSX-T edge gateways.

Source: protocol/nsxt.md §7, protocol/vcd-modern.md §5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vcloudair_core.services.ans.edge.backend import NSXT
from vcloudair_core.services.ans.ipsec.model import IpsecDocument
from vcloudair_core.services.ans.ipsec.nsxt.certificates import reference_to, shown_reference
from vcloudair_core.services.ans.ipsec.nsxt.connection_properties import changed_properties, profile_of
from vcloudair_core.services.ans.ipsec.nsxt.fields import CUSTOM, DEFAULT, INITIATOR, RESPOND_ONLY
from vcloudair_core.services.ans.ipsec.nsxt.profiles import PROFILE_FIELDS, is_custom
from vcloudair_core.services.ans.ipsec.spec import CERTIFICATE, PSK, IpsecSpec, IpsecTunnelSpec
from vcloudair_core.services.ans.section.json_codec import JsonCodec
from vcloudair_core.services.ans.section.json_values import bool_of, mapping_of, text_of, texts_of

PROPERTIES = "_connectionProperties"
"""Key that adds the connection properties to a tunnel with a custom profile.

The key is never sent to the server.
"""

KEY = "preSharedKey"
_EVERYTHING = ("0.0.0.0/0",)
"""The meaning of an empty list of networks."""

_AUTHENTICATION = {"PSK": PSK, "CERTIFICATE": CERTIFICATE}
_WIRE_AUTHENTICATION = {name: wire for wire, name in _AUTHENTICATION.items()}
_LOCAL = {"local_id": "localId", "local_ip": "localAddress", "local_subnets": "localNetworks"}
_REMOTE = {"peer_id": "remoteId", "peer_ip": "remoteAddress", "peer_subnets": "remoteNetworks"}
_ENDPOINTS = {"localEndpoint": _LOCAL, "remoteEndpoint": _REMOTE}
_CERTIFICATES = {"certificate": "certificateRef", "ca_certificate": "caCertificateRef"}


class NsxtIpsecCodec(JsonCodec[IpsecSpec]):
    """A codec for the tunnels of an NSX-T edge gateway.

    In a record, the pre-shared key is a ``Secret``. A custom profile is under the key :data:`PROPERTIES`.
    """

    section = "ipsec"
    what = "the IPsec tunnels"
    records_path = ("ipsec", "tunnels")
    has_secrets = True
    document_type = IpsecDocument

    def __init__(self) -> None:
        super().__init__(NSXT)

    def settings_of(self, tree: Mapping[str, Any]) -> IpsecSpec:
        """Return settings without values, because the service cannot be disabled."""
        return IpsecSpec(enabled=bool(self.records(tree)), ca_certificates=(), crl_certificates=())

    def set_settings(self, tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
        """Do nothing, because no setting can be changed."""

    def rule_of(self, record: Mapping[str, Any]) -> IpsecTunnelSpec:
        """Decode the tunnel in a record, without the pre-shared key."""
        local, remote = (mapping_of(record.get(endpoint)) for endpoint in _ENDPOINTS)
        mode = (text_of(record.get("connectorInitiationMode")) or INITIATOR).lower()
        properties = record.get(PROPERTIES)
        return IpsecTunnelSpec(
            name=text_of(record.get("name")) or "",
            enabled=bool_of(record.get("enabled"), bool_of(record.get("active"), True)),
            description=text_of(record.get("description")) or "",
            local_id=text_of(local.get("localId")) or text_of(local.get("localAddress")),
            local_ip=text_of(local.get("localAddress")),
            local_subnets=texts_of(local.get("localNetworks")) or _EVERYTHING,
            peer_id=text_of(remote.get("remoteId")) or text_of(remote.get("remoteAddress")),
            peer_ip=text_of(remote.get("remoteAddress")),
            peer_subnets=texts_of(remote.get("remoteNetworks")) or _EVERYTHING,
            authentication=_AUTHENTICATION.get(str(record.get("authenticationMode")), PSK),
            certificate=shown_reference(record.get("certificateRef")),
            ca_certificate=shown_reference(record.get("caCertificateRef")),
            responder_only=mode == RESPOND_ONLY,
            initiation_mode=mode,
            logging=bool_of(record.get("logging"), False),
            security_profile=DEFAULT if properties is None else CUSTOM,
            site_id=text_of(record.get("id")),
            **({} if properties is None else profile_of(mapping_of(properties))),
        )

    def new_record(self, spec: IpsecTunnelSpec) -> dict[str, Any]:
        """Return the record of a new tunnel, without its ID."""
        raw: dict[str, Any] = {"authenticationMode": "PSK", "securityType": DEFAULT.upper()}
        names = [name for name in spec.__dataclass_fields__ if getattr(spec, name) is not None]
        if not is_custom(spec):
            names = [name for name in names if name not in (*PROFILE_FIELDS, "security_profile")]
        return self._changed(raw, spec, names)

    def changed_record(
        self, record: Mapping[str, Any], spec: IpsecTunnelSpec, changed: tuple[str, ...]
    ) -> dict[str, Any]:
        """Return a copy of a record with the values of ``spec`` for fields in ``changed``."""
        return self._changed(dict(record), spec, changed)

    def _changed(self, raw: dict[str, Any], spec: IpsecTunnelSpec, changed: Sequence[str]) -> dict[str, Any]:
        for key, value in self._simple_values(raw, spec):
            if key in changed:
                raw |= value
        for endpoint, names in _ENDPOINTS.items():
            values = {wire: _wire_value(getattr(spec, name)) for name, wire in names.items() if name in changed}
            if values:
                raw[endpoint] = {**mapping_of(raw.get(endpoint)), **values}
        for name, wire in _CERTIFICATES.items():
            if name in changed:
                raw[wire] = reference_to(getattr(spec, name))
        if "authentication" in changed:
            unused = (KEY,) if spec.authentication == CERTIFICATE else _CERTIFICATES.values()
            raw |= dict.fromkeys(unused)
        self._set_profile(raw, spec, changed)
        return raw

    def _simple_values(self, raw: Mapping[str, Any], spec: IpsecTunnelSpec) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the fields whose JSON values do not depend on references.

        Shape of an item: ``(field, {JSON key: value})``.
        """
        yield "name", {"name": spec.name}
        yield "enabled", {"active" if "active" in raw else "enabled": spec.enabled}
        yield "description", {"description": spec.description}
        yield "authentication", {"authenticationMode": _WIRE_AUTHENTICATION[spec.authentication or PSK]}
        yield "psk", {KEY: spec.psk}
        yield "logging", {"logging": spec.logging}
        yield (
            "responder_only",
            {"connectorInitiationMode": (RESPOND_ONLY if spec.responder_only else INITIATOR).upper()},
        )
        yield "initiation_mode", {"connectorInitiationMode": (spec.initiation_mode or INITIATOR).upper()}

    def _set_profile(self, raw: dict[str, Any], spec: IpsecTunnelSpec, changed: Sequence[str]) -> None:
        fields = [name for name in PROFILE_FIELDS if name in changed]
        if "security_profile" in changed and spec.security_profile == DEFAULT:
            raw["securityType"] = DEFAULT.upper()
            raw.pop(PROPERTIES, None)
        elif fields or "security_profile" in changed:
            raw["securityType"] = CUSTOM.upper()
            raw[PROPERTIES] = changed_properties(raw.get(PROPERTIES), spec, fields)


def _wire_value(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
