"""Convert DHCP pools and static bindings to and from API values (JSON and XML).

Source: protocol/ans.md §5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from vcloudair_core.engine.fields import fields_of
from vcloudair_core.engine.validation import Problems
from vcloudair_core.services.ans.dhcp.spec import DEFAULT_LEASE_S, DhcpBindingSpec, DhcpPoolSpec

ClientT = TypeVar("ClientT", DhcpPoolSpec, DhcpBindingSpec)

KEYS = {
    "ip_range": "ipRange",
    "mac_address": "macAddress",
    "host_name": "hostname",
    "ip_address": "ipAddress",
    "default_gateway": "defaultGateway",
    "subnet_mask": "subnetMask",
    "domain_name": "domainName",
    "lease_time": "leaseTime",
}
"""API key of each text field."""
DNS_KEYS = ("primaryNameServer", "secondaryNameServer")
AUTO_DNS = "autoConfigureDNS"
_REQUIRED = ("host_name", "ip_address")


def spec_of(spec_type: type[ClientT], record: Mapping[str, Any]) -> ClientT:
    """Return the spec of a record. Shape of ``record``: ``{API key: str or bool}``.

    If DNS is configured automatically, the DNS servers in the record are ignored, because the server sets them.
    """
    keys = {name: KEYS[name] for name in fields_of(spec_type) if name in KEYS}
    values: dict[str, Any] = {name: str(text) for name, key in keys.items() if (text := record.get(key))}
    is_auto = record.get(AUTO_DNS)
    values["auto_configure_dns"] = True if is_auto is None else is_auto
    servers = tuple(str(record[key]) for key in DNS_KEYS if record.get(key))
    values["dns_servers"] = () if values["auto_configure_dns"] else servers
    return spec_type(**values)


def new_values(spec: Any) -> dict[str, Any]:
    """Return the API values of a new pool or static binding."""
    return wire_values(spec, tuple(fields_of(type(spec))))


def wire_values(spec: Any, changed: tuple[str, ...]) -> dict[str, Any]:
    """Return the API values of changed fields. The value None removes a key."""
    values: dict[str, Any] = {key: getattr(spec, name) or None for name, key in KEYS.items() if name in changed}
    if "auto_configure_dns" in changed or "dns_servers" in changed:
        # Values of an automatic configuration must not become fixed values, or vice versa.
        servers = dict(zip(DNS_KEYS, spec.dns_servers or (), strict=False))
        values |= {AUTO_DNS: spec.auto_configure_dns is not False, **{key: servers.get(key) for key in DNS_KEYS}}
    return values


def completed(spec: ClientT) -> ClientT:
    """Return the spec of a new pool or static binding, with defaults.

    Raises: SpecError for missing required fields.
    """
    problems = Problems()
    if isinstance(spec, DhcpBindingSpec):
        for name in _REQUIRED:
            if getattr(spec, name) is None:
                problems.add(name, f"is required, because the static binding {spec.mac_address} does not exist yet")
    problems.raise_if_any()
    return completed_client(spec)


def effective(spec: ClientT, current: ClientT) -> ClientT:
    """Return a spec with values for both ``auto_configure_dns`` and ``dns_servers``.

    A write always sets the two fields together.
    """
    return _with_dns(spec, current)


def exact(spec: ClientT, current: ClientT) -> ClientT:
    """Return a spec for ``state: exact``, with defaults for omitted fields.

    The gateway and the subnet mask are kept if they are omitted, because the server sets their defaults.
    """
    return replace(completed_client(spec), domain_name=spec.domain_name or "")


def completed_client(spec: ClientT) -> ClientT:
    """Return a spec with defaults for the DNS fields and the lease time."""
    return replace(
        _with_dns(spec, None), dns_servers=spec.dns_servers or (), lease_time=spec.lease_time or DEFAULT_LEASE_S
    )


def _with_dns(spec: ClientT, current: ClientT | None) -> ClientT:
    is_auto, servers = spec.auto_configure_dns, spec.dns_servers
    if is_auto is None:
        is_auto = not servers and (current is None or current.auto_configure_dns is not False)
    if servers is None:
        servers = () if is_auto or current is None else current.dns_servers
    return replace(spec, auto_configure_dns=is_auto, dns_servers=servers)
