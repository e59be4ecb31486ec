"""Property tests of the simulated world in JSON.

Each JSON document contains the same values as its XML form.

Source: protocol/vcd-modern.md §1.2, §6, §7.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.property.test_simulated_world import inventories, simulator_of
from tests.support.crawl import crawl
from tests.support.json_facts import differences, json_facts, xml_facts
from tests.support.simulated import Caller, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.json_documents import scalars
from vcloudair_core.transport.messages import Response

WITHOUT_JSON = ("VrRecoveryDetails",)
VERSIONS = ("29.0", "37.2")


def in_json(caller: Caller, address: str, version: str) -> Response:
    return caller.get(address, Accept=f"application/*+json;version={version}")


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(inventories(), st.sampled_from(VERSIONS))
def test_every_document_states_the_same_facts_in_json(inventory: dict[str, Any], version: str) -> None:
    simulator = simulator_of(inventory)
    for org in inventory["orgs"]:
        caller = signed_in(simulator, f"ops@{org['name']}", "secret-1", version)
        for address, response in crawl(caller):
            root = etree.fromstring(response.body)
            answer = in_json(caller, address, version)
            if etree.QName(root).localname in WITHOUT_JSON:
                assert answer.status == 406, address
                continue
            assert answer.status == response.status, address
            expected = response.headers["Content-Type"].replace("+xml", "+json")
            assert answer.headers["Content-Type"] == expected
            value = json.loads(answer.body)
            assert not differences(root, value), address
            assert json_facts(value) == xml_facts(root), address


@pytest.mark.parametrize(
    ("user", "version"), [("demo@org1", "29.0"), ("demo@org1", "37.2"), ("administrator@System", "37.2")]
)
def test_the_table_has_every_field_of_built_in_documents(
    user: str, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown: list[str] = []
    monkeypatch.setattr(scalars, "guess", unknown.append)
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd", templates=1)), user, version=version)
    documents = [address for address, response in crawl(caller) if response.status == 200]
    statuses = {address: in_json(caller, address, version).status for address in documents}
    assert not unknown
    assert [
        address for address, status in statuses.items() if status != 200 and "/recoveryDetails" not in address
    ] == []
