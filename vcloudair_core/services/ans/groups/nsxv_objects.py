"""IP sets and applications of NSX-V in XML.

Source: protocol/ans.md §1.1, §5, §6, §10.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lxml import etree

from vcloudair_core.engine.canonical import ANY, port_set
from vcloudair_core.errors import ConflictError, DecodeError, InvalidRequestError, NotFoundError
from vcloudair_core.services.ans.groups.descriptor import IP_SET, GroupType
from vcloudair_core.services.ans.groups.model import OTHER, USER, GroupObject, id_tail
from vcloudair_core.services.ans.groups.objects import GroupObjects
from vcloudair_core.services.ans.groups.spec import ApplicationProfileSpec, IpSetSpec, ProfileServiceSpec
from vcloudair_core.services.ans.section.xml_elements import child_of, children, ensure_child, set_text, text_of
from vcloudair_core.util import xml
from vcloudair_core.util.xml import html_error, html_title

if TYPE_CHECKING:
    from lxml.etree import _Element

    from vcloudair_core.services.ans.groups.owner import GroupOwner
    from vcloudair_core.session.session import Session
    from vcloudair_core.transport.messages import Response

_XML = "application/xml"
_FRESH = {"Cache-Control": "no-cache"}
_PROTOCOLS = {"TCP": "tcp", "UDP": "udp", "ICMP": "icmp", "IPV6ICMP": "icmpv6"}
"""Protocols of applications. The spelling of ICMPv6 is inferred."""

_WIRE_PROTOCOLS = {protocol: wire for wire, protocol in _PROTOCOLS.items()}
_CONTAINERS = {"ipset": "securitygroup", "application": "applicationgroup"}
"""The kind of groups that can contain objects of a kind."""

_OLD_REVISION = "older version"
"""Text in the error for a write with an old revision. Source: protocol/ans.md §6."""


class NsxvObjects(GroupObjects):
    """The IP sets or applications of a VDC.

    The list has the complete objects, so a read is one call. The response to a create request lacks the ID of the new
    object. The next read returns the ID.
    """

    def __init__(self, session: Session, owner: GroupOwner, group_type: GroupType) -> None:
        self._session = session
        self._vdc_id = owner.vdc_id
        self._kind = "ipset" if group_type.name == IP_SET else "application"

    # -- reading --------------------------------------------------------------------------------------------------

    def read(self, names: Collection[str] | None) -> list[GroupObject]:
        """Return the objects with these names, or all objects.

        Objects of another scope, such as built-in applications, have the type ``other``.
        """
        decode = _ip_set if self._kind == "ipset" else _application
        return [
            GroupObject(
                text_of(element, "objectId") or "", decode(element), element, USER if self._is_own(element) else OTHER
            )
            for element in self._list(self._kind)
            if names is None or text_of(element, "name") in names
        ]

    def _list(self, kind: str) -> list[_Element]:
        path = f"/network/services/{kind}/scope/{quote(self._vdc_id, safe='')}"
        response = self._session.call("GET", path, accept=_XML, headers=_FRESH)
        root = xml.parse(response.body, what=f"the list of {kind} objects")
        if xml.local(root) != "list":
            raise DecodeError(f"Reading the {kind} objects failed. <list> was expected, not <{xml.local(root)}>.")
        return children(root, kind)

    def _is_own(self, element: _Element) -> bool:
        scope = text_of(child_of(element, "scope"), "id")
        return scope is None or id_tail(scope) == id_tail(self._vdc_id)

    def containers(self, ids: Collection[str]) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield each group that contains some of the objects, as ``(name, ids)``.

        ``ids``, here and in the result, are the last parts of the IDs of the objects.
        """
        for element in self._list(_CONTAINERS[self._kind]):
            members = [*children(element, "member"), *children(element, "excludeMember")]
            used = {id_tail(text_of(member, "objectId") or "") for member in members} & set(ids)
            if used:
                yield text_of(element, "name") or text_of(element, "objectId") or "", frozenset(used)

    # -- writing --------------------------------------------------------------------------------------------------

    def create(self, spec: Any) -> None:
        """Create an object.

        Inheritance is allowed, because rules cannot use an IP set without inheritance.
        """
        root = etree.Element(self._kind)
        for name in ("name", "description"):
            set_text(root, name, getattr(spec, name) or "")
        set_text(root, "inheritanceAllowed", True)
        _fill(root, spec, ("addresses",) if self._kind == "ipset" else ("services",))
        self._send("POST", self._vdc_id, root)

    def update(self, item: GroupObject, spec: Any, changed: Sequence[str]) -> None:
        """Change the fields ``changed`` of an object. The body has the current revision."""
        root: _Element = copy.deepcopy(item.raw)
        if "description" in changed:
            set_text(root, "description", spec.description or "")
        _fill(root, spec, changed)
        self._send("PUT", item.object_id, root)

    def delete(self, item: GroupObject) -> None:
        """Delete an object. The server refuses to delete one that is in use."""
        try:
            response = self._session.call("DELETE", self._path(item.object_id), accept=_XML)
        except NotFoundError:
            return  # another client has deleted the object
        _refuse_page(response)

    def _send(self, method: str, object_id: str, root: _Element) -> None:
        try:
            response = self._session.call(
                method, self._path(object_id), accept=_XML, content_type=_XML, body=xml.to_bytes(root)
            )
        except InvalidRequestError as exc:
            if _OLD_REVISION not in exc.message:
                raise
            raise ConflictError(
                exc.message, status=exc.status, code=exc.code, request_id=exc.request_id, method=exc.method,
                path=exc.path, hint="Run the task again.",
            ) from exc  # fmt: skip
        _refuse_page(response)

    def _path(self, object_id: str) -> str:
        return f"/network/services/{self._kind}/{quote(object_id, safe=':')}"


def _refuse_page(response: Response) -> None:
    """Raise DecodeError if a proxy answered a write, which leaves its result unknown."""
    if html_title(response.body):
        raise html_error(response.body, "the response to the write", "a response of the server")


def _common(element: _Element) -> dict[str, Any]:
    texts = {name: text_of(element, name) for name in ("name", "description")}
    return {"name": texts["name"], "description": texts["description"] or "", "id": text_of(element, "objectId")}


def _texts(text: str | None) -> tuple[str, ...]:
    return tuple(item.strip() for item in (text or "").split(",") if item.strip())


def _ip_set(element: _Element) -> IpSetSpec:
    return IpSetSpec(addresses=_texts(text_of(element, "value")), **_common(element))


def _application(element: _Element) -> ApplicationProfileSpec:
    content = child_of(element, "element")
    wire = text_of(content, "applicationProtocol") or ""
    protocol = _PROTOCOLS.get(wire.upper(), wire.casefold())
    values = _texts(text_of(content, "value"))
    if protocol.startswith("icmp"):
        service = ProfileServiceSpec(protocol, icmp_type=values[0] if values else None)
    else:
        source_port = _texts(text_of(content, "sourcePort"))
        is_any = not source_port or port_set(source_port) == (ANY,)
        service = ProfileServiceSpec(protocol, values or (ANY,), None if is_any else source_port)
    return ApplicationProfileSpec(services=(service,), **_common(element))


def _fill(root: _Element, spec: Any, names: Sequence[str]) -> None:
    """Set the content of an object. An application has one service."""
    if "addresses" in names:
        set_text(root, "value", ",".join(spec.addresses))
    if "services" in names:
        (service,) = spec.services
        content = ensure_child(root, "element")
        set_text(content, "applicationProtocol", _WIRE_PROTOCOLS[service.protocol])
        ports = service.port if service.icmp_type is None else (service.icmp_type,)
        for name, values in (("value", ports), ("sourcePort", service.source_port)):
            is_any = not values or port_set(values) == (ANY,)
            set_text(content, name, "" if is_any else ",".join(values or ()))
