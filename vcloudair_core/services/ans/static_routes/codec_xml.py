"""The XML codec of static routes for ``/network/edges``.

Source: protocol/ans.md §5, §9.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vcloudair_core.services.ans.section.json_values import int_of
from vcloudair_core.services.ans.section.xml_codec import XmlCodec, leaf_texts
from vcloudair_core.services.ans.section.xml_elements import child_of, ensure_child, set_texts, text_of
from vcloudair_core.services.ans.static_routes.model import (
    default_route_of,
    default_route_values,
    new_route_values,
    route_of,
    wire_values,
)
from vcloudair_core.services.ans.static_routes.spec import StaticRouteSpec, StaticRoutesSpec

if TYPE_CHECKING:
    from lxml.etree import _Element

_DEFAULT_ROUTE = "defaultRoute"


class XmlStaticRoutesCodec(XmlCodec[StaticRoutesSpec]):
    """A codec for static routes in XML. Source: protocol/ans.md §5, §9."""

    section = "static_routes"
    what = "the static routes"
    root = "staticRouting"
    records_path = ("staticRoutes", "route")

    def settings_of(self, root: _Element) -> StaticRoutesSpec:
        """Return the settings of the default route."""
        element = child_of(root, _DEFAULT_ROUTE)
        return default_route_of({} if element is None else leaf_texts(element), int_of)

    def rule_of(self, record: _Element) -> StaticRouteSpec:
        """Decode the route in a record."""
        return route_of(leaf_texts(record), int_of)

    def rule_type_of(self, record: _Element) -> str:
        """Return the type of a record, such as ``user``."""
        return text_of(record, "type") or "user"

    def set_settings(self, root: _Element, settings: Mapping[str, Any]) -> None:
        """Set the default route in ``root``, a copy that the caller has made."""
        if settings:
            set_texts(ensure_child(root, _DEFAULT_ROUTE), default_route_values(settings))

    def fill(self, record: _Element, spec: StaticRouteSpec) -> None:
        """Fill the empty record of a new route."""
        set_texts(record, new_route_values(spec))

    def set_fields(self, record: _Element, spec: StaticRouteSpec, changed: tuple[str, ...]) -> None:
        """Set the ``changed`` fields of a record from ``spec``."""
        set_texts(record, wire_values(spec, changed))
