"""Values of edge rules: addresses, interfaces, grouping objects, ports, protocols."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from vcloudair_core.engine.canonical import ANY, address_range, address_set, fold, port_range, without_blanks
from vcloudair_core.engine.plan import Plan
from vcloudair_core.engine.validation import Reader, one_of
from vcloudair_core.errors import SpecError

INTERFACES = ("internal", "external", "vse")
PROTOCOLS = ("any", "tcp", "udp", "icmp")
TWO_PROTOCOLS = frozenset(("tcpudp", "udptcp", "tcpandudp", "udpandtcp"))
"""Spellings of ``tcp+udp``, which the API does not have as a protocol.

Source: protocol/ans.md §3.2.
"""

_OTHER_PROTOCOLS = frozenset(
    ("esp", "ah", "gre", "sctp", "igmp", "ospf", "pim", "vrrp", "ipip", "l2tp", "icmpv6", "icmp6", "ipv6icmp")
)
"""Protocols that applications support, and services of a rule do not.

Source: protocol/ans.md §2.6.
"""

LAST_VNIC = 9
"""The highest interface number in a firewall rule. Source: protocol/ans.md §2.5."""

ICMP_TYPES = (
    "any", "echo-reply", "destination-unreachable", "source-quench", "redirect", "echo-request", "time-exceeded",
    "parameter-problem", "timestamp-request", "timestamp-reply", "address-mask-request", "address-mask-reply",
    "router-solicitation", "router-advertisement", "source-host-isolated", "pointer-to-error", "redirect-host",
    "fragmentation-needed", "bad-length", "destination-network-prohibited", "ttl-zero-transit",
    "network-unreachable-tos", "network-unreachable", "host-unreachable", "communication-prohibited",
    "destination-host-unknown", "ttl-zero-reassembly", "port-unreachable",
)  # fmt: skip
"""Names of ICMP types. Source: protocol/ans.md §2.6."""

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_GROUPING = re.compile(
    r"(?:ipset|securitygroup|dvportgroup|resgroup|virtualwire)-c?\d+\Z"
    rf"|{_UUID}:(?:ipset|securitygroup|vm|dvportgroup|resgroup|virtualwire|network|datacenter|domain)-c?\d+\Z"
    rf"|urn:vcloud:[a-z]+:{_UUID}\Z|urn:vcloud:firewallGroup:internal\Z",
    re.IGNORECASE,
)
"""Pattern of IDs that are recognized as grouping objects without ``object:``.

IDs that are likely names of VMs or networks, such as ``vm-0001``, need ``object:``. Source: protocol/ans.md §2.5,
protocol/nsxt.md §8.
"""

NAME_PREFIXES = ("network", "ipset", "group", "vm", "vapp")
"""Prefixes of names of objects in sources and destinations, without the colon."""

APPLICATION_PREFIXES = ("app", "appgroup", "service")
"""Prefixes of names of applications, without the colon.

``service`` stands for both kinds of applications.
"""

_VNIC = re.compile(r"vnic-(?:index-)?(\d{1,3})\Z", re.IGNORECASE)
_LOOKS_NUMERIC = re.compile(r"[\d.:/\-]+\Z|[\da-f]*:[\da-f:./\-]*\Z|\d{1,3}\.\d{1,3}[\d./x-]*", re.IGNORECASE)

ADDRESS, INTERFACE, OBJECT, NAME = "address", "interface", "object", "name"


class Member(NamedTuple):
    """A member of a source or destination.

    ``kind`` selects the list of the API that contains the member. ``text`` is the value without a prefix. A member of
    the kind ``name`` is the name of an object, which must be resolved to an ID before the rule is written. Its text
    keeps a prefix such as ``vm:``.
    """

    kind: str
    text: str


@lru_cache(maxsize=65536)
def member(word: str) -> Member | None:
    """Parse a member. Return None for an invalid value.

    The prefixes ``object:``, ``interface:`` and ``address:`` set the kind of the member.
    """
    text = word.strip()
    for kind in (OBJECT, INTERFACE, ADDRESS):
        if text.lower().startswith(f"{kind}:") and text[len(kind) + 1 :].strip():
            return Member(kind, text[len(kind) + 1 :].strip())
    prefix, name = split_name(text)
    if prefix:
        return Member(NAME, f"{prefix}:{name}") if name else None
    folded = text.casefold()
    if folded == ANY:
        return Member(ADDRESS, ANY)
    if folded in INTERFACES or _VNIC.match(text):
        return Member(INTERFACE, folded)
    if address_range(text) is not None:
        return Member(ADDRESS, without_blanks(text))
    if _GROUPING.match(text):
        return Member(OBJECT, text)
    return Member(NAME, text) if _is_name(text) else None


def split_name(text: str) -> tuple[str, str]:
    """Return the prefix and the rest of a name: ``vm:db1`` is ``("vm", "db1")``.

    Without a known prefix, the prefix is an empty string.
    """
    prefix, _, name = text.partition(":")
    if prefix.strip().casefold() in NAME_PREFIXES:
        return prefix.strip().casefold(), name.strip()
    return "", text.strip()


def _is_name(text: str) -> bool:
    """Return True if a string without a known prefix can be the name of an object.

    Strings that look like malformed addresses, interfaces or URNs are not names.
    """
    has_letter = any(sign.isalpha() for sign in text)
    is_wrong = text.casefold().startswith(("vnic", "urn:")) or _LOOKS_NUMERIC.match(text) or address_complaint(text)
    return has_letter and not is_wrong


def refuse_names(members: Iterable[str]) -> None:
    """Raise SpecError for a name that was not resolved to an ID.

    If the member were dropped, the rule could match any address.
    """
    for text in members:
        parsed = member(text)
        if parsed is not None and parsed.kind == NAME:
            raise SpecError("", f"{text!r} was not looked up, so the rule cannot be written")


def address_complaint(word: str) -> str:
    """Return the reason why an address is invalid, or an empty string."""
    ends = [address_range(end) for end in word.split("-")] if word.count("-") == 1 else []
    if len(ends) == 2 and ends[0] and ends[1] and all(low == high for _, low, high in (ends[0], ends[1])):
        if ends[0][0] != ends[1][0]:
            return f"{word!r} mixes IPv4 and IPv6"
        return f"{word!r} is descending; write the lower address first"
    return ""


def member_complaint(word: str) -> str:
    """Return the reason why a member is invalid, with a suggestion if possible.

    Return an empty string for a valid member.
    """
    text = word.strip()
    if not text:
        return "is empty; use any"
    if text.lower().startswith("vnic"):
        return f"{word!r} is not an interface; write vnic-N with the number of the interface, 0 to {LAST_VNIC}"
    if address_complaint(text):
        return address_complaint(text)
    if split_name(text)[0]:
        return f"{word!r} has no name after the prefix"
    if _LOOKS_NUMERIC.match(text):
        return f"{word!r} is not a valid address, CIDR or range (first-last)"
    return (
        f"{word!r} is not an address, CIDR, range, any, internal, external, vse, vnic-N, name or ID of an object "
        f"(write a prefix such as network:{text} if it is the name of an object, and object:{text} if it is the ID of "
        "an object)"
    )


@lru_cache(maxsize=65536)
def member_text(kind: str, text: str) -> str:
    """Return the member for a value from one of the three member lists of the API.

    This function is the inverse of :func:`member`.
    """
    plain = text.strip()
    parsed = member(plain) if plain else None
    if parsed is not None and parsed.kind == kind:
        return plain
    return f"{kind}:{plain}"


def vnic_number(text: str) -> int | None:
    """Return the number in ``vnic-3`` or ``vnic-index-3``, or None for other strings."""
    match = _VNIC.match(text.strip())
    return int(match.group(1)) if match else None


def _interface_meaning(text: str) -> str:
    number = vnic_number(text)
    return fold(text) if number is None else f"vnic-{number}"


def endpoint_meaning(members: Iterable[str]) -> frozenset[object]:
    """Return a source or destination in canonical form, for comparison.

    The result does not depend on the order or the spelling of members.
    """
    addresses: list[str] = []
    others: set[object] = set()
    for word in members:
        parsed = member(word)
        if parsed is None or parsed.kind == ADDRESS:
            addresses.append(parsed.text if parsed else word)
        elif parsed.kind == INTERFACE:
            others.add((INTERFACE, _interface_meaning(parsed.text)))
        else:
            others.add((parsed.kind, parsed.text))
    merged = address_set(addresses)
    if ANY in merged or not (merged or others):
        return frozenset((ANY,))
    return frozenset((*merged, *others))


def is_any(members: Sequence[str]) -> bool:
    """Return True if the members together match every address."""
    if len(members) == 1:
        if members[0] == ANY:
            return True
        parsed = member(members[0]) or Member(ADDRESS, members[0])
        return parsed.kind == ADDRESS and fold(parsed.text) == ANY  # no other single member matches every address
    return endpoint_meaning(members) == frozenset((ANY,))


# -- ports and ICMP types ----------------------------------------------------------------------------------------


_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212:", "-"))
"""Characters that other tools, such as spreadsheets, use instead of the hyphen.

Source: protocol/ans.md §2.6 for the colon.
"""


def normalize_port(item: Any) -> str:
    """Return a port in the format of the API. Return "" for an invalid type."""
    if not isinstance(item, (str, int)) or isinstance(item, bool):
        return ""
    word = str(item).strip().casefold()
    ports = port_range(word.translate(_DASHES))
    if ports is None:
        return word
    return str(ports[0]) if ports[0] == ports[1] else f"{ports[0]}-{ports[1]}"


def port_complaint(item: Any) -> str:
    """Return the reason why a port or port range is invalid, or an empty string."""
    word = normalize_port(item)
    if word == ANY:
        return ""
    first, dash, last = word.translate(_DASHES).partition("-")
    ports = port_range(word)
    if ports is not None and (ports[0] > 0 or dash):
        return ""
    numbers = [number.strip() for number in ((first, last) if dash else (first,))]
    if all(number.isascii() and number.isdecimal() for number in numbers):
        if all(0 < int(number[:9]) <= 65535 for number in numbers):
            return f"{item!r} is descending; write the lower port first"
        return f"port {item!r} is out of range; use 1 to 65535"
    return f"{item!r} is not a port, a range (8000-8080) or any"


def protocol_letters(value: Any) -> str:
    """Return the letters and digits of a protocol: ``TCP + UDP`` is ``tcpudp``."""
    names = value if isinstance(value, (list, tuple)) else [value]
    return "".join(letter for word in names for letter in fold(word) if letter.isalnum())


def is_two_protocols(value: Any) -> bool:
    """Return True for ``tcp+udp`` in any spelling."""
    return isinstance(value, (str, list, tuple)) and protocol_letters(value) in TWO_PROTOCOLS


def protocol_complaint(value: Any, instead: str) -> str:
    """Return the reason why a protocol is not supported, or an empty string."""
    if isinstance(value, str) and protocol_letters(value) == "other":
        return f"{value!r} is a value of the module vca_fw, not a protocol; write any, or {instead}"
    if isinstance(value, str) and protocol_letters(value) in _OTHER_PROTOCOLS:
        return f"{value!r} is not supported in edge rules, only {', '.join(PROTOCOLS)}; {instead}"
    return ""


def read_icmp_type(reader: Reader) -> str | None:
    """Return the name or number of an ICMP type.

    Numbers are not checked against a list, because the list of types is not complete. Source: protocol/ans.md §2.6.
    """
    value = reader.text("icmp_type")
    if value is None:
        return None
    word = value.strip().casefold()
    if word in ICMP_TYPES or (word.isascii() and word.isdecimal() and len(word) < 4 and int(word) <= 255):
        return word
    reader.problems.add(reader.at("icmp_type"), one_of(value, ICMP_TYPES))
    return None


# -- networks with host bits -------------------------------------------------------------------------------------


def network_of_host(word: str) -> str:
    """Return the network of a CIDR with host bits.

    The network of ``10.0.0.5/24`` is ``10.0.0.0/24``. Return an empty string for other values.
    """
    try:
        address = ipaddress.ip_interface(word) if "/" in word else None
    except ValueError:
        return ""
    return "" if address is None or address.ip == address.network.network_address else str(address.network)


def host_bit_warnings(plan: Plan, network_fields: Sequence[str]) -> tuple[str, ...]:
    """Return a warning for each network with host bits that a plan writes."""
    sentences: list[str] = []
    for change in plan.changes:
        if change.action not in ("create", "update") or change.after is None:
            continue
        names = [name for name in network_fields if change.action == "create" or name in change.fields]
        for name, text in _texts(change.after, names):
            network = network_of_host(text)
            if network:
                sentences.append(f"{change.identity}: {name} {text} means the network {network}.")
    return tuple(sentences)


def _texts(shown: Mapping[str, Any], names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        value = shown.get(name)
        for text in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(text, str):
                yield name, text


# -- readers of fields -------------------------------------------------------------------------------------------------

_APPLICATION = re.compile(r"(?:[0-9a-f-]{36}:)?application(?:group)?-[0-9]{1,9}\Z", re.IGNORECASE)
"""Pattern of IDs of applications and application groups.

Source: protocol/ans.md §2.6.
"""


def read_members(reader: Reader, name: str) -> tuple[str, ...] | None:
    """Read the members of a source or destination. The reader collects errors."""
    items = reader.items(name)
    if items is None:
        return None
    if not items:
        reader.problems.add(reader.at(name), "is empty; use any")
    members: list[str] = []
    for path, item in items:
        if not isinstance(item, str):
            reader.problems.add(path, f"a string was expected, not {item!r}")
        elif member(item) is None:
            reader.problems.add(path, member_complaint(item))
        elif (vnic_number(item) or 0) > LAST_VNIC:
            reader.problems.add(path, f"{item!r} is out of range; use vnic-0 to vnic-{LAST_VNIC}")
        elif reader.printable(path, item):
            members.append(written_member(item))
    return tuple(members)


def written_member(item: str) -> str:
    """Return a member as the user wrote it, without the spaces in an address."""
    parsed = member(item)
    is_plain = parsed is not None and parsed.kind == ADDRESS and not item.strip().casefold().startswith(ADDRESS)
    return parsed.text if parsed is not None and is_plain else item.strip()


def is_application_id(text: str) -> bool:
    """Return True for the id of an application or application group of NSX-V."""
    return _APPLICATION.match(text) is not None


def split_application(text: str) -> tuple[str, str]:
    """Return the prefix and the rest of the name of an application.

    For ``app:web``, the result is ``("app", "web")``. Without a known prefix, the prefix is an empty string.
    """
    prefix, _, name = text.partition(":")
    if prefix.strip().casefold() in APPLICATION_PREFIXES and name.strip():
        return prefix.strip().casefold(), name.strip()
    return "", text.strip()


def read_applications(reader: Reader, name: str) -> tuple[str, ...] | None:
    """Read ids or names of applications. The reader collects errors."""
    items = reader.items(name)
    if items is None:
        return None
    ids: list[str] = []
    for path, item in items:
        word = item.strip() if isinstance(item, str) else ""
        if not word:
            reader.problems.add(path, f"the ID or name of an application was expected, not {item!r}")
        elif reader.printable(path, word):
            ids.append(word)
    return tuple(ids)


def read_ports(reader: Reader, name: str) -> tuple[str, ...] | None:
    """Read ports: numbers, ranges or any. The reader collects errors."""
    items = reader.items(name)
    if items is None:
        return None
    if not items:
        reader.problems.add(reader.at(name), "is empty; use any")
    scalar = not isinstance(reader.data.get(name), (list, tuple))
    ports: list[str] = []
    for path, item in items:
        where = reader.at(name) if scalar and len(items) == 1 else path
        reason = port_complaint(item)
        if reason:
            reader.problems.add(where, reason)
        else:
            ports.append(normalize_port(item))
    return tuple(ports)
