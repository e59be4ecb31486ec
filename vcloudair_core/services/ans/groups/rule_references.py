"""References to objects in raw rules: find them, and remove them.

A rule is a JSON object or an XML element. Source: protocol/nsxt.md §5, §6, §8; protocol/ans.md §2.5, §2.6, §5.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vcloudair_core.services.ans.groups.model import id_tail
from vcloudair_core.services.ans.section.json_values import items_of, mapping_of, texts_of

if TYPE_CHECKING:
    from lxml.etree import _Element

_SIDES = ("source", "destination")


@dataclass(frozen=True)
class Side:
    """A field of a rule that can refer to objects.

    Attributes:
        name: The name of the field, such as ``source``.
        references: The display name of each reference, keyed by its ID.
        others: All other values of the field.
        is_excluded: True if the rule matches all traffic except that of the field.
    """

    name: str
    references: Mapping[str, str]
    others: tuple[str, ...] = ()
    is_excluded: bool = False

    def kept(self, removed: Collection[str]) -> list[str]:
        """Return the display names of all values except the references in ``removed``.

        ``removed`` has the last parts of their IDs.
        """
        return [*self.others, *(name for key, name in self.references.items() if id_tail(key) not in removed)]


class RuleRecord(ABC):
    """A raw rule. :meth:`drop` changes it in place."""

    name: str

    @abstractmethod
    def sides(self) -> Iterator[Side]:
        """Yield the fields that can refer to objects."""

    @abstractmethod
    def drop(self, side: str, removed: Collection[str]) -> None:
        """Remove references from a field. ``removed`` has the last parts of their IDs."""


def _without(values: Any, removed: Collection[str]) -> list[Any]:
    """Return a list of IDs or references without those in ``removed``."""
    return [
        value
        for value in items_of(values)
        if id_tail(str(value.get("id") if isinstance(value, dict) else value)) not in removed
    ]


class NsxtRule(RuleRecord):
    """A rule of NSX-T: of a firewall, a distributed firewall or NAT."""

    def __init__(self, record: dict[str, Any]) -> None:
        self.record = record
        self.name = str(record.get("name") or record.get("id") or "")

    def sides(self) -> Iterator[Side]:
        """Yield source, destination and services."""
        for side in _SIDES:
            groups = self._references(f"{side}FirewallGroups")
            others = texts_of(self.record.get(f"{side}FirewallIpAddresses"))
            yield Side(side, groups, others, self.record.get(f"{side}GroupsExcluded") is True)
        raw = tuple("raw ports" for _ in items_of(self.record.get("rawPortProtocols")))
        yield Side("services", self._references("applicationPortProfiles"), raw)
        yield Side("application", self._references("applicationPortProfile"))

    def _references(self, key: str) -> dict[str, str]:
        references = [mapping_of(item) for item in items_of(self.record.get(key))]
        return {str(item.get("id")): str(item.get("name") or item.get("id")) for item in references}

    def drop(self, side: str, removed: Collection[str]) -> None:
        """Remove references from a field. An empty list becomes null."""
        key = "applicationPortProfiles" if side == "services" else f"{side}FirewallGroups"
        self.record[key] = _without(self.record.get(key), removed) or None


class JsonRule(RuleRecord):
    """A firewall rule of NSX-V in JSON."""

    def __init__(self, record: dict[str, Any]) -> None:
        self.record = record
        self.name = str(record.get("name") or record.get("ruleId") or "")

    def sides(self) -> Iterator[Side]:
        """Yield source, destination and services."""
        for side in _SIDES:
            value = mapping_of(self.record.get(side))
            ids = texts_of(value.get("groupingObjectId"))
            others = (*texts_of(value.get("ipAddress")), *texts_of(value.get("vnicGroupId")))
            yield Side(side, dict(zip(ids, ids, strict=True)), others, value.get("exclude") is True)
        application = mapping_of(self.record.get("application"))
        ids = texts_of(application.get("applicationId"))
        others = tuple("service" for _ in items_of(application.get("service")))
        yield Side("services", dict(zip(ids, ids, strict=True)), others)

    def drop(self, side: str, removed: Collection[str]) -> None:
        """Remove references from a field."""
        outer, inner = ("application", "applicationId") if side == "services" else (side, "groupingObjectId")
        value = dict(mapping_of(self.record.get(outer)))
        value[inner] = _without(value.get(inner), removed)
        self.record[outer] = value


class XmlRule(RuleRecord):
    """A firewall rule of NSX-V in XML."""

    def __init__(self, record: _Element) -> None:
        from vcloudair_core.services.ans.section.xml_elements import text_of

        self.record = record
        self.name = text_of(record, "name") or text_of(record, "id") or ""

    def sides(self) -> Iterator[Side]:
        """Yield source, destination and services."""
        from vcloudair_core.services.ans.section.xml_elements import bool_of, child_of, children, text_of
        from vcloudair_core.services.ans.section.xml_elements import texts_of as xml_texts

        for side in _SIDES:
            element = child_of(self.record, side)
            ids = xml_texts(element, "groupingObjectId")
            others = (*xml_texts(element, "ipAddress"), *xml_texts(element, "vnicGroupId"))
            yield Side(side, dict(zip(ids, ids, strict=True)), others, bool_of(text_of(element, "exclude")) is True)
        application = child_of(self.record, "application")
        ids = xml_texts(application, "applicationId")
        yield Side(
            "services", dict(zip(ids, ids, strict=True)), tuple("service" for _ in children(application, "service"))
        )

    def drop(self, side: str, removed: Collection[str]) -> None:
        """Remove references from a field."""
        from vcloudair_core.services.ans.section.xml_elements import child_of, children, remove

        outer, inner = ("application", "applicationId") if side == "services" else (side, "groupingObjectId")
        for element in children(child_of(self.record, outer), inner):
            if id_tail((element.text or "").strip()) in removed:
                remove(element)


class XmlRelay(RuleRecord):
    """The servers of a DHCP relay of NSX-V in XML. A relay has no name."""

    name = ""

    def __init__(self, record: _Element) -> None:
        self.record = record

    def sides(self) -> Iterator[Side]:
        """Yield the only field: the IP sets that the DHCP relay uses as servers."""
        from vcloudair_core.services.ans.section.xml_elements import child_of
        from vcloudair_core.services.ans.section.xml_elements import texts_of as xml_texts

        servers = child_of(self.record, "relayServer")
        ids = xml_texts(servers, "groupingObjectId")
        others = (*xml_texts(servers, "ipAddress"), *xml_texts(servers, "fqdn"))
        yield Side("ip_sets", dict(zip(ids, ids, strict=True)), others)

    def drop(self, side: str, removed: Collection[str]) -> None:
        """Remove IP sets."""
        from vcloudair_core.services.ans.section.xml_elements import child_of, children, remove

        for element in children(child_of(self.record, "relayServer"), "groupingObjectId"):
            if id_tail((element.text or "").strip()) in removed:
                remove(element)
