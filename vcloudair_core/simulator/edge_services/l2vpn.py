"""The L2 VPN of an NSX-V edge.

Source: protocol/ans.md §5. Error codes are placeholders, because no source states them.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

from lxml import etree

from vcloudair_core.simulator.edge.edge_interfaces import interfaces
from vcloudair_core.simulator.edge.firewall_section import RefusedError, check_version
from vcloudair_core.simulator.edge.section_xml import _root
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.simulator.state.world import World
from vcloudair_core.simulator.xml_builder import serialize

NAME = "nsxv_l2vpn"
"""Name of the section in the edge.

Format of the section: ``{"xml": the last written document, "version", "shows_passwords": bool}``. The document contains
passwords.
"""
MASK = "******"
_DEFAULT = "<l2Vpn><enabled>false</enabled><logging><enable>false</enable><logLevel>info</logLevel></logging></l2Vpn>"
_SERVER = "l2VpnSites/l2VpnSite/server/configuration"
_CODE = 13500


def stored(edge: SimulatedEdge) -> Any:
    """Return the current document as an element, with passwords."""
    return etree.fromstring(edge.sections.get(NAME, {}).get("xml", _DEFAULT))


def to_document(edge: SimulatedEdge) -> bytes:
    """Return the L2 VPN as XML with its version.

    Passwords are masked, unless the section shows them.
    """
    root, state = stored(edge), edge.sections.get(NAME, {})
    if not state.get("shows_passwords"):
        for password in root.iter("password"):
            password.text = MASK
    version = etree.Element("version")
    version.text = str(state.get("version", 1))
    root.insert(0, version)
    return serialize(root)


def replace(world: World, edge: SimulatedEdge, body: bytes, *, strict_version: str) -> None:
    """Replace the L2 VPN. A mask in the body becomes the password.

    Raises RefusedError for an invalid L2 VPN, and ValueError for invalid XML. The L2 VPN then stays unchanged.
    """
    root, state = _root(body, "l2Vpn"), edge.sections.get(NAME, {})
    version = root.find("version")
    sent = {} if version is None else {"version": int(version.text or "")}
    check_version({"version": state.get("version", 1)}, sent, "l2vpn", strict_version)
    if version is not None:
        root.remove(version)
    server = root.find(_SERVER)
    if server is not None and root.find("l2VpnSites/l2VpnSite/client") is not None:
        raise RefusedError("[L2Vpn] An edge is either a server or a client.", code=_CODE)
    if server is not None:
        _check_server(world, edge, server)
    elif root.find("l2VpnSites/l2VpnSite/client") is None and root.findtext("enabled") == "true":
        raise RefusedError("[L2Vpn] The service needs a server or a client.", code=_CODE)
    edge.sections[NAME] = {
        "xml": etree.tostring(root, encoding="unicode"),
        "version": state.get("version", 1) + 1,
        "shows_passwords": state.get("shows_passwords", False),
    }


def _check_server(world: World, edge: SimulatedEdge, server: Any) -> None:
    try:
        IPv4Address((server.findtext("listenerIp") or "").strip())
    except ValueError:
        raise RefusedError("[L2Vpn] Invalid listenerIp.", code=_CODE) from None
    if not (server.findtext("encryptionAlgorithm") or "").strip():
        raise RefusedError("[L2Vpn] encryptionAlgorithm is required.", code=_CODE)
    if not (server.findtext("listenerPort") or "").strip():
        _set_port(server)
    known = {interface["index"] for interface in interfaces(world, edge) if interface["type"] != "uplink"}
    names: set[str] = set()
    for site in server.findall("peerSites/peerSite"):
        name = (site.findtext("name") or "").strip()
        if not name or name in names:
            raise RefusedError(f"[L2Vpn] The name {name!r} is missing or not unique.", code=_CODE)
        names.add(name)
        for path in ("l2VpnUser/userId", "l2VpnUser/password"):
            if not site.findtext(path):
                raise RefusedError(f"[L2Vpn] {path} of {name} is required.", code=_CODE)
        indexes = {int(node.text or "-1") for node in site.findall("vnics/index")}
        if not indexes or indexes - known:
            raise RefusedError(f"[L2Vpn] {name} has no interface, or an unknown interface.", code=_CODE)


def _set_port(server: Any) -> None:
    """Set the default port 443 of a server without a port."""
    port = server.find("listenerPort")
    if port is None:
        port = etree.Element("listenerPort")
        server.insert(1, port)
    port.text = "443"
