"""Decode the XML and JSON documents of sign-in.

Elements are matched by local name, and links are matched by type and rel. The order of elements is ignored, because it
differs between servers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import DecodeError
from vcloudair_core.session.versions import OfferedVersion
from vcloudair_core.util.xml import local, parse, parse_json

if TYPE_CHECKING:
    from lxml.etree import _Element

_JSON_TYPES = {list: "a JSON array", str: "a JSON string", bool: "a JSON boolean", type(None): "null"}
"""Names of JSON types in messages. All other values are numbers or objects."""


@dataclass(frozen=True)
class VcdSession:
    """The properties of a session that vCloud Director returns.

    Source: protocol/sessions.md §3.2, §4.3.
    """

    user: str = ""
    org: str = ""
    org_id: str = ""
    org_href: str = ""
    roles: tuple[str, ...] = ()
    href: str = ""


@dataclass(frozen=True)
class PortalVdc:
    """A VDC listed by the subscription portal. Source: protocol/sessions.md §2.2."""

    name: str
    service_id: str
    service_type: str
    region: str
    status: str
    session_href: str


@dataclass(frozen=True)
class PortalService:
    """A service listed by the subscription portal."""

    service_id: str
    service_type: str
    region: str
    href: str


@dataclass(frozen=True)
class VdcCredentials:
    """The token for a VDC's vCloud Director, as the portal returns it."""

    name: str
    href: str
    token: str = field(repr=False)
    header: str = "x-vcloud-authorization"


def decode_versions(body: bytes) -> list[OfferedVersion]:
    """Decode ``SupportedVersions``.

    Source: protocol/sessions.md §4.1, protocol/vcd-modern.md §1.2.
    """
    versions = []
    for info in parse(body, what="the list of API versions"):
        if local(info) != "VersionInfo":
            continue
        texts = {local(child): (child.text or "").strip() for child in info}
        versions.append(
            OfferedVersion(
                version=texts.get("Version", ""),
                login_url=texts.get("LoginUrl", ""),
                is_deprecated=info.get("deprecated", "").strip().lower() == "true",
            )
        )
    return versions


def decode_session(body: bytes) -> VcdSession:
    """Decode the XML ``Session`` of vCloud Director.

    Old API versions omit the roles, the userId and the org link, so every field can be empty.
    """
    root = _root(body, "Session", "the session")
    org_href = next((link.get("href", "") for link in _links(root) if _is_type(link, "vcloud.org+xml")), "")
    remove = next((link.get("href", "") for link in _links(root) if link.get("rel") == "remove"), "")
    roles = tuple(role.strip() for role in root.get("roles", "").split(",") if role.strip())
    return VcdSession(
        user=root.get("user", ""),
        org=root.get("org", ""),
        org_id=last_segment(org_href),
        org_href=org_href,
        roles=roles,
        href=remove or root.get("href", ""),
    )


def decode_cloudapi_session(body: bytes) -> VcdSession:
    """Decode the JSON ``Session`` of ``/cloudapi``.

    Source: protocol/vcd-modern.md §1.3.
    """
    tree = _mapping(parse_json(body, what="the session"), "the session")
    org, user = _child(tree, "org"), _child(tree, "user")
    roles = tree.get("roles")
    if not org and not user:
        raise DecodeError("Reading the session failed. The response contains neither a user nor an org.")
    return VcdSession(
        user=_text(user.get("name")),
        org=_text(org.get("name")),
        org_id=_text(org.get("id")).rpartition(":")[2],
        roles=tuple(_text(role) for role in roles) if isinstance(roles, list) else (),
    )


def decode_access_token(body: bytes) -> tuple[str, float | None, str]:
    """Return the access token, its lifetime in seconds, and the new API token.

    Source: protocol/vcd-modern.md §1.4, §1.5.
    """
    tree = _mapping(parse_json(body, what="the response of the token service"), "the response of the token service")
    token = _text(tree.get("access_token"))
    if not token:
        raise DecodeError(
            "The response of the token service does not have an access_token.",
            hint="Check that url is the address of a vCloud Director server.",
        )
    lives = tree.get("expires_in")
    return (
        token,
        float(lives) if isinstance(lives, int) and 0 <= lives < 1e10 else None,
        _text(tree.get("refresh_token")),
    )


def decode_portal_session(body: bytes) -> tuple[str, str]:
    """Return the service list URL and the logout URL of a portal session.

    Source: protocol/sessions.md §2.2, §2.3.
    """
    root = _root(body, "Session", "the portal's session")
    services = next(
        (link.get("href", "") for link in _links(root) if "servicelist" in link.get("type", "").lower()), ""
    )
    remove = next((link.get("href", "") for link in _links(root) if link.get("rel") == "remove"), "")
    if not services:
        raise DecodeError(
            "Reading the portal's session failed. The response does not contain a link to the list of services."
        )
    return services, remove or root.get("href", "")


def decode_services(body: bytes) -> list[PortalService]:
    """Decode ``Services``. Elements other than ``Service`` are ignored."""
    root = _root(body, "Services", "the list of services")
    return [
        PortalService(
            service_id=child.get("serviceId", ""),
            service_type=child.get("serviceType", ""),
            region=child.get("region", ""),
            href=child.get("href", ""),
        )
        for child in root
        if local(child) == "Service" and child.get("href")
    ]


def decode_compute(body: bytes, service: PortalService) -> list[PortalVdc]:
    """Return the VDCs of a compute service, or an empty list for other services."""
    root = parse(body, what=f"service {service.service_id}")
    vdcs = []
    for child in root:
        if local(child) != "VdcRef":
            continue
        href = next((link.get("href", "") for link in _links(child) if _is_session_link(link)), "")
        if href:
            vdcs.append(
                PortalVdc(
                    name=child.get("name", ""),
                    service_id=service.service_id or root.get("serviceId", ""),
                    service_type=service.service_type,
                    region=service.region,
                    status=child.get("status", ""),
                    session_href=href,
                )
            )
    return vdcs


def decode_vdc_credentials(body: bytes) -> list[VdcCredentials]:
    """Return the token of each VdcLink in a ``VCloudSession``.

    Source: protocol/sessions.md §2.2.
    """
    root = _root(body, "VCloudSession", "the VDC's session")
    credentials = [
        VdcCredentials(
            name=child.get("name", ""),
            href=child.get("href", ""),
            token=child.get("authorizationToken", "").strip(),
            header=child.get("authorizationHeader", "").strip() or "x-vcloud-authorization",
        )
        for child in root
        if local(child) == "VdcLink" and child.get("href") and child.get("authorizationToken", "").strip()
    ]
    if not credentials:
        raise DecodeError("The portal's response does not contain a VdcLink with a token.")
    return credentials


def decode_vdc(body: bytes) -> tuple[str, str, str]:
    """Return the name of a VDC, and the href and the name of its org.

    The href and the name of the org can be empty.
    """
    root = _root(body, "Vdc", "the VDC")
    for link in _links(root):
        if link.get("rel") == "up" and _is_type(link, "vcloud.org+xml"):
            return root.get("name", ""), link.get("href", ""), link.get("name", "")
    return root.get("name", ""), "", ""


def decode_org(body: bytes) -> tuple[str, list[tuple[str, str]]]:
    """Return the name of an org, and a ``(name, href)`` tuple for each of its VDCs.

    Source: protocol/sessions.md §4.3.
    """
    root = parse(body, what="the org")
    vdcs = [(link.get("name", ""), link.get("href", "")) for link in _links(root) if _is_type(link, "vcloud.vdc+xml")]
    return root.get("name", ""), vdcs


def decode_instances(body: bytes) -> list[dict[str, Any]]:
    """Return the On-Demand instances with decoded ``instanceAttributes``.

    If ``instanceAttributes`` is missing or is not JSON, the instance is returned unchanged. Source:
    protocol/sessions.md §3.2.
    """
    tree = _mapping(parse_json(body, what="the list of instances"), "the list of instances")
    instances = tree.get("instances")
    if not isinstance(instances, list):
        raise DecodeError("Reading the list of instances failed. The response does not contain the key 'instances'.")
    return [_with_attributes(instance) for instance in instances if isinstance(instance, dict)]


def decode_plans(body: bytes) -> dict[str, dict[str, Any]]:
    """Return the On-Demand plans by ID."""
    tree = _mapping(parse_json(body, what="the list of plans"), "the list of plans")
    plans = tree.get("plans")
    return {
        _text(plan.get("id")): plan for plan in (plans if isinstance(plans, list) else ()) if isinstance(plan, dict)
    }


def last_segment(href: str) -> str:
    """Return the ID at the end of an href, without query and trailing slash."""
    return href.split("?", 1)[0].rstrip("/").rpartition("/")[2]


def _with_attributes(instance: dict[str, Any]) -> dict[str, Any]:
    attributes = instance.get("instanceAttributes")
    if isinstance(attributes, str) and attributes.lstrip().startswith("{"):
        try:
            return instance | {"instanceAttributes": json.loads(attributes)}
        except (ValueError, RecursionError):
            return instance
    return instance


def _root(body: bytes, name: str, what: str) -> _Element:
    root = parse(body, what=what)
    if local(root) != name:
        raise DecodeError(
            f"Reading {what} failed. The server sent a {local(root)!r} element instead of {name!r}.",
            hint="Check that service_type matches the service at url.",
        )
    return root


def _links(element: _Element) -> Iterator[_Element]:
    return (child for child in element if local(child) == "Link")


def _is_type(link: _Element, ending: str) -> bool:
    """Return True if a link has the type ``application/vnd.vmware.<ending>``."""
    media_type = link.get("type", "").split(";", 1)[0].strip().lower()
    return media_type == f"application/vnd.vmware.{ending}".lower()


def _is_session_link(link: _Element) -> bool:
    href = link.get("href", "")
    return "vcloudsession" in link.get("type", "").lower() or href.rstrip("/").lower().endswith("/vcloudsession")


def _mapping(tree: Any, what: str) -> dict[str, Any]:
    if not isinstance(tree, dict):
        kind = _JSON_TYPES.get(type(tree), "a JSON number")
        raise DecodeError(f"Reading {what} failed. The server sent {kind} instead of a JSON object.")
    return tree


def _child(tree: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    child = tree.get(name)
    return child if isinstance(child, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
