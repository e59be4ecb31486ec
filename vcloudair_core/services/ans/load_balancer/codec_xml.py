"""The XML codecs of the load balancer for ``/network/edges``.

Source: protocol/ans.md §5, §9.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from lxml import etree

from vcloudair_core.engine.kind import Document
from vcloudair_core.services.ans.load_balancer.document import LoadBalancerDocument, with_ids, with_names
from vcloudair_core.services.ans.load_balancer.profile_spec import (
    LbApplicationProfileSpec,
    LbApplicationRuleSpec,
    MonitorSpec,
)
from vcloudair_core.services.ans.load_balancer.records import CERTIFICATE_KEYS, LISTS, new_values, spec_of, wire_values
from vcloudair_core.services.ans.load_balancer.references import MONITOR, POOL, PROFILE, RULE, SERVER, Records
from vcloudair_core.services.ans.load_balancer.spec import LoadBalancerSpec, PoolSpec, VirtualServerSpec
from vcloudair_core.services.ans.section.document import SectionEdit, SectionState
from vcloudair_core.services.ans.section.xml_codec import XmlCodec
from vcloudair_core.services.ans.section.xml_elements import (
    child_of,
    children,
    ensure_child,
    remove,
    set_repeated,
    set_text,
    tag_like,
    text_of,
    texts_of,
)
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from lxml.etree import _Element


class XmlRecords:
    """Access to the objects of a load balancer in XML."""

    def objects(self, tree: Any, key: str) -> list[Any]:
        """Return the elements of a list."""
        return children(tree, key)

    def texts(self, record: Any, key: str) -> list[str]:
        """Return the texts of the children named ``key``."""
        return list(texts_of(record, key))

    def set_text(self, record: Any, key: str, text: str) -> None:
        """Set the text of a child in place."""
        set_text(record, key, text)

    def set_texts(self, record: Any, key: str, texts: list[str]) -> None:
        """Set the texts of the children named ``key`` in place."""
        set_repeated(record, key, texts)

    def has_certificates(self, tree: Any) -> bool:
        """Return True if an application profile refers to certificates."""
        sides = (child_of(profile, "clientSsl") for profile in children(tree, PROFILE))
        return any(texts_of(side, key) for side in sides for key in CERTIFICATE_KEYS)


class XmlServerCodec(XmlCodec[LoadBalancerSpec]):
    """A codec for the settings and the virtual servers of the load balancer in XML."""

    section = "load_balancer"
    what = "the load balancer"
    root = "loadBalancer"
    records_path = (SERVER,)
    document_type = LoadBalancerDocument
    rule_type: ClassVar[type] = VirtualServerSpec
    access: ClassVar[Records] = XmlRecords()

    def settings_of(self, root: _Element) -> LoadBalancerSpec:
        """Return the settings."""
        logging = child_of(root, "logging")
        values = {name: text_of(root, name) for name in ("enabled", "accelerationEnabled")}
        settings: LoadBalancerSpec = spec_of(LoadBalancerSpec, {**values, "logging": _values(logging)})
        return settings

    def decode(self, document: Document) -> SectionState[LoadBalancerSpec]:
        """Return the decoded document, with names in place of IDs."""
        return with_names(self.access, document, self.records_path[0], super().decode(document))

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """Return a document with the edit applied, and with IDs in place of names."""
        return super().merge(document, with_ids(self.access, document, self.records_path[0], edit))

    def rule_of(self, record: _Element) -> Any:
        """Return the spec of a record. References are IDs."""
        return spec_of(self.rule_type, _values(record))

    def set_settings(self, root: _Element, settings: Mapping[str, Any]) -> None:
        """Set ``settings`` in ``root``, a copy that the caller has made."""
        if settings:
            _apply(root, wire_values(LoadBalancerSpec(**settings), tuple(settings)))

    def fill(self, record: _Element, spec: Any) -> None:
        """Set the values of a new object, except its ID, in an empty record."""
        _apply(record, new_values(spec))

    def set_fields(self, record: _Element, spec: Any, changed: tuple[str, ...]) -> None:
        """Set the ``changed`` fields of a record from ``spec``."""
        _apply(record, wire_values(spec, changed))


class XmlPoolCodec(XmlServerCodec):
    """A codec for the pools of the load balancer in XML."""

    records_path = (POOL,)
    rule_type = PoolSpec


class XmlMonitorCodec(XmlServerCodec):
    """A codec for the service monitors of the load balancer in XML."""

    records_path = (MONITOR,)
    rule_type = MonitorSpec


class XmlProfileCodec(XmlServerCodec):
    """A codec for the application profiles of the load balancer in XML."""

    records_path = (PROFILE,)
    rule_type = LbApplicationProfileSpec


class XmlRuleCodec(XmlServerCodec):
    """A codec for the application rules of the load balancer in XML."""

    records_path = (RULE,)
    rule_type = LbApplicationRuleSpec


def _values(element: _Element | None) -> dict[str, Any]:
    """Return the children of an element in JSON format, with strings as values."""
    values: dict[str, Any] = {}
    for child in () if element is None else element.iterchildren(etree.Element):
        name = xml.local(child)
        value: Any = _values(child) if len(child) else (child.text or "").strip()
        if name in LISTS:
            values.setdefault(name, []).append(value)
        else:
            values[name] = value
    return values


def _apply(element: _Element, values: Mapping[str, Any]) -> None:
    """Set the children of an element to ``values``, in place. None removes a child."""
    for key, value in values.items():
        child = child_of(element, key)
        if isinstance(value, Mapping):
            holder = ensure_child(element, key)
            _apply(holder, value)
            if len(holder) == 0:
                remove(holder)
        elif key == "member":
            _set_members(element, value)
        elif isinstance(value, list):
            set_repeated(element, key, value)
        elif value is not None:
            set_text(element, key, value)
        elif child is not None:
            remove(child)


def _set_members(pool: _Element, members: list[dict[str, Any]]) -> None:
    """Replace the members of a pool.

    Members with the same name keep their unknown elements.
    """
    current = {text_of(child, "name"): child for child in children(pool, "member")}
    for child in current.values():
        remove(child)
    for child in children(pool, "member"):
        remove(child)
    for values in members:
        member = current.get(str(values["name"]))
        if member is None:
            member = etree.Element(tag_like(pool, "member"))
        _apply(member, values)
        pool.append(member)
