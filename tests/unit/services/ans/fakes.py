"""A fake session with an edge gateway in memory. It does not use the codecs.

The edge behaves as described in protocol/ans.md.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from lxml import etree

from vcloudair_core.errors import BusyError, ConflictError, ConnectionFailedError, InvalidRequestError, NotFoundError
from vcloudair_core.transport.messages import Headers, Response
from vcloudair_core.util.clock import FakeClock

EDGE_ID = "5f2d9b1e-6c0a-4b5e-9d5f-0a4b1f6f3a10"


def user_rule(rule_id: int, name: str, **more: Any) -> dict[str, Any]:
    """Return a user rule in the format of the server."""
    return {
        "ruleId": rule_id,
        "ruleTag": rule_id,
        "name": name,
        "ruleType": "user",
        "enabled": True,
        "loggingEnabled": False,
        "description": "",
        "matchTranslated": False,
        "action": "accept",
        **more,
    }


def endpoint(*addresses: str, vnics: Sequence[str] = (), objects: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """Return a source or destination in the format of the server."""
    return {
        "exclude": False,
        "ipAddress": list(addresses),
        "groupingObjectId": list(objects),
        "vnicGroupId": list(vnics),
        **more,
    }


def application(*services: Mapping[str, Any], ids: Sequence[str] = ()) -> dict[str, Any]:
    """Return an application in the format of the server."""
    return {"applicationId": list(ids), "service": [dict(service) for service in services]}


def tcp(*ports: str) -> dict[str, Any]:
    """Return a TCP service in the format of the server."""
    return {"protocol": "tcp", "port": list(ports), "sourcePort": ["any"]}


INTERNAL = {
    "ruleId": 131074,
    "ruleTag": 131074,
    "name": "firewall",
    "ruleType": "internal_high",
    "enabled": True,
    "loggingEnabled": False,
    "description": "firewall",
    "action": "accept",
    "source": endpoint(vnics=["vse"]),
}
DEFAULT = {
    "ruleId": 131073,
    "ruleTag": 131073,
    "name": "default rule for ingress traffic",
    "ruleType": "default_policy",
    "enabled": True,
    "loggingEnabled": False,
    "description": "default rule for ingress traffic",
    "action": "deny",
}


def section(*rules: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return a firewall section with ``rules`` between the internal rules."""
    return {
        "featureType": "firewall_4.0",
        "version": 12,
        "enabled": True,
        "globalConfig": {
            "tcpPickOngoingConnections": False,
            "dropInvalidTraffic": True,
            "tcpTimeoutEstablished": 21600,
            "udpTimeout": 60,
            "someNewerSetting": "kept",
        },
        "defaultPolicy": {"action": "deny", "loggingEnabled": False},
        "firewallRules": {"firewallRules": [copy.deepcopy(INTERNAL), *map(dict, rules), copy.deepcopy(DEFAULT)]},
        **more,
    }


class FakeEdge:
    """The firewall of an edge.

    Each PUT first calls the next function of ``faults``, which may raise an error.
    """

    def __init__(self, tree: dict[str, Any]) -> None:
        self.tree = copy.deepcopy(tree)
        self.next_id = 140_000
        self.faults: list[Callable[[FakeEdge], None]] = []
        self.after: list[Callable[[FakeEdge], None]] = []
        self.puts: list[dict[str, Any]] = []

    @property
    def rules(self) -> list[dict[str, Any]]:
        """All rules, in order."""
        found: list[dict[str, Any]] = self.tree["firewallRules"]["firewallRules"]
        return found

    def names(self) -> list[str]:
        """Names of the user rules in order."""
        return [rule["name"] for rule in self.rules if rule["ruleType"] == "user"]

    def put(self, sent: dict[str, Any]) -> None:
        """Handle a PUT request for the whole section. Source: protocol/ans.md §2, §8, §12."""
        if self.faults:
            self.faults.pop(0)(self)
        self.puts.append(copy.deepcopy(sent))
        if "version" in sent and sent["version"] != self.tree["version"]:
            raise ConflictError("stale version", status=409)
        if sent.get("featureType") != "firewall_4.0":
            raise InvalidRequestError("featureType", status=400)
        users = []
        for rule in sent["firewallRules"]["firewallRules"]:
            if rule["ruleType"] == "user":
                users.append(self._stored(rule))
        high = [rule for rule in self.rules if rule["ruleType"] == "internal_high"]
        last = [rule for rule in self.rules if rule["ruleType"] == "default_policy"]
        version = self.tree["version"] + 1
        self.tree = {**sent, "version": version, "firewallRules": {"firewallRules": [*high, *users, *last]}}
        if self.after:
            self.after.pop(0)(self)

    def _stored(self, rule: dict[str, Any]) -> dict[str, Any]:
        stored = copy.deepcopy(rule)
        assert "statistics" not in stored and "invalidSource" not in stored
        if "ruleId" not in stored:
            self.next_id += 1
            stored["ruleId"] = self.next_id
        stored.setdefault("ruleTag", stored["ruleId"])
        stored.setdefault("description", "")
        stored.setdefault("matchTranslated", False)
        for side in ("source", "destination"):
            if side in stored:
                for name in ("ipAddress", "groupingObjectId", "vnicGroupId"):
                    stored[side].setdefault(name, [])
        for service in stored.get("application", {}).get("service", ()):
            if service["protocol"].lower() == "icmp":
                assert "port" not in service
                service.setdefault("icmpType", "any")
            else:
                service.setdefault("port", ["any"])
                service.setdefault("sourcePort", ["any"])
        return stored

    def add(self, rule: dict[str, Any]) -> None:
        """Add a rule as another client."""
        self.rules.insert(len(self.rules) - 1, copy.deepcopy(rule))
        self.tree["version"] += 1


# -- XML, converted independently of the codec -------------------------------------------------------------------


def to_xml(tree: Mapping[str, Any]) -> bytes:
    """Convert a section from JSON to the XML of the server.

    Source: protocol/ans.md §2.8, §9.
    """
    root = etree.Element("firewall")
    for name, value in tree.items():
        if not isinstance(value, Mapping) and name != "featureType":
            _leaf(root, name, value)
    for name in ("globalConfig", "defaultPolicy"):
        if name in tree:
            holder = etree.SubElement(root, name)
            for key, value in tree[name].items():
                _leaf(holder, key, value)
    holder = etree.SubElement(root, "firewallRules")
    for rule in tree["firewallRules"]["firewallRules"]:
        _rule_to_xml(etree.SubElement(holder, "firewallRule"), rule)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _rule_to_xml(element: Any, rule: Mapping[str, Any]) -> None:
    for key, value in rule.items():
        name = "id" if key == "ruleId" else key
        if key in ("source", "destination"):
            holder = etree.SubElement(element, name)
            for inner, items in value.items():
                for item in items if isinstance(items, list) else [items]:
                    _leaf(holder, inner, item)
        elif key == "application":
            holder = etree.SubElement(element, name)
            for item in value.get("applicationId", ()):
                _leaf(holder, "applicationId", item)
            for service in value.get("service", ()):
                made = etree.SubElement(holder, "service")
                for inner, items in service.items():
                    for item in items if isinstance(items, list) else [items]:
                        _leaf(made, inner, item)
        elif isinstance(value, Mapping):
            _rule_to_xml(etree.SubElement(element, name), value)
        else:
            _leaf(element, name, value)


def _leaf(parent: Any, name: str, value: Any) -> None:
    etree.SubElement(parent, name).text = str(value).lower() if isinstance(value, bool) else str(value)


_LISTS = {"ipAddress", "groupingObjectId", "vnicGroupId", "applicationId", "port", "sourcePort", "service"}


def from_xml(body: bytes) -> dict[str, Any]:
    """Convert the result of :func:`to_xml` back to a JSON section."""
    root = etree.fromstring(body)
    tree: dict[str, Any] = {"featureType": "firewall_4.0"}
    for child in root:
        if child.tag == "firewallRules":
            tree["firewallRules"] = {"firewallRules": [_from(rule) for rule in child]}
        else:
            tree[child.tag] = _from(child)
    return tree


def _from(element: Any) -> Any:
    if len(element) == 0 and element.tag not in ("application", "source", "destination"):
        text = element.text or ""
        if element.tag in ("name", "description", *_LISTS):
            return text
        return {"true": True, "false": False}.get(text, int(text) if text.isdecimal() else text)
    found: dict[str, Any] = {}
    for child in element:
        name = "ruleId" if child.tag == "id" else child.tag
        if name in _LISTS:
            found.setdefault(name, []).append(_from(child))
        else:
            found[name] = _from(child)
    return found


# -- fake sessions -----------------------------------------------------------------------------------------------


class FakeSession:
    """A fake session with the attributes and methods that stores use.

    ``calls`` has the method and path of each call. ``sent`` has the other arguments of each call.
    """

    def __init__(self, server: FakeEdge | None = None, **settings: Any) -> None:
        chosen = {"service_type": "vcd", "edge_api": "auto", "edge": None, "vdc": None, **settings}
        self.settings = SimpleNamespace(**chosen)
        self.clock = FakeClock()
        self.run_cache: Any = None
        self.token_headers: dict[str, Any] = {}
        self.identity = SimpleNamespace(
            base_url="https://cloud.example.test",
            api_version="27.0",
            vdc_id="",
            vdc_name="",
            org_id="",
            org_name="acme",
        )
        self.server = server
        self.calls: list[tuple[str, str]] = []
        self.sent: list[dict[str, Any]] = []
        self.answers: dict[str, list[Response | Exception]] = {}
        self.states: dict[type[Any], Any] = {}

    def state_of(self, kind: type[Any]) -> Any:
        return self.states.setdefault(kind, kind())

    def call(self, method: str, path: str, **more: Any) -> Response:
        self.calls.append((method, path))
        self.sent.append(more)
        queue = self.answers.get(f"{method} {path}")
        if queue:
            answer = queue.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        if self.server is None or not path.endswith("/firewall/config"):
            raise NotFoundError("nothing here", status=404, method=method, path=path)
        is_json = "json" in (more.get("accept") or "")
        if method == "GET":
            body = json.dumps(self.server.tree).encode() if is_json else to_xml(self.server.tree)
            return Response(200, Headers({"Content-Type": "application/json" if is_json else "application/xml"}), body)
        body = more["body"]
        self.server.put(json.loads(body) if is_json else from_xml(body))
        return Response(204)


class SectionSession(FakeSession):
    """A session whose server stores one section exactly as sent.

    ``body`` is the current section.
    """

    def __init__(self, path: str, body: bytes, **settings: Any) -> None:
        super().__init__(None, edge=EDGE_ID, **settings)
        self.path = path
        self.body = body

    def call(self, method: str, path: str, **more: Any) -> Response:
        if not path.endswith(self.path):
            return super().call(method, path, **more)
        self.calls.append((method, path))
        self.sent.append(more)
        if method == "GET":
            return Response(200, Headers({}), self.body)
        self.body = more["body"]
        return Response(204)


def lost_after_commit(edge: FakeEdge) -> None:
    """A fault for ``FakeEdge.after``: the write succeeds, but the response is lost."""
    raise ConnectionFailedError("the connection broke", may_have_executed=True)


def lost_before_commit(edge: FakeEdge) -> None:
    """A fault for ``FakeEdge.faults``: the connection fails before the write."""
    raise ConnectionFailedError("the connection broke", may_have_executed=True)


def busy(edge: FakeEdge) -> None:
    """A fault for ``FakeEdge.faults``: the edge is busy."""
    raise BusyError("edge is busy completing an operation", status=400, code="BUSY_ENTITY")
