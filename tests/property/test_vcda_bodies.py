"""Property tests: the simulated VCDA responds to every body and query."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.vcda import RECOVERY, VcdaCaller, vcda
from tests.support.vcda_schemas import ERROR, problems
from vcloudair_core.simulator.vcda.routes import vcda_routes

SCALARS = st.none() | st.booleans() | st.integers(-2, 2000) | st.sampled_from(["", "vcloud", "lan", "10.0.0.1", "é"])
KEYS = st.sampled_from(
    [
        "type", "powerOn", "sync", "instanceId", "instanceMap", "vmNetworkSettings", "vAppNetworkSettings", "nics",
        "nicIndex", "network", "ipAddress", "ipAddressAllocationMode", "networkMappings", "sourceNetworkName",
        "destinationOrgVdcNetwork", "id", "name", "rpo", "retentionPolicy", "rules", "numberOfInstances", "distance",
        "failoverSettings", "failoverTestSettings", "site", "vcdUsername", "vcdPassword", "primaryNicIndex", "other",
    ]
)  # fmt: skip
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5))
BODIES = st.dictionaries(KEYS, VALUES, max_size=6).map(lambda body: {**RECOVERY, **body})
WRITES = [
    (route.method, route.path)
    for group in vcda_routes()
    for route in group.routes
    if route.method != "GET" and (route.method, route.path) != ("DELETE", "/sessions")
]


@cache
def caller() -> VcdaCaller:
    return vcda(vcda_replications=4, vcda_task_s=0.0).sign_in().extend()


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(call=st.sampled_from(WRITES), body=BODIES | VALUES, raw=st.booleans())
def test_every_body_gets_a_documented_response(call: tuple[str, str], body: Any, raw: bool) -> None:
    method, path = call
    shelf = caller().simulator.world
    known = shelf.vapp_replications if path.startswith("/vapp") else shelf.vm_replications
    identifier = next(iter(known), "unknown")
    data = json.dumps(body)[:-1].encode() if raw else json.dumps(body).encode()
    response = caller().send(
        method, path.replace("{replication_id}", identifier), data, Content_Type="application/json"
    )
    assert response.status in (200, 202, 400, 401, 403, 404), response.text
    if response.status >= 400:
        assert problems(json.loads(response.body), ERROR) == []
    for replication in ("/vm-replications", "/vapp-replications"):
        caller().read(replication)


QUERY = st.dictionaries(
    st.sampled_from(["offset", "limit", "ids", "vmName", "sourceSite", "overallHealth", "state", "startTimeAfter"]),
    st.sampled_from(["", "0", "-1", "9" * 30, "%25", "[", "x,y", "GREEN", "site1", "é"]),
    max_size=4,
)


@settings(max_examples=200, deadline=None)
@given(path=st.sampled_from(["/vm-replications", "/vapp-replications", "/tasks"]), query=QUERY)
def test_every_query_gets_a_documented_response(path: str, query: dict[str, str]) -> None:
    text = "&".join(f"{name}={value}" for name, value in query.items())
    response = caller().send("GET", f"{path}?{text}")
    assert response.status in (200, 400), response.text
    document = json.loads(response.body)
    assert "items" in document if response.status == 200 else problems(document, ERROR) == []
