"""A fake server with the distributed firewall of one VDC group.

It behaves as described in protocol/nsxt.md §2-§4 and §8, and does not use the codec.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from tests.unit.services.ans.fakes import FakeSession
from vcloudair_core.errors import InvalidRequestError, NotFoundError, PermissionDeniedError
from vcloudair_core.transport.messages import Headers, Response

GROUP_ID = "7c1f0000-0000-4000-8000-000000000001"
GROUP = f"urn:vcloud:vdcGroup:{GROUP_ID}"
ORG_ID = "1f000000-0000-4000-8000-000000000001"
DEFAULT_NAME = "Default_VdcGroup_dc-group"
WEB_GROUP = {"id": "urn:vcloud:firewallGroup:00000000-0000-4000-8000-0000000000a1", "name": "web servers"}
HTTPS = {
    "id": "urn:vcloud:applicationPortProfile:00000000-0000-4000-8000-0000000000b1",
    "name": "HTTPS",
    "scope": "SYSTEM",
    "applicationPorts": [{"name": "HTTPS", "protocol": "TCP", "destinationPorts": ["443"]}],
}
ICMP = {
    "id": "urn:vcloud:applicationPortProfile:00000000-0000-4000-8000-0000000000b2",
    "name": "ICMPv4-ALL",
    "scope": "SYSTEM",
    "applicationPorts": [{"protocol": "ICMPv4", "destinationPorts": []}],
}
_RULE_KEYS = {
    "id", "name", "description", "comments", "action", "actionValue", "enabled", "direction", "ipProtocol", "logging",
    "sourceFirewallGroups", "destinationFirewallGroups", "sourceGroupsExcluded", "destinationGroupsExcluded",
    "applicationPortProfiles", "networkContextProfiles", "appliedTo", "version",
}  # fmt: skip
_ADDRESS_KEYS = {"sourceFirewallIpAddresses", "destinationFirewallIpAddresses"}


def stored(rule_id: str, name: str, **more: Any) -> dict[str, Any]:
    """Return a rule in the format of the server."""
    return {
        "id": rule_id,
        "name": name,
        "comments": "",
        "actionValue": "ALLOW",
        "enabled": True,
        "direction": "IN_OUT",
        "ipProtocol": "IPV4_IPV6",
        "logging": False,
        "sourceFirewallGroups": None,
        "destinationFirewallGroups": None,
        "sourceGroupsExcluded": None,
        "destinationGroupsExcluded": None,
        "applicationPortProfiles": None,
        "version": {"version": 0},
        **more,
    }


class FakeVdcGroup(FakeSession):
    """A session with a server that has one VDC group.

    Before each PUT that replaces all rules, the next function of ``before_write`` is called. ``writes`` has the method
    and path of each write. ``bodies`` has the last body that was written to each path.
    """

    def __init__(self, state_dir: Any, version: str = "38.1", *rules: dict[str, Any], **settings: Any) -> None:
        super().__init__(None, vdc_group=None, state_dir=str(state_dir), **settings)
        self.identity.api_version = version
        self.identity.org_id = f"urn:vcloud:org:{ORG_ID}"
        self.has_addresses = version >= "38.1"
        self.is_active = self.is_enabled = True
        self.provider_type = "NSX_T"
        self.rules = [*copy.deepcopy(rules), stored("default-id", DEFAULT_NAME, actionValue="DROP")]
        self.groups: dict[str, dict[str, Any]] = {WEB_GROUP["id"]: dict(WEB_GROUP)}
        self.profiles: dict[str, dict[str, Any]] = {str(item["id"]): dict(item) for item in (HTTPS, ICMP)}
        self.before_write: list[Callable[[FakeVdcGroup], None]] = []
        self.writes: list[tuple[str, str]] = []
        self.bodies: dict[str, Any] = {}
        self._number = 0

    @property
    def names(self) -> list[str]:
        """Names of all rules, in order."""
        return [rule["name"] for rule in self.rules]

    def rule(self, name: str) -> dict[str, Any]:
        """Return the rule with a name."""
        return next(rule for rule in self.rules if rule["name"] == name)

    def call(self, method: str, path: str, **more: Any) -> Response:
        self.calls.append((method, path))
        self.sent.append(more)
        body = json.loads(more["body"]) if more.get("body") else None
        if method != "GET":
            self.writes.append((method, path.rpartition("/1.0.0/")[2].replace(GROUP, "{group}")))
            self.bodies[path.rpartition("/")[2]] = body
        answer = self._answer(
            method, unquote(path.removeprefix("/cloudapi/1.0.0")), body, dict(more.get("query") or ())
        )
        if answer is None:
            return Response(204)
        return Response(200, Headers({"Content-Type": "application/json"}), json.dumps(answer).encode())

    def _answer(self, method: str, path: str, body: Any, query: Mapping[str, Any]) -> Any:
        if path == "/vdcGroups":
            return {"pageCount": 1, "values": [self._group()]}
        if path == f"/vdcGroups/{GROUP}":
            return self._group()
        if path.startswith("/vdcGroups/urn"):
            if not path.startswith(f"/vdcGroups/{GROUP}/dfwPolicies"):
                raise PermissionDeniedError("no such group", status=403)
            return self._policies(method, path.removeprefix(f"/vdcGroups/{GROUP}/dfwPolicies"), body)
        if path.startswith("/firewallGroups"):
            assert method != "GET" or not path.endswith("summaries") or query["filter"] == f"_context=={GROUP}"
            return self._objects(self.groups, "firewallGroup", method, path.removeprefix("/firewallGroups"), body)
        if path.startswith("/applicationPortProfiles"):
            path = path.removeprefix("/applicationPortProfiles")
            return self._objects(self.profiles, "applicationPortProfile", method, path, body)
        raise NotFoundError("nothing here", status=404, method=method, path=path)

    def _group(self) -> dict[str, Any]:
        return {
            "id": GROUP,
            "name": "dc-group",
            "orgId": f"urn:vcloud:org:{ORG_ID}",
            "networkProviderType": self.provider_type,
            "dfwEnabled": self.is_active,
        }

    def _policies(self, method: str, path: str, body: Any) -> Any:
        if path == "" and method == "PUT":
            if body["enabled"] and not self.is_active:
                self.rules = [stored("default-id", DEFAULT_NAME, actionValue="DROP")]
            self.is_active = body["enabled"]
            return None
        if path == "/default" and method == "PUT":
            assert self.is_active
            self.is_enabled = body["enabled"]
            return None
        if path == "":
            policy = {"id": "default", "name": "Default", "enabled": self.is_enabled, "version": {"version": 3}}
            return {"enabled": self.is_active, "defaultPolicy": policy}
        if not self.is_active:
            raise NotFoundError("the distributed firewall is not active", status=404)
        assert path.startswith("/default/rules")
        return self._rules(method, path.removeprefix("/default/rules").lstrip("/"), body)

    def _rules(self, method: str, rule_id: str, body: Any) -> Any:
        if method == "GET":
            return {"values": self.rules}
        if method == "DELETE":
            self.rules = [rule for rule in self.rules if rule["id"] != rule_id]
            return None
        if rule_id:
            self.rules = [self._stored(body) if rule["id"] == rule_id else rule for rule in self.rules]
            return None
        if self.before_write:
            self.before_write.pop(0)(self)
        self.rules = [self._stored(rule) for rule in body["values"]]
        return None

    def _stored(self, sent: dict[str, Any]) -> dict[str, Any]:
        allowed = _RULE_KEYS | (_ADDRESS_KEYS if self.has_addresses else set())
        assert not set(sent) - allowed, set(sent) - allowed
        if not sent.get("id"):
            return {**stored(self._new_id(), ""), **sent, "version": {"version": 0}}
        current = next((rule for rule in self.rules if rule["id"] == sent["id"]), None)
        if current is None or sent.get("version") != current["version"]:
            raise InvalidRequestError("stale rule", status=400)
        if sent == current:
            return current
        return {**current, **sent, "version": {"version": current["version"]["version"] + 1}}

    def _objects(self, known: dict[str, dict[str, Any]], kind: str, method: str, path: str, body: Any) -> Any:
        if method == "POST":
            assert body.get("ownerRef", {"id": GROUP}) == {"id": GROUP}
            assert body.get("contextEntityId", GROUP) == GROUP
            urn = f"urn:vcloud:{kind}:{self._new_id()}"
            known[urn] = {**body, "id": urn}
            return None
        urn = path.lstrip("/")
        if method == "DELETE":
            if any(urn in json.dumps(rule) for rule in self.rules):
                raise InvalidRequestError("in use", status=400)
            del known[urn]
            return None
        return known[urn] if urn in known else {"pageCount": 1, "values": list(known.values())}

    def _new_id(self) -> str:
        self._number += 1
        return f"00000000-0000-4000-8000-{self._number:012d}"
