"""The codec of DNS forwarding of NSX-T edge gateways.

Source: protocol/nsxt.md §10.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vcloudair_core.services.ans.dns.spec import DnsSpec, DnsZoneSpec
from vcloudair_core.services.ans.edge.backend import NSXT
from vcloudair_core.services.ans.section.json_codec import JsonCodec
from vcloudair_core.services.ans.section.json_values import bool_of, mapping_of, text_of, texts_of

DEFAULT_ZONE, ZONES = "defaultForwarderZone", "conditionalForwarderZones"
_DEFAULT_NAME = "Default"
_SERVERS = "upstreamServers"
_KEYS = {
    "enabled": "enabled",
    "listener_ip": "listenerIp",
    "snat_enabled": "snatRuleEnabled",
    "snat_ip": "snatRuleExternalIpAddress",
}
_ZONE_KEYS = {"name": "displayName", "domains": "dnsDomainNames", "servers": _SERVERS}


class NsxtDnsCodec(JsonCodec[DnsSpec]):
    """A codec for DNS forwarding of an NSX-T edge gateway.

    The DNS servers of the spec are those of the default zone. Zones keep their IDs.
    """

    section = "dns"
    what = "the DNS configuration"
    records_path = ("dns", ZONES)

    def __init__(self) -> None:
        super().__init__(NSXT)

    def settings_of(self, tree: Mapping[str, Any]) -> DnsSpec:
        """Return the settings in a tree."""
        dns = mapping_of(tree.get("dns"))
        return DnsSpec(
            enabled=bool_of(dns.get("enabled"), False),
            servers=texts_of(mapping_of(dns.get(DEFAULT_ZONE)).get(_SERVERS)),
            listener_ip=text_of(dns.get("listenerIp")) or "",
            snat_enabled=bool_of(dns.get("snatRuleEnabled"), False),
            snat_ip=text_of(dns.get("snatRuleExternalIpAddress")) or "",
        )

    def set_settings(self, tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
        """Set ``settings`` in ``tree``, a copy that the caller has made."""
        dns = dict(mapping_of(tree.get("dns")))
        dns |= {key: settings[name] or None for name, key in _KEYS.items() if name in settings}
        dns |= {key: bool(dns.get(key)) for key in ("enabled", "snatRuleEnabled")}
        if "servers" in settings:
            zone = {"displayName": _DEFAULT_NAME, **mapping_of(dns.get(DEFAULT_ZONE))}
            dns[DEFAULT_ZONE] = {**zone, _SERVERS: list(settings["servers"])} if settings["servers"] else None
        tree["dns"] = dns

    def rule_of(self, record: Mapping[str, Any]) -> DnsZoneSpec:
        """Decode the conditional zone in a record."""
        return DnsZoneSpec(
            text_of(record.get("displayName")), texts_of(record.get("dnsDomainNames")), texts_of(record.get(_SERVERS))
        )

    def new_record(self, spec: DnsZoneSpec) -> dict[str, Any]:
        """Return the record of a new zone. The server adds the ID."""
        return {key: _wire(getattr(spec, name)) for name, key in _ZONE_KEYS.items()}

    def changed_record(self, record: Mapping[str, Any], spec: DnsZoneSpec, changed: tuple[str, ...]) -> dict[str, Any]:
        """Return a copy of a record with the fields ``changed`` set from ``spec``."""
        return {**record, **{_ZONE_KEYS[name]: _wire(getattr(spec, name)) for name in changed}}


def _wire(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
