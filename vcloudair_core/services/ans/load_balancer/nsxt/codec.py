"""The codecs of the load balancer of NSX-T edge gateways.

The API calls virtual servers virtual services. Source: protocol/nsxt.md §9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Any, ClassVar

from vcloudair_core.services.ans.edge.backend import NSXT
from vcloudair_core.services.ans.ipsec.nsxt.certificates import reference_to, shown_reference
from vcloudair_core.services.ans.load_balancer.nsxt.pool_options import (
    GROUP,
    PORT,
    member_group_of,
    persistence_of,
    wire_options,
)
from vcloudair_core.services.ans.load_balancer.references import ID_KEYS, NEW, POOL, SERVER, Records
from vcloudair_core.services.ans.load_balancer.spec import (
    ALGORITHMS,
    LoadBalancerSpec,
    MemberSpec,
    PoolSpec,
    VirtualServerSpec,
)
from vcloudair_core.services.ans.section.json_codec import JsonCodec
from vcloudair_core.services.ans.section.json_values import bool_of, int_of, items_of, mapping_of, text_of

SECTION_KEY, CONFIG, POOLS, SERVICES = "load_balancer", "config", "pools", "virtualServices"
_LISTS = {POOL: POOLS, SERVER: SERVICES}
_ALGORITHMS = {"round-robin": "ROUND_ROBIN", "leastconn": "LEAST_CONNECTIONS", "ip-hash": "CONSISTENT_HASH"}
_MONITORS = {"icmp": "PING"}
_PROFILES = {"http": "HTTP", "https": "HTTPS", "tls": "L4_TLS", "tcp": "L4", "udp": "L4"}
"""Type of the application profile for each protocol."""
_TCP, _UDP = "TCP_PROXY", "UDP_FAST_PATH"
ENCRYPTED = ("HTTPS", "L4_TLS")
"""Types of application profiles that need a certificate."""
_TEXTS = {"name": "name", "description": "description"}


class NsxtRecords:
    """Access to the objects of a load balancer of an NSX-T edge gateway."""

    def objects(self, tree: Any, key: str) -> list[Any]:
        """Return the objects of a list."""
        items = items_of(mapping_of(tree.get(SECTION_KEY)).get(_LISTS.get(key, "")))
        return [item for item in items if isinstance(item, dict)]

    def texts(self, record: Any, key: str) -> list[str]:
        """Return the values of a field as strings.

        For the pool of a virtual service, the string is the ID, or a prefixed name if the pool is new.
        """
        if key == "defaultPoolId":
            reference = mapping_of(record.get("loadBalancerPoolRef"))
            name = text_of(reference.get("name"))
            text = text_of(reference.get("id")) or (f"{NEW}{name}" if name else "")
        else:
            text = text_of(record.get("id" if key in ID_KEYS.values() else key)) or ""
        return [text] if text else []

    def set_text(self, record: Any, key: str, text: str) -> None:
        """Set a field of an object in place."""
        record[key] = text

    def set_texts(self, record: Any, key: str, texts: list[str]) -> None:
        """Set the first value of a field of an object in place. No field has several."""
        record[key] = texts[0]

    def has_certificates(self, tree: Any) -> bool:
        """Return True if a virtual service refers to a certificate."""
        return any(service.get("certificateRef") for service in self.objects(tree, SERVER))


class NsxtListCodec(JsonCodec[LoadBalancerSpec]):
    """A codec for a list that NSX-T edge gateways do not have, such as monitors."""

    section = SECTION_KEY
    what = "the load balancer"
    records_path = (SECTION_KEY, "none")
    access: ClassVar[Records] = NsxtRecords()

    def __init__(self) -> None:
        super().__init__(NSXT)

    def settings_of(self, tree: Mapping[str, Any]) -> LoadBalancerSpec:
        """Return the settings."""
        config = mapping_of(mapping_of(tree.get(SECTION_KEY)).get(CONFIG))
        return LoadBalancerSpec(bool_of(config.get("enabled")))

    def set_settings(self, tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
        """Do nothing, because only the provider can change the settings."""

    def rule_of(self, record: Mapping[str, Any]) -> Any:
        """Return the object in a record."""
        raise NotImplementedError

    def new_record(self, spec: Any) -> dict[str, Any]:
        """Return the record of a new object, without its ID."""
        return self.changed_record({}, spec, tuple(spec.__dataclass_fields__))

    def changed_record(self, record: Mapping[str, Any], spec: Any, changed: tuple[str, ...]) -> dict[str, Any]:
        """Return a copy of a record with the fields ``changed`` set from ``spec``."""
        return {**record, **{key: getattr(spec, name) or "" for name, key in _TEXTS.items() if name in changed}}


class NsxtPoolCodec(NsxtListCodec):
    """A codec for pools."""

    records_path = (SECTION_KEY, POOLS)

    def rule_of(self, record: Mapping[str, Any]) -> PoolSpec:
        """Decode the pool in a record.

        Only the first health monitor is decoded. An unknown algorithm is decoded as None.
        """
        sent = str(record.get("algorithm") or "")
        spellings = {wire: name for name, wire in _ALGORITHMS.items()}
        algorithm = spellings.get(sent) or sent.casefold().replace("_", "-")
        monitors = [mapping_of(item).get("type") for item in items_of(record.get("healthMonitors"))]
        types = {wire: name for name, wire in _MONITORS.items()}
        persistence, persistence_value = persistence_of(record)
        group, port = member_group_of(record), record.get(PORT)
        return PoolSpec(
            text_of(record.get("name")),
            text_of(record.get("description")),
            algorithm if algorithm in ALGORITHMS else None,
            monitor=next((types.get(str(item)) or str(item).casefold() for item in monitors if item), None),
            members=()
            if group
            else tuple(_member_of(mapping_of(item), port) for item in items_of(record.get("members"))),
            member_group=group,
            default_port=int_of(port),
            persistence=persistence,
            persistence_value=persistence_value,
        )

    def changed_record(self, record: Mapping[str, Any], spec: Any, changed: tuple[str, ...]) -> dict[str, Any]:
        """Return a copy of a record with the fields ``changed`` set from ``spec``."""
        values: dict[str, Any] = {}
        if "algorithm" in changed and spec.algorithm:
            values["algorithm"] = _ALGORITHMS.get(spec.algorithm, spec.algorithm.upper().replace("-", "_"))
        if "monitor" in changed:
            types = [_MONITORS.get(spec.monitor, spec.monitor.upper())] if spec.monitor else []
            values["healthMonitors"] = [{"type": monitor} for monitor in types]
        if "members" in changed:
            values["members"] = _members(record, spec.members or ())
        elif "default_port" in changed:
            values["members"] = _with_ports(record)
        result = {**super().changed_record(record, spec, changed), **values, **wire_options(record, spec, changed)}
        if result.get(GROUP):
            result.pop("members", None)
        elif not record.get(GROUP):
            result.pop(GROUP, None)
        return result


class NsxtServiceCodec(NsxtListCodec):
    """A codec for virtual services.

    References to new objects have a name but no ID. The store adds the ID before a write.
    """

    records_path = (SECTION_KEY, SERVICES)

    def rule_of(self, record: Mapping[str, Any]) -> VirtualServerSpec:
        """Decode the virtual server in a record. Only the first port is shown."""
        port = mapping_of(next(iter(items_of(record.get("servicePorts"))), None))
        profile = str(mapping_of(record.get("applicationProfile")).get("type") or "")
        is_udp = mapping_of(port.get("tcpUdpProfile")).get("type") == _UDP
        protocols = {"HTTP": "http", "HTTPS": "https", "L4_TLS": "tls", "L4": "udp" if is_udp else "tcp"}
        return VirtualServerSpec(
            text_of(record.get("name")),
            text_of(record.get("description")),
            bool_of(record.get("enabled")),
            text_of(record.get("virtualIpAddress") or record.get("ipv6VirtualIpAddress")),
            protocols.get(profile),
            int_of(port.get("portStart")),
            pool=text_of(mapping_of(record.get("loadBalancerPoolRef")).get("name")),
            certificate=shown_reference(record.get("certificateRef")),
            service_engine_group=text_of(mapping_of(record.get("serviceEngineGroupRef")).get("name")),
        )

    def changed_record(self, record: Mapping[str, Any], spec: Any, changed: tuple[str, ...]) -> dict[str, Any]:
        """Return a copy of a record with the fields ``changed`` set from ``spec``."""
        values: dict[str, Any] = {}
        if "enabled" in changed:
            values["enabled"] = spec.enabled is not False
        if "ip_address" in changed:
            is_ipv4 = ip_address(spec.ip_address).version == 4
            values["virtualIpAddress"] = spec.ip_address if is_ipv4 else None
            if not is_ipv4 or "ipv6VirtualIpAddress" in record:
                values["ipv6VirtualIpAddress"] = None if is_ipv4 else spec.ip_address
        if "protocol" in changed:
            values["applicationProfile"] = {"type": _PROFILES[spec.protocol]}
        if "port" in changed or "protocol" in changed:
            values["servicePorts"] = _ports(record, spec, changed)
        if "pool" in changed:
            values["loadBalancerPoolRef"] = {"name": spec.pool} if spec.pool else None
        if "certificate" in changed:
            values["certificateRef"] = reference_to(spec.certificate)
        if "service_engine_group" in changed and spec.service_engine_group:
            values["serviceEngineGroupRef"] = {"name": spec.service_engine_group}
        return {**super().changed_record(record, spec, changed), **values}


def _member_of(member: Mapping[str, Any], default_port: Any) -> MemberSpec:
    port = int_of(member.get("port"))
    return MemberSpec(
        ip_address=text_of(member.get("ipAddress")),
        port=int_of(default_port) if port is None else port,
        weight=int_of(member.get("ratio")),
        condition="disabled" if bool_of(member.get("enabled"), True) is False else "enabled",
    )


def _members(record: Mapping[str, Any], specs: Sequence[MemberSpec]) -> list[dict[str, Any]]:
    """Return the members of a pool.

    Members with the same address and port keep their other keys.
    """
    current = {
        (str(item.get("ipAddress")), _member_of(item, record.get("defaultPort")).port): item
        for item in items_of(record.get("members"))
        if isinstance(item, dict)
    }
    return [
        {
            **current.get((str(spec.ip_address), spec.port), {}),
            "ipAddress": spec.ip_address,
            "port": spec.port,
            "ratio": 1 if spec.weight is None else spec.weight,
            "enabled": spec.condition != "disabled",
        }
        for spec in specs
    ]


def _with_ports(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the members of a pool with explicit ports.

    With them, a new default port does not change the members.
    """
    members = [item for item in items_of(record.get("members")) if isinstance(item, dict)]
    return [{**item, "port": _member_of(item, record.get(PORT)).port} for item in members]


def _ports(record: Mapping[str, Any], spec: VirtualServerSpec, changed: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the ports of a virtual service. Only the first port changes."""
    first, *others = [dict(mapping_of(item)) for item in items_of(record.get("servicePorts"))] or [{}]
    if "port" in changed:
        first |= {"portStart": spec.port}
        first.pop("portEnd", None)
    if "protocol" in changed:
        first |= {
            "sslEnabled": spec.protocol in ("https", "tls"),
            "tcpUdpProfile": {"type": _UDP if spec.protocol == "udp" else _TCP},
        }
    return [first, *others]
