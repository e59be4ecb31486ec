"""The IPsec section of an NSX edge: validation, masked keys and statistics.

Source: protocol/ans.md §4.
"""

from __future__ import annotations

import copy
import ipaddress
from collections.abc import Sequence
from typing import Any

from lxml import etree

from vcloudair_core.simulator.edge.firewall_section import RefusedError, check_version
from vcloudair_core.simulator.edge.section_xml import _element, _root
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.simulator.xml_builder import serialize

MASK = "******"
ENCRYPTION = {"aes", "aes256", "3des", "aes-gcm"}
DH_GROUPS = {"dh2", "dh5", "dh14", "dh15", "dh16"}
LOG_LEVELS = {"emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"}
MODES = {"psk", "x.509"}
_FLAGS = {"enabled", "enablePfs", "responderOnly", "enable", "disableEvent"}
_READ_ONLY = {"ConfigStatus"}
_SECTION = {"featureType", "version", "enabled", "logging", "disableEvent", "global", "sites"}


class SimulatedIpsec:
    """The IPsec section of an edge.

    Error codes are placeholders, because no source states them.

    Source: protocol/ans.md §4, §12.
    """

    name = "ipsec"

    def state(self, edge: SimulatedEdge) -> dict[str, Any]:
        """Return the state of the section. The first call creates the state.

        Format: ``{"version", "enabled", "logging", "disableEvent", "global", "sites", "extra", "next_id", "down"}``.
        Pre-shared keys are plain text. ``down`` contains the name of each tunnel that is down, with a message.
        """
        if self.name not in edge.sections:
            edge.sections[self.name] = {**_factory(), "version": 1, "next_id": 1, "down": {}}
        return edge.sections[self.name]

    def shown(self, edge: SimulatedEdge, *, is_sensitive: bool) -> dict[str, Any]:
        """Return the section as a GET request returns it.

        Pre-shared keys are masked unless ``is_sensitive`` is true. The global key is masked even if it is empty.
        """
        state = self.state(edge)
        shown: dict[str, Any] = {
            "featureType": "ipsec_4.0",
            "version": state["version"],
            "enabled": state["enabled"],
            "logging": state["logging"],
            "disableEvent": state["disableEvent"],
            "global": copy.deepcopy(state["global"]),
            "sites": {"sites": copy.deepcopy(state["sites"])},
            **state["extra"],
        }
        if not is_sensitive:
            shown["global"]["psk"] = MASK
            for site in shown["sites"]["sites"]:
                if "psk" in site:
                    site["psk"] = MASK
        return shown

    def replace(self, edge: SimulatedEdge, data: dict[str, Any], *, config: Any, needs_feature_type: bool) -> None:
        """Replace the whole section. Sites that ``data`` does not contain are deleted.

        Invalid data raises RefusedError and changes nothing.
        """
        state = self.state(edge)
        if needs_feature_type and data.get("featureType") != "ipsec_4.0":
            raise RefusedError("The feature type is missing or wrong: ipsec_4.0 is required.", code=10001)
        check_version(state, data, self.name, config.strict_version)
        sites = [self._checked(state, site, config) for site in (data.get("sites") or {}).get("sites") or []]
        _reject_duplicates(sites)
        logging = {**_factory()["logging"], **(data.get("logging") or {})}
        if str(logging["logLevel"]).lower() not in LOG_LEVELS:
            raise RefusedError(f"[Ipsec] Invalid log level {logging['logLevel']}.", code=12614)
        is_on = data.get("enabled", False)
        if is_on and not sites:
            raise RefusedError("[Ipsec] At least one site is needed to enable the service.", code=12601)
        shared = {**_factory()["global"], **(data.get("global") or {})}
        if shared.get("psk") == MASK:
            shared["psk"] = state["global"].get("psk", "")
        for site in sites:
            if not site.get("siteId"):
                site["siteId"] = f"ipsecsite-{state['next_id']}"
                state["next_id"] += 1
        state.update(enabled=is_on, logging=logging, sites=sites, disableEvent=data.get("disableEvent", False))
        state["global"] = shared
        state["extra"] = {key: value for key, value in data.items() if key not in _SECTION}
        state["version"] += 1

    def reset(self, edge: SimulatedEdge) -> None:
        """Restore the default settings: IPsec is off, has no sites, and logs warnings.

        Source: protocol/ans.md §4.4.
        """
        state = self.state(edge)
        state.update(_factory(), version=state["version"] + 1)

    # -- statistics ----------------------------------------------------------------------------------------------

    def statistics(self, edge: SimulatedEdge) -> dict[str, Any]:
        """Return the status of each enabled tunnel.

        All tunnels are down if IPsec is off. Otherwise, only tunnels that :meth:`set_tunnel_down` names are down.
        Source: protocol/ans.md §4.4.
        """
        state = self.state(edge)
        sites = [_site_statistics(state, site) for site in state["sites"] if site.get("enabled", True)]
        return {
            "serverStatus": "up" if state["enabled"] else "down",
            "timeStamp": 1447000000,
            "siteStatistics": sites,
        }

    def set_tunnel_down(self, edge: SimulatedEdge, name: str, message: str) -> None:
        """Take the tunnel ``name`` down, and show ``message`` as the reason.

        An empty message brings the tunnel up again.
        """
        down = self.state(edge)["down"]
        if message:
            down[name] = message
        else:
            down.pop(name, None)

    # -- XML -----------------------------------------------------------------------------------------------------

    def to_xml(self, shown: dict[str, Any]) -> bytes:
        """Return the section as XML. Source: protocol/ans.md §4.4, §9."""
        root = _element("ipsec", {key: value for key, value in shown.items() if key not in ("featureType", "sites")})
        sites = etree.SubElement(root, "sites")
        for site in shown["sites"]["sites"]:
            made = _element("site", {key: value for key, value in site.items() if not key.endswith("Subnets")})
            for key in ("localSubnets", "peerSubnets"):
                holder = etree.SubElement(made, key)
                for subnet in (site.get(key) or {}).get("subnets", ()):
                    etree.SubElement(holder, "subnet").text = subnet
            sites.append(made)
        return serialize(root)

    def from_xml(self, body: bytes) -> dict[str, Any]:
        """Return the section that an XML body contains, in its JSON format.

        Raises etree.XMLSyntaxError or ValueError for an invalid body.
        """
        root = _root(body, "ipsec")
        data = {child.tag: _value(child) for child in root if child.tag != "sites"}
        if "version" in data:
            data["version"] = int(data["version"])
        sites = root.find("sites")
        data["sites"] = {"sites": [_site(child) for child in sites] if sites is not None else []}
        return data

    # -- validation ----------------------------------------------------------------------------------------------

    def _checked(self, state: dict[str, Any], raw: dict[str, Any], config: Any) -> dict[str, Any]:
        site = {key: copy.deepcopy(value) for key, value in raw.items() if key not in _READ_ONLY}
        site.setdefault("peerIp", "")  # vcloudair 0.5 sends an empty peer to accept any peer.
        for key in ("localIp", "peerId"):
            if not str(site.get(key) or "").strip():
                raise RefusedError(f"[Ipsec] {key} is required.", code=12602)
        site.setdefault("localId", site["localIp"])
        _check_values(site)
        _check_subnets(site)
        before = _find_previous(state["sites"], site)
        if site.get("siteId") and before is None:
            raise RefusedError(f"[Ipsec] The site {site['siteId']} does not exist.", code=12603)
        if before is not None:
            site["siteId"] = before["siteId"]
        self._set_key(site, before, config)
        is_vcd = config.profile != "vca"
        defaults = {"enabled": True, "authenticationMode": "psk", "encryptionAlgorithm": "aes256", "enablePfs": True}
        defaults |= {"dhGroup": "dh14" if is_vcd else "dh2", "mtu": 1500}
        return {**site, **{key: value for key, value in defaults.items() if key not in site}}

    def _set_key(self, site: dict[str, Any], before: dict[str, Any] | None, config: Any) -> None:
        """Set the pre-shared key of a new or changed site, or raise RefusedError.

        If the key in the request is masked, the site keeps its current key. Source: protocol/ans.md §4.3, §12.
        """
        if str(site.get("authenticationMode") or "psk").lower() != "psk":
            return
        key = site.get("psk")
        if key == MASK:
            if before is not None:
                site["psk"] = before.get("psk", "")
            elif config.masked_psk_of_new_site == "refuse":
                raise RefusedError("[Ipsec] The pre-shared key of a new site is masked.", code=12604)
        elif not key and str(site["peerIp"]).lower() not in ("", "any"):
            raise RefusedError("[Ipsec] psk is required.", code=12605)
        elif len(str(key or "")) > 128:
            raise RefusedError("[Ipsec] psk is longer than 128 characters.", code=12606)


def _factory() -> dict[str, Any]:
    return {
        "enabled": False,
        "logging": {"enable": True, "logLevel": "warning"},
        "disableEvent": False,
        "global": {"psk": "", "caCertificates": {"caCertificate": []}, "crlCertificates": {"crlCertificate": []}},
        "sites": [],
        "extra": {},
    }


def _find_previous(sites: Sequence[dict[str, Any]], site: dict[str, Any]) -> dict[str, Any] | None:
    """Return the current site that the new site replaces, or None.

    Sites match by ID. Without an ID, sites match by ``localIp``, ``peerIp`` and ``peerId``. Source: protocol/ans.md
    §12.
    """
    if site.get("siteId"):
        return next((known for known in sites if known["siteId"] == site["siteId"]), None)
    ends = ("localIp", "peerIp", "peerId")
    return next((known for known in sites if all(known.get(key) == site.get(key) for key in ends)), None)


def _reject_duplicates(sites: Sequence[dict[str, Any]]) -> None:
    for key in ("siteId", "peerId"):
        values = [site[key] for site in sites if site.get(key)]
        doubled = [value for value in values if values.count(value) > 1]
        if doubled:
            raise RefusedError(f"[Ipsec] Duplicate {key} {doubled[0]}.", code=12607)


def _check_values(site: dict[str, Any]) -> None:
    for key, known in (("encryptionAlgorithm", ENCRYPTION), ("dhGroup", DH_GROUPS), ("authenticationMode", MODES)):
        if site.get(key) is not None and str(site[key]).lower() not in known:
            raise RefusedError(f"[Ipsec] Invalid {key} {site[key]}.", code=12608)
    try:
        ipaddress.IPv4Address(str(site["localIp"]))
    except ValueError as exc:
        raise RefusedError(
            f"[Ipsec] Invalid IP address {site['localIp']} is specified for localIp.", code=15012
        ) from exc
    mtu = site.get("mtu")
    if mtu is not None and not (str(mtu).isdigit() and 68 <= int(mtu) <= 9000):
        raise RefusedError(f"[Ipsec] Invalid mtu {mtu}.", code=12609)


def _check_subnets(site: dict[str, Any]) -> None:
    nets: dict[str, list[Any]] = {}
    for key in ("localSubnets", "peerSubnets"):
        subnets = (site.get(key) or {}).get("subnets") or []
        if not subnets:
            raise RefusedError(f"[Ipsec] {key} is required.", code=12602)
        try:
            nets[key] = [ipaddress.ip_network(subnet, strict=False) for subnet in subnets]
        except ValueError as exc:
            raise RefusedError(f"[Ipsec] Invalid {key}: {exc}.", code=15012) from exc
    for local in nets["localSubnets"]:
        for peer in nets["peerSubnets"]:
            if local.version == peer.version and local.overlaps(peer):
                raise RefusedError(f"[Ipsec] Local subnet {local} overlaps peer subnet {peer}.", code=12610)


def _site_statistics(state: dict[str, Any], site: dict[str, Any]) -> dict[str, Any]:
    message = state["down"].get(site.get("name")) or ("" if state["enabled"] else "The service is off.")
    is_up = not message
    pairs = [(local, peer) for local in site["localSubnets"]["subnets"] for peer in site["peerSubnets"]["subnets"]]
    return {
        "siteStatus": "up" if is_up else "down",
        "rxBytesOnSite": 1200 if is_up else 0,
        "txBytesFromSite": 900 if is_up else 0,
        "ikeStatus": {
            "channelStatus": "up" if is_up else "down",
            "channelState": "STATE_MAIN_I4" if is_up else "STATE_MAIN_I1",
            "peerId": site["peerId"],
            "peerIpAddress": site["peerIp"],
            "localIpAddress": site["localIp"],
            "peerSubnets": site["peerSubnets"]["subnets"],
            "localSubnets": site["localSubnets"]["subnets"],
            "lastInformationalMessage": message,
        },
        "tunnelStats": [_tunnel(is_up, local, peer, message) for local, peer in pairs],
    }


def _tunnel(is_up: bool, local: str, peer: str, message: str) -> dict[str, Any]:
    return {
        "tunnelStatus": "up" if is_up else "down",
        "tunnelState": "STATE_QUICK_I2" if is_up else "",
        "localSubnet": local,
        "peerSubnet": peer,
        "encryptionAlgorithm": "AES256",
        "authenticationAlgorithm": "SHA1",
        "rxBytesOnLocalSubnet": 1200 if is_up else 0,
        "txBytesFromLocalSubnet": 900 if is_up else 0,
        "lastInformationalMessage": message,
    }


def _site(node: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for child in node:
        if not isinstance(child.tag, str):
            continue
        if child.tag in ("localSubnets", "peerSubnets"):
            made[child.tag] = {"subnets": [(subnet.text or "").strip() for subnet in child.iter("subnet")]}
        else:
            made[child.tag] = _value(child)
    return made


def _value(node: Any) -> Any:
    if node.tag in ("caCertificates", "crlCertificates"):
        return {node.tag[:-1]: [(child.text or "").strip() for child in node]}
    if len(node) == 0:
        text = node.text or ""
        if node.tag in _FLAGS and text.strip() in ("true", "false"):
            return text.strip() == "true"
        if node.tag == "mtu" and text.strip().isdigit():
            return int(text)
        return text if node.tag in ("description", "psk", "name") else text.strip()
    return {child.tag: _value(child) for child in node if isinstance(child.tag, str)}
