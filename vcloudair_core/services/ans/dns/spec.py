"""Specs of DNS forwarding. Source: protocol/ans.md §5, protocol/nsxt.md §10."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import ClassVar

from vcloudair_core.engine.canonical import address_range, fold
from vcloudair_core.engine.fields import FieldInfo, spec_field
from vcloudair_core.engine.rulelist import NamedSpec
from vcloudair_core.engine.validation import Reader
from vcloudair_core.services.ans.section.rule_fields import clear_key

LOG_LEVELS = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")
"""Log levels of services of an NSX-V edge gateway. Source: protocol/ans.md §4.1."""

DEFAULT_CACHE_MB = 16
"""Size of the cache if the server sends none (inferred)."""

_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\Z")


def _address(text: str) -> Hashable:
    return address_range(text) or fold(text)


def _addresses(texts: Iterable[str]) -> Hashable:
    return tuple(map(_address, texts))


def _domains(texts: Iterable[str]) -> Hashable:
    return frozenset(_domain(text) for text in texts)


def _domain(text: str) -> str:
    return fold(text).removesuffix(".")


def _address_complaints(field: str, texts: Iterable[str | None]) -> list[tuple[str, str]]:
    return [(field, f"{text!r} is not an IP address") for text in texts if text and not _is_address(text)]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class DnsZoneSpec(NamedSpec):
    """A conditional zone: DNS servers for some domains.

    A field that is None keeps its value.
    """

    name: str | None = spec_field("Name of the zone. It identifies the zone.", identity=True, required=True)
    domains: tuple[str, ...] | None = spec_field(
        "Domain names that the servers of the zone resolve, such as `corp.example`. Required for new zones.",
        canonical=_domains,
        absent=(),
    )
    servers: tuple[str, ...] | None = spec_field(
        "IP addresses of the DNS servers for these domains, in order. Required for new zones.",
        canonical=_addresses,
        absent=(),
    )

    enabled = None

    def complaints(self) -> list[tuple[str, str]]:
        """Return errors that the field declarations do not detect.

        Shape: ``[(field, reason)]``.
        """
        empty = [(name, "is empty; name at least one") for name in ("domains", "servers") if getattr(self, name) == ()]
        invalid = [text for text in self.domains or () if not _DOMAIN.match(_domain(text))]
        return [
            *empty,
            *(("domains", f"{text!r} is not a domain name") for text in invalid),
            *_address_complaints("servers", self.servers or ()),
        ]


@dataclass(frozen=True)
class DnsSpec:
    """The DNS forwarding of an edge gateway. A field that is None keeps its value."""

    enabled: bool | None = spec_field("Whether the edge gateway forwards DNS queries.", absent=False)
    servers: tuple[str, ...] | None = spec_field(
        "IP addresses of the DNS servers that answer the queries, in order.", canonical=_addresses, absent=()
    )
    listener_ip: str | None = spec_field(
        "IP address at which an NSX-T edge gateway receives queries. It is required to enable DNS forwarding there.",
        canonical=_address,
        absent="",
        read=Reader.clearable,
    )
    snat_enabled: bool | None = spec_field(
        "Whether an NSX-T edge gateway sends queries from an external address, which adds an SNAT rule of the system.",
        absent=False,
    )
    snat_ip: str | None = spec_field(
        "External address for `snat_enabled`. By default, the server selects an address.",
        canonical=_address,
        absent="",
        read=Reader.clearable,
    )
    cache_size: int | None = spec_field(
        "Size of the cache of an NSX-V edge gateway in MB. The default is `16`.",
        absent=DEFAULT_CACHE_MB,
        bounds=(1, 8192),
        unit="MB",
    )
    logging: bool | None = spec_field("Whether an NSX-V edge gateway logs DNS queries.", absent=False)
    log_level: str | None = spec_field(
        "Log level of an NSX-V edge gateway. The default is `info`.", canonical=fold, absent="info", choices=LOG_LEVELS
    )
    zones: tuple[DnsZoneSpec, ...] | None = spec_field(
        "Conditional zones of an NSX-T edge gateway, which use other DNS servers for some domains. The order does not "
        "matter.",
        input_only=True,
    )
    allow_empty: bool | None = spec_field(
        "Whether `zones` may be empty in a document that is applied with purge. This deletes all conditional zones.",
        input_only=True,
    )

    other_keys: ClassVar[Mapping[str, FieldInfo]] = {"clear": clear_key("listener_ip", "snat_ip")}

    def complaints(self) -> list[tuple[str, str]]:
        """Return errors that the field declarations do not detect.

        Shape: ``[(field, reason)]``.
        """
        return [
            *_address_complaints("servers", self.servers or ()),
            *_address_complaints("listener_ip", [self.listener_ip]),
            *_address_complaints("snat_ip", [self.snat_ip]),
        ]
