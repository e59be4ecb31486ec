"""The XML codec of DNS forwarding for ``/network/edges``.

Source: protocol/ans.md §5, §9.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vcloudair_core.services.ans.dns.model import SERVERS, VIEW_TYPE, VIEWS
from vcloudair_core.services.ans.dns.spec import DnsSpec, DnsZoneSpec
from vcloudair_core.services.ans.section.xml_codec import XmlCodec
from vcloudair_core.services.ans.section.xml_elements import (
    bool_of,
    child_of,
    ensure_child,
    int_of,
    set_repeated,
    set_text,
    text_of,
    texts_of,
)

if TYPE_CHECKING:
    from lxml.etree import _Element


class XmlDnsCodec(XmlCodec[DnsSpec]):
    """A codec for DNS forwarding in XML. Views and listeners are kept.

    Source: protocol/ans.md §5, §9.
    """

    section = "dns"
    what = "the DNS configuration"
    root = "dns"
    records_path = VIEWS

    def settings_of(self, root: _Element) -> DnsSpec:
        """Return the settings in a tree."""
        outer, inner = SERVERS
        log = child_of(root, "logging")
        return DnsSpec(
            enabled=bool_of(text_of(root, "enabled"), False),
            servers=texts_of(child_of(root, outer), inner),
            cache_size=int_of(text_of(root, "cacheSize")),
            logging=bool_of(text_of(log, "enable")),
            log_level=text_of(log, "logLevel") or None,
        )

    def rule_of(self, record: _Element) -> DnsZoneSpec:
        """Decode the name of a view."""
        return DnsZoneSpec(text_of(record, "name"))

    def rule_type_of(self, record: _Element) -> str:
        """Return the rule type of DNS views. Plans never change rules of this type."""
        return VIEW_TYPE

    def set_settings(self, root: _Element, settings: Mapping[str, Any]) -> None:
        """Set ``settings`` in ``root``, a copy that the caller has made."""
        outer, inner = SERVERS
        if "enabled" in settings:
            set_text(root, "enabled", settings["enabled"])
        if "servers" in settings:
            set_repeated(ensure_child(root, outer), inner, settings["servers"])
        if "cache_size" in settings:
            set_text(root, "cacheSize", settings["cache_size"])
        for name, element in (("logging", "enable"), ("log_level", "logLevel")):
            if name in settings:
                set_text(ensure_child(root, "logging"), element, settings[name])

    def fill(self, record: _Element, spec: DnsZoneSpec) -> None:
        """Fill the record of a view. Not used, because the limits refuse new zones."""
        set_text(record, "name", spec.name)

    def set_fields(self, record: _Element, spec: DnsZoneSpec, changed: tuple[str, ...]) -> None:
        """Do nothing, because plans never change views."""
