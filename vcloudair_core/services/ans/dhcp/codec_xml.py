"""The XML codecs of DHCP for ``/network/edges``.

Source: protocol/ans.md §5, §9.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vcloudair_core.services.ans.dhcp.records import AUTO_DNS, new_values, spec_of, wire_values
from vcloudair_core.services.ans.dhcp.spec import DhcpBindingSpec, DhcpPoolSpec, DhcpSpec
from vcloudair_core.services.ans.section.xml_codec import XmlCodec, leaf_texts
from vcloudair_core.services.ans.section.xml_elements import (
    bool_of,
    child_of,
    ensure_child,
    set_text,
    set_texts,
    text_of,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

_LOGGING = {"logging": "enable", "log_level": "logLevel"}


class XmlDhcpCodec(XmlCodec[DhcpSpec]):
    """A codec for the settings and the pools of DHCP in XML."""

    section = "dhcp"
    what = "the DHCP configuration"
    root = "dhcp"
    records_path = ("ipPools", "ipPool")

    def settings_of(self, root: _Element) -> DhcpSpec:
        """Return the settings."""
        logging = child_of(root, "logging")
        return DhcpSpec(
            bool_of(text_of(root, "enabled")), bool_of(text_of(logging, "enable")), text_of(logging, "logLevel") or None
        )

    def rule_of(self, record: _Element) -> Any:
        """Decode the pool in a record."""
        return spec_of(DhcpPoolSpec, _values(record))

    def set_settings(self, root: _Element, settings: Mapping[str, Any]) -> None:
        """Set ``settings`` in ``root``, a copy that the caller has made."""
        if "enabled" in settings:
            set_text(root, "enabled", settings["enabled"])
        for name, element in _LOGGING.items():
            if name in settings:
                set_text(ensure_child(root, "logging"), element, settings[name])

    def fill(self, record: _Element, spec: Any) -> None:
        """Fill the empty record of a new pool or static binding, without its ID."""
        set_texts(record, new_values(spec))

    def set_fields(self, record: _Element, spec: Any, changed: tuple[str, ...]) -> None:
        """Set the ``changed`` fields of a record from ``spec``."""
        set_texts(record, wire_values(spec, changed))


class XmlBindingCodec(XmlDhcpCodec):
    """A codec for the static bindings of DHCP in XML."""

    records_path = ("staticBindings", "staticBinding")

    def rule_of(self, record: _Element) -> Any:
        """Decode the static binding in a record."""
        return spec_of(DhcpBindingSpec, _values(record))

    def rule_type_of(self, record: _Element) -> str:
        """Return ``user``, or ``vm`` for the static binding of an interface of a VM."""
        return "user" if text_of(record, "macAddress") else "vm"


def _values(record: _Element) -> dict[str, Any]:
    return {**leaf_texts(record), AUTO_DNS: bool_of(text_of(record, AUTO_DNS))}
