"""Run a simulator in a separate process, and reset the simulator between turns."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.benchmarks.side_by_side.contenders import rules
from tests.support.ansible import environment
from tests.support.served import served

_XML = {"Accept": "application/*+xml;version=38.1"}


class Cloud:
    """A running simulator.

    ``env`` contains the variables that the simulator exports. Each contender has a separate edge.
    """

    def __init__(self, env: Mapping[str, str], backend: str = "") -> None:
        self.env = env
        self._is_nsxt = backend == "nsxt"
        self._web = requests.Session()
        self._web.verify, self._web.trust_env = env.get("VCA_CA_PATH") or True, False
        user = (f"{env['VCA_USERNAME']}@{env['VCA_ORG']}", env["VCA_PASSWORD"])
        answer = self._call("POST", "/api/sessions", auth=user, headers={"Accept": "application/*+xml;version=29.0"})
        token = answer.headers["x-vcloud-authorization"]
        self._web.headers.update({"x-vcloud-authorization": token, "Accept": "application/json"})
        names = self._call("GET", "/_sim/state").json()["edges"]
        self.edges = [
            (name, edge_id) for edge_id, name in names.items() if name.startswith("nsxt-") or not self._is_nsxt
        ]

    def variables(self) -> dict[str, Any]:
        """Return the settings that a contender needs to sign in."""
        names = ("url", "username", "password", "org", "ca_path")
        return {name: self.env.get(f"VCA_{name.upper()}", "") for name in names}

    def forget_calls(self) -> None:
        """Clear the request log."""
        self._call("DELETE", "/_sim/request-log")

    def calls(self) -> int:
        """Return the number of calls since the request log was last cleared."""
        return len(self._call("GET", "/_sim/request-log").json())

    def take_request_log(self) -> list[dict[str, Any]]:
        """Return the entries of the request log, and clear the log.

        Requests that arrive after the log is read and before the log is cleared are lost.
        """
        found: list[dict[str, Any]] = self._call("GET", "/_sim/request-log").json()
        self.forget_calls()
        return found

    def set_latency(self, latency_ms: int) -> None:
        """Set the delay of every further response, except of this one."""
        self._call("POST", "/_sim/options", json={"latency_ms": latency_ms})

    def fill(self, edge_id: str, count: int) -> None:
        """Replace all rules of an edge."""
        if self._is_nsxt:
            body = {"userDefinedRules": rules.on_the_wire_of_nsxt(count)}
            task = self._call("PUT", rules.nsxt_path(edge_id), headers=rules.NSXT_HEADERS, json=body)
            while 'status="success"' not in self._call("GET", task.headers["Location"], headers=_XML).text:
                time.sleep(0.01)
            return
        rest = {"featureType": "firewall_4.0", "enabled": True}
        wanted = {**rest, "firewallRules": {"firewallRules": rules.on_the_wire(count)}}
        self._call("PUT", f"/network/edges/{edge_id}/firewall/config", json=wanted)

    def user_rules(self, edge_id: str) -> list[dict[str, Any]]:
        """Return the user-defined rules of an edge."""
        if self._is_nsxt:
            read = self._call("GET", rules.nsxt_path(edge_id), headers=rules.NSXT_HEADERS).json()
            return list(read["userDefinedRules"])
        found = self._call("GET", f"/network/edges/{edge_id}/firewall/config").json()
        return [rule for rule in found["firewallRules"]["firewallRules"] if rule["ruleType"] == "user"]

    def org_id(self) -> str:
        """Return the UUID of the organization. Source: protocol/sessions.md §3."""
        found = self._call("GET", "/api/org", headers={"Accept": "application/*+xml;version=29.0"}).text
        found_ids: list[str] = re.findall(r"/api/org/([0-9a-f-]{36})", found)
        return found_ids[0]

    def _call(self, method: str, path: str, **more: Any) -> requests.Response:
        url = path if path.startswith("http") else self.env["VCA_URL"] + path
        answer = self._web.request(method, url, timeout=60, **more)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer


@contextmanager
def running(folder: Path, edges: int, *more: str, backend: str = "") -> Iterator[Cloud]:
    """Run a new simulator until the end of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    size = ("--api", "all", "--edges", str(edges), *more)
    with served(folder, environment({}, folder), *size) as exported:
        yield Cloud(exported, backend)
