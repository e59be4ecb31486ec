"""The XML codec of the firewall for ``/network/edges``.

Source: protocol/ans.md §2.8, §9.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lxml import etree

from vcloudair_core.engine.canonical import ANY
from vcloudair_core.engine.fields import spec_with
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.services.ans.firewall.model import (
    READ_ONLY,
    is_any_service,
    members_of,
    service_of,
    services_of,
    split_members,
    wire_service,
)
from vcloudair_core.services.ans.firewall.record_text import names_and_texts, pieces_of, records_in, shape_of
from vcloudair_core.services.ans.firewall.spec import GLOBAL_SETTINGS, FirewallPolicySpec, FirewallRuleSpec, ServiceSpec
from vcloudair_core.services.ans.section.xml_codec import XmlCodec
from vcloudair_core.services.ans.section.xml_elements import (
    add_text,
    bool_of,
    child_of,
    children,
    digits_of,
    ensure_child,
    fast_copy,
    first_text,
    int_of,
    remove,
    set_repeated,
    set_text,
    tag_like,
    text_of,
    wire_text,
)
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from lxml.etree import _Element

_SIMPLE = {
    "tag": "ruleTag",
    "name": "name",
    "enabled": "enabled",
    "logging": "loggingEnabled",
    "description": "description",
    "match_translated": "matchTranslated",
    "direction": "direction",
    "action": "action",
}
"""XML element of each simple field, in the order of new rules.

Source: protocol/ans.md §2.4, §2.8.
"""

_WHOLE = ("name", "description")
"""Elements whose texts keep surrounding spaces."""
_LISTS = ("ipAddress", "groupingObjectId", "vnicGroupId")
_Endpoint = tuple[tuple[str, ...], bool | None]
"""The members of a source or destination, and the flag to exclude them."""
_LONG = 10
"""Number of new rules from which parsing them from markup is faster."""


class XmlFirewallCodec(XmlCodec[FirewallPolicySpec]):
    """A codec for the firewall in XML. Source: protocol/ans.md §2.8, §9."""

    section = "firewall"
    what = "the firewall configuration"
    root = "firewall"
    records_path = ("firewallRules", "firewallRule")
    not_sent = READ_ONLY
    decodes_copies = True
    vnic_prefix = "vnic-"

    def settings_of(self, root: _Element) -> FirewallPolicySpec:
        """Return the policy without its rules."""
        policy = child_of(root, "defaultPolicy")
        return FirewallPolicySpec(
            enabled=bool_of(text_of(root, "enabled")),
            default_action=_folded(text_of(policy, "action")),
            default_logging=bool_of(text_of(policy, "loggingEnabled")),
            global_settings=tuple(_known_settings(child_of(root, "globalConfig")).items()),
        )

    def rule_of(self, record: Element) -> FirewallRuleSpec:
        """Decode the rule in a record."""
        return _rule(record)

    def rules_of(self, records: Sequence[Any]) -> list[LiveRule] | None:
        """Return the rules of all records.

        The records are serialized together, because texts are read faster than elements.
        """
        holder = records[0].getparent() if records else None
        if holder is None or holder.nsmap:
            return None
        texts = records_in(etree.tostring(holder, encoding="unicode", with_tail=False), self.records_path[-1])
        if texts is None or len(texts) != len(records):
            return None
        rules: list[LiveRule] = []
        for slot, (record, text) in enumerate(zip(records, texts, strict=True)):
            rule = _rule_of_text(text)
            if rule is None:
                copied = fast_copy(record)
                rule = LiveRule(slot, self.rule_of(copied), self.rule_type_of(copied))
            rules.append(LiveRule(slot, rule.spec, rule.rule_type))
        return rules

    def rule_type_of(self, record: Any) -> str:
        """Return the type of a record, such as ``user``. Source: protocol/ans.md §2.7."""
        return first_text(record, "ruleType") or ""

    def set_settings(self, root: _Element, settings: Mapping[str, Any]) -> None:
        """Set ``settings`` in ``root``, a copy that the caller has made."""
        if "enabled" in settings:
            set_text(root, "enabled", settings["enabled"])
        for word, wire in (("default_action", "action"), ("default_logging", "loggingEnabled")):
            if word in settings:
                set_text(ensure_child(root, "defaultPolicy"), wire, settings[word])
        for word, value in settings.get("global_settings", {}).items():
            set_text(ensure_child(root, "globalConfig"), GLOBAL_SETTINGS[word][0], value)

    def fill(self, record: _Element, spec: FirewallRuleSpec) -> None:
        """Fill the empty record of a new rule. Source: protocol/ans.md §2.4, §2.8."""
        add_text(record, "name", spec.name or "")
        add_text(record, "ruleType", "user")
        for name, wire in _SIMPLE.items():
            value = getattr(spec, name)
            if value is not None and name != "name":
                add_text(record, wire, value)
        for side in ("source", "destination"):
            self._add_endpoint(record, side, getattr(spec, side), getattr(spec, f"{side}_exclude"))
        if spec.services is not None or spec.applications is not None:
            _change_application(record, spec, ("services", "applications"))

    def new_records(self, specs: Sequence[FirewallRuleSpec], holder: _Element) -> Sequence[_Element]:
        """Return the records of new rules.

        Long lists are parsed from markup, which is faster than creating each element. If a text is unusual, or if the
        list has a namespace, the general way is used. The result is the same.
        """
        name = self.records_path[-1]
        if len(specs) >= _LONG and tag_like(holder, name) == name:
            records = [self._markup(spec) for spec in specs]
            if None not in records:
                inside = "".join(f"<{name}>{record}</{name}>" for record in records)
                return list(etree.fromstring(f"<{holder.tag}>{inside}</{holder.tag}>"))
        return super().new_records(specs, holder)

    def _markup(self, spec: FirewallRuleSpec) -> str | None:
        """Return the content of a new record as XML, or None if a text is unusual."""
        parts = list(self._elements(spec))
        texts = [wire_text(text) for _, text in parts if text is not None]
        if not all(text and text.isprintable() for text in texts):
            return None  # lxml rejects control characters, and writes an empty text in another form
        return "".join(tag if text is None else f"<{tag}>{_escaped(wire_text(text))}</{tag}>" for tag, text in parts)

    def _elements(self, spec: FirewallRuleSpec) -> Iterator[tuple[str, Any]]:
        """Yield the elements of a new rule in order.

        Yields ``(name, text)`` for an element with a text, and ``(tag, None)`` for the start or end of other elements.
        """
        yield "name", spec.name or ""
        yield "ruleType", "user"
        for name, wire in _SIMPLE.items():
            value = getattr(spec, name)
            if value is not None and name != "name":
                yield wire, value
        for side in ("source", "destination"):
            members, is_excluding = getattr(spec, side), getattr(spec, f"{side}_exclude")
            lists = {} if members is None else split_members(members, self.vnic_prefix)
            if is_excluding or any(lists.values()):
                yield f"<{side}>", None
                yield "exclude", bool(is_excluding)
                yield from ((name, text) for name in _LISTS for text in lists.get(name, ()))
                yield f"</{side}>", None
        applications = spec.applications or ()
        services = spec.services or ()
        if is_any_service(services) and not applications:
            services = ()
        if applications or services:
            yield "<application>", None
            yield from (("applicationId", text) for text in applications)
            for service in services:
                yield "<service>", None
                for name, value in wire_service(service).items():
                    yield from ((name, text) for text in (value if isinstance(value, list) else [value]))
                yield "</service>", None
            yield "</application>", None

    def _add_endpoint(
        self, record: _Element, side: str, members: Sequence[str] | None, is_excluding: bool | None
    ) -> None:
        """Add the source or destination of a new rule, unless it matches any address."""
        lists = {} if members is None else split_members(members, self.vnic_prefix)
        if not (is_excluding or any(lists.values())):
            return
        holder = etree.SubElement(record, tag_like(record, side))
        add_text(holder, "exclude", bool(is_excluding))
        for name in _LISTS:
            for text in lists.get(name, ()):
                add_text(holder, name, text)

    def set_fields(self, record: _Element, spec: FirewallRuleSpec, changed: tuple[str, ...]) -> None:
        """Set the ``changed`` fields of a record from ``spec``."""
        for name, wire in _SIMPLE.items():
            if name in changed:
                set_text(record, wire, getattr(spec, name))
        for side in ("source", "destination"):
            if side in changed or f"{side}_exclude" in changed:
                self._change_endpoint(record, spec, side, changed)
        if "services" in changed or "applications" in changed:
            _change_application(record, spec, changed)

    def _change_endpoint(self, element: _Element, spec: FirewallRuleSpec, side: str, changed: tuple[str, ...]) -> None:
        """Change the source or destination in the element of a rule.

        A source or destination that becomes empty is removed, so that it matches any address. Elements that this
        version does not know are kept. Source: protocol/ans.md §2.5.
        """
        holder = ensure_child(element, side)
        if f"{side}_exclude" in changed:
            set_text(holder, "exclude", getattr(spec, f"{side}_exclude"))
        elif child_of(holder, "exclude") is None:
            set_text(holder, "exclude", False)
        members = getattr(spec, side)
        if side in changed and members is not None:
            lists = split_members(members, self.vnic_prefix)
            for name in _LISTS:
                set_repeated(holder, name, lists[name])
        unknown = [child for child in holder if xml.local(child) not in (*_LISTS, "exclude")]
        has_members = any(xml.local(child) in _LISTS for child in holder)
        if not unknown and not has_members and not bool_of(text_of(holder, "exclude")):
            remove(holder)


def _change_application(element: _Element, spec: FirewallRuleSpec, changed: tuple[str, ...]) -> None:
    """Change the services and applications of a rule.

    XML repeats elements where JSON has lists. Source: protocol/ans.md §2.6, §9.
    """
    holder = ensure_child(element, "application")
    if "applications" in changed and spec.applications is not None:
        set_repeated(holder, "applicationId", spec.applications)
    if spec.services is not None:
        # Write the services even if only the applications change. Without services, the rule matches any service until
        # it has an application.
        has_applications = child_of(holder, "applicationId") is not None
        services = () if is_any_service(spec.services) and not has_applications else spec.services
        for child in children(holder, "service"):
            remove(child)
        for service in services:
            element = etree.SubElement(holder, tag_like(holder, "service"))
            for name, value in wire_service(service).items():
                for text in value if isinstance(value, list) else [value]:
                    add_text(element, name, text)
    if len(holder) == 0:
        remove(holder)


def _escaped(text: str) -> str:
    if "&" in text or "<" in text or ">" in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def _folded(word: str | None) -> str | None:
    return None if word is None else word.casefold()


# -- reading -----------------------------------------------------------------------------------------------------


def _rule(element: Element) -> FirewallRuleSpec:
    """Decode the rule in an element.

    In XML, the rule ID is in the element ``id``. In JSON, the rule ID is in ``ruleId``.

    Source: protocol/ans.md §2.8, §9.
    """
    by_name = {child.tag: child for child in element}
    texts = {name: child.text or "" for name, child in by_name.items() if not len(child)}
    whole: dict[str, str] = {name: by_name[name].text or "" for name in _WHOLE if name in by_name}
    endpoints = (_endpoint(by_name.get("source")), _endpoint(by_name.get("destination")))
    return _spec(texts, whole, endpoints, _application(by_name.get("application")))


def _rule_of_text(record: str) -> LiveRule | None:
    """Decode the rule in the text of a record, or return None if the text is unusual.

    The result is the same as that of :func:`_rule`. The slot is 0.
    """
    if "&" in record:
        return None
    pieces = pieces_of(record)
    shape = shape_of(tuple(pieces[1:-1:2]))
    if shape is None:
        return None
    texts = {name: pieces[at] for name, at in shape.leaves.items()}
    whole = {name: pieces[shape.nodes[name].at] for name in _WHOLE if name in shape.nodes}
    nodes = shape.nodes
    source, destination = (
        _endpoint_of(names_and_texts(nodes[side], pieces)) if side in nodes else ((ANY,), False)
        for side in ("source", "destination")
    )
    services: list[ServiceSpec] = []
    applications: list[str] = []
    for child in nodes["application"].children if "application" in nodes else ():
        if child.name == "service":
            services.append(_service(names_and_texts(child, pieces)))
        elif child.name == "applicationId" and (text := pieces[child.at].strip()):
            applications.append(text)
    spec = _spec(texts, whole, (source, destination), (services, tuple(applications)))
    return LiveRule(0, spec, pieces[shape.rule_type].strip())


def _spec(
    texts: Mapping[str, str],
    whole: Mapping[str, str],
    endpoints: tuple[_Endpoint, _Endpoint],
    traffic: tuple[list[ServiceSpec], tuple[str, ...]],
) -> FirewallRuleSpec:
    """Return the spec of a rule.

    ``texts`` has the texts of elements without children. ``whole`` has the texts that keep surrounding spaces.
    """
    (source, source_exclude), (destination, destination_exclude) = endpoints
    services, applications = traffic
    get = texts.get
    rule_id = digits_of(get("id", "").strip())
    tag = digits_of(get("ruleTag", "").strip())
    values = {
        "name": whole.get("name", ""),
        "action": (get("action", "").strip() or "deny").casefold(),
        "enabled": bool_of(get("enabled", "").strip(), True),
        "logging": bool_of(get("loggingEnabled", "").strip(), False),
        "description": whole.get("description", ""),
        "source": source,
        "destination": destination,
        "source_exclude": source_exclude,
        "destination_exclude": destination_exclude,
        "services": services_of(services, applications),
        "applications": applications,
        "match_translated": bool_of(get("matchTranslated", "").strip(), False),
        "direction": get("direction", "").strip().casefold() or None,
        "tag": rule_id if tag is None else tag,
        "rule_id": rule_id,
    }
    return spec_with(FirewallRuleSpec, values)


def _endpoint(element: Element | None) -> _Endpoint:
    """Return the members of a source or destination, and whether they are excluded."""
    if element is None:
        return (ANY,), False
    return _endpoint_of(tuple([text for child in element for text in (child.tag, child.text or "")]))


@lru_cache(maxsize=65536)
def _endpoint_of(content: tuple[str, ...]) -> _Endpoint:
    texts = _texts_by_name(content)
    members = members_of(
        tuple(texts.get("ipAddress", ())), tuple(texts.get("vnicGroupId", ())), tuple(texts.get("groupingObjectId", ()))
    )
    return members, bool_of(texts.get("exclude", [""])[0], False)


def _texts_by_name(content: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the texts by name. The argument has each name before its text."""
    texts: dict[str, list[str]] = {}
    for name, text in zip(content[::2], content[1::2], strict=True):
        texts.setdefault(name, []).append(text.strip())
    return texts


def _application(element: Element | None) -> tuple[list[ServiceSpec], tuple[str, ...]]:
    """Return the services and the application IDs of an element.

    Both are empty if the element is None.
    """
    services: list[ServiceSpec] = []
    applications: list[str] = []
    for child in element if element is not None else ():
        if child.tag == "service":
            services.append(_service(tuple([text for item in child for text in (item.tag, item.text or "")])))
        elif child.tag == "applicationId" and (text := (child.text or "").strip()):
            applications.append(text)
    return services, tuple(applications)


@lru_cache(maxsize=16384)
def _service(content: tuple[str, ...]) -> ServiceSpec:
    texts = _texts_by_name(content)
    return service_of(
        texts.get("protocol", [""])[0] or "any",
        tuple(texts.get("port", ())),
        tuple(texts.get("sourcePort", ())),
        texts["icmpType"][0] if "icmpType" in texts else None,
    )


def _known_settings(element: _Element | None) -> dict[str, bool | int]:
    settings: dict[str, bool | int] = {}
    for word, (wire, kind, _) in GLOBAL_SETTINGS.items():
        text = text_of(element, wire)
        value = bool_of(text) if kind is bool else int_of(text)
        if value is not None:
            settings[word] = value
    return settings
