"""Functions and constants that the JSON and XML codecs of the firewall share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from vcloudair_core.engine.canonical import ANY
from vcloudair_core.services.ans.firewall.spec import FirewallPolicySpec, ServiceSpec
from vcloudair_core.services.ans.section.document import SectionState
from vcloudair_core.services.ans.section.rule_values import (
    ADDRESS,
    INTERFACE,
    OBJECT,
    member,
    member_text,
    refuse_names,
    vnic_number,
)

READ_ONLY = frozenset(("statistics", "invalidSource", "invalidDestination", "invalidApplication"))
"""Fields of a rule that the server sends but does not accept.

Source: protocol/ans.md §2.4.
"""


Firewall = SectionState[FirewallPolicySpec]
"""A decoded firewall section."""


# -- members of a source or destination --------------------------------------------------------------------------


@lru_cache(maxsize=65536)
def members_of(addresses: tuple[str, ...], interfaces: tuple[str, ...], objects: tuple[str, ...]) -> tuple[str, ...]:
    """Return the three lists of the API as one list of members.

    If all three lists are empty, the result is ``any``.

    Source: protocol/ans.md §2.5.
    """
    members = [member_text(ADDRESS, text) for text in addresses if text.strip()]
    members += [member_text(INTERFACE, text) for text in interfaces if text.strip()]
    members += [member_text(OBJECT, text) for text in objects if text.strip()]
    return tuple(members) or (ANY,)


def split_members(members: Sequence[str], vnic_prefix: str) -> dict[str, list[str]]:
    """Split members into the three lists of the API, as ``{API key: list}``.

    For ``any``, all three lists are empty. ``vnic_prefix`` is the prefix of interfaces in the backend: ``vnic-index-``
    or ``vnic-``. Source: protocol/ans.md §2.5, §9.
    """
    lists: dict[str, list[str]] = {"ipAddress": [], "groupingObjectId": [], "vnicGroupId": []}
    refuse_names(members)
    for word in members:
        parsed = member(word)
        if parsed is None:
            continue
        if parsed.kind == ADDRESS and parsed.text == ANY:
            return {name: [] for name in lists}
        if parsed.kind == ADDRESS:
            lists["ipAddress"].append(parsed.text)
        elif parsed.kind == OBJECT:
            lists["groupingObjectId"].append(parsed.text)
        else:
            number = vnic_number(parsed.text)
            lists["vnicGroupId"].append(parsed.text if number is None else f"{vnic_prefix}{number}")
    return {name: list(dict.fromkeys(items)) for name, items in lists.items()}


# -- services ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16384)
def service_of(
    protocol: str, port: tuple[str, ...], source_port: tuple[str, ...], icmp_type: str | None
) -> ServiceSpec:
    """Return the spec of a service. Ports that match any port are left out.

    Source: protocol/ans.md §2.6.
    """
    if protocol.casefold() == "icmp":
        return ServiceSpec("icmp", None, None, icmp_type or None)
    return ServiceSpec(protocol.casefold(), _ports(port), _ports(source_port), None)


def _ports(ports: Sequence[str]) -> tuple[str, ...] | None:
    stripped = tuple(word.strip() for word in ports if word.strip())
    return None if not stripped or any(word.casefold() == ANY for word in stripped) else stripped


def services_of(services: Sequence[ServiceSpec], applications: Sequence[str]) -> tuple[ServiceSpec, ...]:
    """Return the services of a rule.

    A rule without services and applications matches any service. Source: protocol/ans.md §2.6.
    """
    return tuple(services) if services or applications else (ServiceSpec(),)


def wire_service(service: ServiceSpec) -> dict[str, Any]:
    """Return a service in the format of the API, with explicit defaults.

    Source: protocol/ans.md §2.6.
    """
    if service.protocol == "icmp":
        return {"protocol": "icmp", "icmpType": service.icmp_type or ANY}
    return {
        "protocol": service.protocol,
        "port": list(service.port or (ANY,)),
        "sourcePort": list(service.source_port or (ANY,)),
    }


def is_any_service(services: Sequence[ServiceSpec]) -> bool:
    """Return True if each of the services matches any protocol and port."""
    return all(
        service.protocol == ANY and not _ports(service.port or ()) and not _ports(service.source_port or ())
        for service in services
    )
