"""Tests of queries against a simulated cloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vcloudair_core.client import Client
from vcloudair_core.errors import (
    AmbiguousMatchError,
    InvalidRequestError,
    NotFoundError,
    SpecError,
)
from vcloudair_core.services.query.service import QueryService
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.testing import simulated_app, simulator_settings
from vcloudair_core.transport.messages import Request, Response
from vcloudair_core.util.clock import FakeClock

MANY = 300


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(SimulatorConfig(profile="vcd", vms=MANY, edges=2))


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Client]:
    with simulated_app(simulator).client(**simulator_settings(simulator)) as client:
        client.session.clock = client.session._pipeline.clock = FakeClock()
        yield client


@pytest.fixture
def service(client: Client) -> QueryService:
    query: QueryService = client.query
    return query


def rename(simulator: Simulator, position: int, name: str) -> None:
    list(simulator.world.vms.values())[position].name = name


def test_all_records_are_read_with_one_request_per_page(service: QueryService, simulator: Simulator) -> None:
    service.query("vm").first()  # signs in
    simulator.request_log.clear()
    found = service.query("vm").all()
    assert len({record.id for record in found}) == MANY
    asked = [entry.path for entry in simulator.request_log.entries()]
    assert asked == ["/api/query"] * 3
    assert found[0]["isDeployed"] is True


def test_counting_takes_one_request(service: QueryService, simulator: Simulator) -> None:
    service.query("vm").count()
    simulator.request_log.clear()
    assert service.query("vm").count() == MANY
    assert len(simulator.request_log.entries()) == 1
    assert service.query("vm", {"name": "vm-0001"}).count() == 1


def test_fields_conditions_and_order(service: QueryService) -> None:
    found = service.query(
        "vm", {"status": "POWERED_ON"}, fields=["memoryMB"], sort="name", descending=True, limit=3
    ).all()
    names = [record.name for record in found]
    assert names == sorted(names, reverse=True)
    assert len(names) == 3
    assert set(found[0].raw) == {"name", "href", "memoryMB"}


@pytest.mark.parametrize("form", ["records", "idrecords", "references"])
def test_the_three_formats_return_the_same_objects(service: QueryService, form: str) -> None:
    found = service.query("edgeGateway", format=form).all()
    assert [record.id for record in found] == [record.id for record in service.query("edgeGateway").all()]
    assert [record.name for record in found] == [record.name for record in service.query("edgeGateway").all()]


def test_one_first_and_none(service: QueryService, simulator: Simulator) -> None:
    rename(simulator, 1, "vm-0001")
    with pytest.raises(NotFoundError):
        service.query("vm", {"name": "nothing"}).one()
    assert service.query("vm", {"name": "nothing"}).first() is None
    with pytest.raises(AmbiguousMatchError) as caught:
        service.query("vm", {"name": "vm-0001"}).one()
    assert [item["name"] for item in caught.value.candidates] == ["vm-0001", "vm-0001"]
    with pytest.raises(AmbiguousMatchError, match="More than 5"):
        service.query("vm").one()
    assert service.query("vm", {"name": "vm-0007"}).one().name == "vm-0007"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"type_name": "vmm"}, "unknown type 'vmm'; did you mean 'vm'"),
        ({"type_name": "vm", "fields": ["a,b"]}, "fields[0]: 'a,b' is not an attribute"),
        ({"type_name": "vm", "fields": "name"}, "fields: a list was expected"),
        ({"type_name": "vm", "sort": "na me"}, "sort: 'na me' is not an attribute; did you mean 'name'"),
        ({"type_name": "vm", "metadata": list("123456789")}, "metadata: at most 8 keys are allowed, not 9"),
        ({"type_name": "vm", "limit": -1}, "limit: -1"),
        ({"type_name": "vm", "format": "xml"}, "format: 'xml' is not one of"),
        ({"type_name": "event", "format": "references"}, "format: the query type event does not support format"),
        ({"type_name": "vm", "filter": "name==a\nb"}, "filter: contains a control character"),
    ],
)
def test_invalid_arguments(service: QueryService, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        service.query(**arguments)
    assert message in str(caught.value)


def test_the_server_rejects_unknown_attributes(service: QueryService) -> None:
    with pytest.raises(InvalidRequestError, match="nonsense"):
        service.query("vm", {"nonsense": "1"}).all()


def test_a_fiql_filter_is_combined_with_conditions(service: QueryService) -> None:
    found = service.query("vm", {"name": {"like": "vm-00*"}}, filter="(name==vm-0001,name==vm-0150)").all()
    assert [record.name for record in found] == ["vm-0001"]


def test_a_type_that_only_the_server_offers(simulator: Simulator, service: QueryService) -> None:
    service._offered = ["somethingNew"]
    with pytest.raises(InvalidRequestError, match="Unknown query type"):
        service.query("somethingNew").all()


# -- changes and faults ------------------------------------------------------------------------------------------


class Moving:
    """A transport that removes a VM before the first ``times`` reads of page 2."""

    def __init__(self, simulator: Simulator, times: int) -> None:
        self._simulator = simulator
        self._transport = simulator.transport()
        self._times = times

    def send(self, request: Request) -> Response:
        if "page=2" in request.url and self._times:
            self._times -= 1
            self._simulator.world.vms.pop(next(iter(self._simulator.world.vms)))
        return self._transport.send(request)

    def close(self) -> None:
        self._transport.close()


@pytest.mark.parametrize("times", [1, 2, 99])
def test_a_changing_result_keeps_the_remaining_objects_and_warns(simulator: Simulator, times: int) -> None:
    settings = {**simulator_settings(simulator), "transport": Moving(simulator, times)}
    warnings: list[str] = []
    with simulated_app(simulator).client(**settings) as client:
        records = client.query.query("vm", warn=warnings.append).all()
    present = {vm.vm_id for vm in simulator.world.vms.values()}
    assert present <= {record.id for record in records}
    assert times == 99 or {record.id for record in records} == present
    assert "changed while it was read" in warnings[0]
    assert ("changed during every read" in warnings[0]) is (times == 99)


def test_a_temporary_error_of_a_page_is_retried(service: QueryService, simulator: Simulator) -> None:
    simulator.faults.add("status", path="/api/query", skip=1, status=503)
    simulator.faults.add("reset", path="/api/query", skip=2)
    assert len(service.query("vm").all()) == MANY


def test_a_server_that_cannot_sort_by_id_uses_its_default_order(service: QueryService, simulator: Simulator) -> None:
    service.query("vm").first()
    simulator.faults.add("status", path="/api/query", status=400, code="BAD_REQUEST", message="Cannot sort by id")
    assert len(service.query("vm").all()) == MANY


# -- hostile names -----------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(
        st.one_of(
            st.sampled_from(";,()*=!\\<>%&+ '\"#?/aäß"), st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])
        ),
        min_size=1,
        max_size=12,
    )
)
def test_a_hostile_name_finds_that_object_or_nothing(service: QueryService, simulator: Simulator, name: str) -> None:
    rename(simulator, 5, name)
    vm_id = list(simulator.world.vms.values())[5].vm_id
    records = service.query("vm", {"name": name}).all()
    assert vm_id in [record.id for record in records]
    assert all(record.raw["name"] == name or not name.strip() for record in records)
    assert service.query("vm", {"name": name + "!"}).all() == []
