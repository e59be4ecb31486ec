"""Tests of QueryBase: parameters, record names, subclasses, pages."""

from __future__ import annotations

from typing import Any

import pytest

from vcloudair_core.compat.sessions import VCASession
from vcloudair_core.errors import ConfigurationError, SpecError
from vcloudair_core.query import QueryBase, VMQuery, query_record_types
from vcloudair_core.simulator import Simulator, SimulatorConfig


class Direct:
    """An in-process transport to a simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    def send(self, request: Any) -> Any:
        return self.simulator.handle(request)

    def close(self) -> None:
        pass


def org_info(**config: Any) -> Any:
    simulator = Simulator(SimulatorConfig(**config))
    session = VCASession("5.6", "demo", "demo-password")
    session.transport = Direct(simulator)
    return session.login(orgname="org1", vcd_url="https://vcd.example.test"), simulator


class RunningVMs(QueryBase):
    """A query as in programs for vcloudair 0.5."""

    def __init__(self, org_info: Any) -> None:
        super().__init__(org_info)
        self.params["type"] = "vm"
        self.params["filter"] = "status==POWERED_ON"
        self.record_name = "VMRecord"


def test_parameters_are_sent_unchanged() -> None:
    info, simulator = org_info(vms=3)
    query = RunningVMs(info)
    query.params |= {"sortDesc": "name", "pageSize": 2, "nothing": None}
    assert [fields["name"] for fields in query.execute().values()] == ["vm-0003", "vm-0002", "vm-0001"]
    asked = [entry for entry in simulator.request_log.entries() if entry.path == "/api/query"]
    assert len(asked) == 2
    assert query.params["page"] == 1


def test_other_elements_are_ignored() -> None:
    info, _ = org_info(vms=3)
    query = RunningVMs(info)
    query.record_name = "VAppRecord"
    assert query.execute() == {} == query.results
    query.record_name = ""
    assert len(query.execute()) == 3
    with pytest.raises(ConfigurationError, match="No query type"):
        QueryBase(info).execute()


def test_overlapping_pages_are_read_again_in_a_stable_order() -> None:
    info, _ = org_info(vms=300, record_order="random")
    assert len(VMQuery(info).execute()) == 300


def test_programs_can_add_types(monkeypatch: pytest.MonkeyPatch) -> None:
    info, _ = org_info()
    query = QueryBase(info)
    with pytest.raises(SpecError, match="did you mean 'catalog'"):
        query.set_query_type("Catalogs")
    monkeypatch.setitem(query_record_types, "future", "FutureRecord")
    query.set_query_type("future")
    assert (query.record_name, query.params["type"]) == ("FutureRecord", "future")
