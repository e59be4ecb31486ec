"""Baseline: the HTTP requests of this library, sent over a plain connection pool.

No client that sends these requests can be faster. This contender decodes only the values that the next request needs.
"""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from xml.etree import ElementTree

from tests.benchmarks.side_by_side.contenders import rules
from tests.benchmarks.side_by_side.contenders.worker import Job, Variables, main

XML = {"Accept": "application/*+xml;version=36.3"}
JSON = {"Accept": "application/json", "Content-Type": "application/json"}
PAGE = 128


def _load() -> None:
    import requests  # noqa: F401


class Web:
    """A signed-in session of requests."""

    def __init__(self, variables: Variables, *, reads_versions: bool = False) -> None:
        import requests
        from urllib3 import Retry

        self.variables = variables
        self._web = requests.Session()
        self._web.verify, self._web.trust_env = variables.get("ca_path") or True, False
        # A server closes idle connections, which the client notices only with the next call.
        again = Retry(2, allowed_methods=["GET"], raise_on_status=False)
        size = variables.get("parallel_calls") or variables.get("at_once") or 10
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=size, max_retries=again)
        for scheme in ("https://", "http://"):
            self._web.mount(scheme, adapter)
        user = (f"{variables['username']}@{variables['org']}", variables["password"])
        if reads_versions:
            self.call("GET", "/api/versions")
        answer = self.call("POST", "/api/sessions", auth=user, headers=XML)
        self._web.headers["x-vcloud-authorization"] = answer.headers["x-vcloud-authorization"]

    def call(self, method: str, target: str, **more: Any) -> Any:
        """Send a request and return the response. Raises for an error status."""
        url = target if target.startswith("http") else self.variables["url"] + target
        answer = self._web.request(method, url, timeout=60, **more)
        assert answer.status_code < 300, answer.text
        return answer

    def pages(self, record_type: str, count: int, *, is_parsed: bool = False) -> int:
        """Read all pages of a query, and return the number of records.

        If ``is_parsed``, each page is parsed with the standard library, without decoding any value.
        """
        question = f"/api/query?type={record_type}&pageSize={PAGE}&format=records&sortAsc=id&page="
        element = {"vm": b"<VMRecord", "edgeGateway": b"<EdgeGatewayRecord"}[record_type]

        def page(number: int) -> int:
            content = self.call("GET", f"{question}{number}", headers=XML).content
            if is_parsed:
                return sum("containerName" in child.attrib for child in ElementTree.fromstring(content))
            return int(content.count(element))

        with ThreadPoolExecutor(self.variables.get("parallel_calls") or 1) as pool:
            return sum(pool.map(page, range(1, max(1, -(-count // PAGE)) + 1)))


def _sign_in(variables: Variables) -> Job:
    def job(turn: int) -> str:
        Web(variables)
        return "signed in"

    return job


def _sign_in_same_calls(variables: Variables) -> Job:
    """Return a job that signs in with the same two requests as this library."""

    def job(turn: int) -> str:
        Web(variables, reads_versions=True)
        return "signed in"

    return job


def _query(variables: Variables) -> Job:
    web = Web(variables)
    return lambda turn: web.pages("vm", variables["size"])


def _query_parsed(variables: Variables) -> Job:
    web = Web(variables)
    return lambda turn: web.pages("vm", variables["size"], is_parsed=True)


def _edges(variables: Variables) -> Job:
    def job(turn: int) -> int:
        count = Web(variables).pages("edgeGateway", 1)
        print(count)
        return count

    return job


def _edges_same_calls(variables: Variables) -> Job:
    """Return a job that lists edges with the same requests as ``vca edge list``."""

    def job(turn: int) -> int:
        web = Web(variables, reads_versions=True)
        count = web.pages("edgeGateway", 1)
        web.call("DELETE", "/api/session", headers=XML)
        print(count)
        return count

    return job


class Firewall:
    """Client that sends GET and PUT requests for the firewall section of an edge."""

    def __init__(self, variables: Variables) -> None:
        self.web = Web(variables)
        is_json = variables["edge_api"] == "hybridity"
        middle = "hybridity/api/gateways" if is_json else "network/edges"
        self._path = f"/{middle}/{variables['edge_id']}/firewall/config"
        self._headers = JSON if is_json else {**XML, "Content-Type": "application/xml"}

    def get(self) -> bytes:
        content: bytes = self.web.call("GET", self._path, headers=self._headers).content
        return content

    def put(self, body: bytes) -> None:
        self.web.call("PUT", self._path, headers=self._headers, data=body)


class NsxtFirewall:
    """Client that sends requests for the firewall rules of an NSX-T edge."""

    def __init__(self, variables: Variables) -> None:
        self._web = Web(variables)
        self._path = rules.nsxt_path(variables["edge_id"])

    def get(self) -> bytes:
        content: bytes = self._web.call("GET", self._path, headers=rules.NSXT_HEADERS).content
        return content

    def put(self, body: bytes, rule_id: str = "") -> None:
        """Write all rules, or one rule, and wait for the task."""
        path = f"{self._path}/{rule_id}" if rule_id else self._path
        answer = self._web.call("PUT", path, headers=rules.NSXT_HEADERS, data=body)
        headers = {"Accept": "application/*+xml;version=38.1"}
        while 'status="success"' not in self._web.call("GET", answer.headers["Location"], headers=headers).text:
            time.sleep(0.01)


def _is_nsxt(variables: Variables) -> bool:
    return variables.get("backend") == "nsxt"


def _firewall_same(variables: Variables) -> Job:
    firewall = NsxtFirewall(variables) if _is_nsxt(variables) else Firewall(variables)
    return lambda turn: not firewall.get()


def _firewall_one(variables: Variables) -> Job:
    return _nsxt_one(variables) if _is_nsxt(variables) else _nsxv_one(variables)


def _nsxt_one(variables: Variables) -> Job:
    firewall = NsxtFirewall(variables)

    def job(turn: int) -> bool:
        rule_id = ids[0] if ids else ""
        content = firewall.get()
        if not rule_id:
            rule_id = json.loads(content)["userDefinedRules"][-1]["id"]
            ids.append(rule_id)
        firewall.put(json.dumps({"id": rule_id, **changed[(turn + 1) % 2]}).encode(), rule_id)
        firewall.get()
        return True

    ids: list[str] = []
    changed = [rules.on_the_wire_of_nsxt(variables["size"], turn)[-1] for turn in (0, 1)]
    return job


def _nsxv_one(variables: Variables) -> Job:
    firewall = Firewall(variables)
    # The document has no version because a version would be stale.
    read = re.sub(rb'"version": ?\d+,? ?|<version>\d+</version>', b"", firewall.get())
    at = read.index(rules.name(variables["size"] - 1).encode())
    bodies = [_with_action(read, at, rules.action(0, 0, turn).encode()) for turn in (0, 1)]

    def job(turn: int) -> bool:
        firewall.get()
        firewall.put(bodies[(turn + 1) % 2])
        firewall.get()
        return True

    return job


def _with_action(text: bytes, at: int, action: bytes) -> bytes:
    """Return the text with a different action in the first rule after offset ``at``."""
    pattern = rb'("action": ?"|<action>)(accept|deny)'
    found = re.compile(pattern).search(text, at)
    assert found is not None
    return text[: found.start(2)] + action + text[found.end(2) :]


def _all_rules(variables: Variables, count: int) -> bytes:
    """Return a firewall document with ``count`` rules in a wire format."""
    if _is_nsxt(variables):
        return json.dumps({"userDefinedRules": rules.on_the_wire_of_nsxt(count)}).encode()
    wanted = rules.on_the_wire(count)
    if variables["edge_api"] == "hybridity":
        rest = {"featureType": "firewall_4.0", "enabled": True}
        return json.dumps({**rest, "firewallRules": {"firewallRules": wanted}}).encode()
    parts = [
        f"<firewallRule><name>{rule['name']}</name><ruleType>user</ruleType><enabled>true</enabled>"
        f"<action>{rule['action']}</action><source><ipAddress>{rule['source']['ipAddress'][0]}</ipAddress></source>"
        "<destination><vnicGroupId>external</vnicGroupId></destination><application><service><protocol>tcp</protocol>"
        f"<port>{rule['application']['service'][0]['port'][0]}</port><sourcePort>any</sourcePort></service>"
        "</application></firewallRule>"
        for rule in wanted
    ]
    inside = "".join(parts)
    return f"<firewall><enabled>true</enabled><firewallRules>{inside}</firewallRules></firewall>".encode()


def _firewall_all(variables: Variables) -> Job:
    firewall = NsxtFirewall(variables) if _is_nsxt(variables) else Firewall(variables)
    body = _all_rules(variables, variables["size"])

    def job(turn: int) -> bool:
        firewall.get()
        firewall.put(body)
        firewall.get()
        return True

    return job


def _one_by_one(variables: Variables) -> Job:
    firewall = Firewall(variables)
    bodies = [_all_rules(variables, count + 1) for count in range(variables["size"])]

    def job(turn: int) -> int:
        for body in bodies:
            firewall.get()
            firewall.put(body)
            firewall.get()
        return len(bodies)

    return job


def _metrics(variables: Variables) -> Job:
    web = Web(variables)
    pages = [web.call("GET", f"/api/query?type=vm&pageSize=128&format=records&page={number}", headers=XML).text
             for number in range(1, -(-variables["size"] // PAGE) + 1)]  # fmt: skip
    ids = re.findall(r'href="[^"]*/vm-([0-9a-f-]{36})"', "".join(pages))
    body = json.dumps({"relativeStartTime": {"interval": 1, "unit": "HOUR"}})

    def hour(vm_id: str) -> int:
        found = web.call("POST", f"/hybridity/api/metrics/vApp/vm-{vm_id}", data=body, headers=JSON)
        return 1 if found.json()["rows"] else 0

    def now(vm_id: str) -> int:
        return 1 if web.call("GET", f"/api/vApp/vm-{vm_id}/metrics/current", headers=XML).content else 0

    one = hour if variables["source"] == "vca" else now

    def job(turn: int) -> int:
        with ThreadPoolExecutor(variables["parallel_calls"]) as pool:
            return sum(pool.map(one, ids))

    return job


def _recovery(variables: Variables) -> Job:
    """Return a job that polls only once, at the end of the task.

    The duration of the task is known in advance.
    """
    web = Web(variables)
    body = '<FailoverParams xmlns="http://www.vmware.com/vr/v6.0"><PowerOn>1</PowerOn></FailoverParams>'
    content = {"Content-Type": "application/vnd.vmware.hcs.failoverParams+xml"}

    def one(href: str) -> int:
        begun = web.call("POST", f"{href}/action/failover", data=body, headers={**XML, **content}).text
        task = re.search(r'href="([^"]*/task/[^"]*)"', begun)
        assert task is not None
        time.sleep(variables["task_s"])
        while 'status="success"' not in web.call("GET", task.group(1), headers=XML).text:
            time.sleep(0.1)
        return 1 if web.call("GET", href, headers=XML).content else 0

    def job(turn: int) -> int:
        listed = web.call("GET", f"/api/org/{variables['org_id']}/replications", headers=XML).text
        hrefs = re.findall(r'href="([^"]*/api/vr/[^"]*)"', listed)
        with ThreadPoolExecutor(variables["at_once"]) as pool:
            return sum(pool.map(one, hrefs))

    return job


JOBS = {
    "sign_in": _sign_in,
    "sign_in_same_calls": _sign_in_same_calls,
    "edges_same_calls": _edges_same_calls,
    "query": _query,
    "query_parsed": _query_parsed,
    "query_stream": _query,
    "edges": _edges,
    "firewall_same": _firewall_same,
    "firewall_one": _firewall_one,
    "firewall_all": _firewall_all,
    "one_by_one": _one_by_one,
    "metrics": _metrics,
    "recovery": _recovery,
}

if __name__ == "__main__":
    main(_load, JOBS)
