"""Read operations: records, facts, inventory, metrics and the exporter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.faults.operations import Ending, Operation
from tests.faults.operations_edges import info_of
from tests.faults.world import World
from vcloudair_core import Metrics, VMQuery
from vcloudair_core.client import Client
from vcloudair_core.monitoring.collector import Collector
from vcloudair_core.services.metrics.model import Collected


def read_operation(act: Callable[[Client, World], Any], **config: Any) -> Operation:
    """Return an operation that calls ``act`` to read data.

    ``config`` contains options of the simulator.
    """

    def run(world: World) -> Ending:
        with world.client() as client:
            world.signed_in(client)
            found = act(client, world)
            return found if isinstance(found, Ending) else Ending(found)

    return Operation(run, config=config)


def _query(client: Client, world: World) -> Any:
    return [record.name for record in client.query.query("vm").all()]


def _types(client: Client, world: World) -> Any:
    return client.query.offered_types()


def _facts(client: Client, world: World) -> Any:
    found = client.query.vms.one("vm-0002", nics=True)
    return [found["name"], found["vdc"], found["nics"]]


def _inventory(client: Client, world: World) -> Any:
    found = client.query.vms.read(nics=True)
    return [(one["name"], one["vdc"], one["ip_addresses"]) for one in found]


def _collected(found: Collected) -> Ending:
    series = sorted((one.vm_id, one.name, str(one.instance), len(one.samples)) for one in found.series)
    return Ending(series, [(str(error), error.hint) for error in found.failed.values()])


def _vms(world: World) -> list[str]:
    return list(world.simulator.world.vms)


def _metrics(source: str) -> Callable[[Client, World], Ending]:
    def act(client: Client, world: World) -> Ending:
        found = client.metrics.collect(_vms(world), start="5m", source=source, metrics=["cpu.*"])
        return _collected(found)

    return act


def _metrics_of_vdc(client: Client, world: World) -> Ending:
    vdc = next(iter(world.simulator.world.vdcs))
    return _collected(client.metrics.collect_vdc(vdc, start="5m", metrics=["cpu.*"]))


def _exporter(client: Client, world: World) -> Ending:
    collector = Collector(client, source="vcd-historic", now=world.clock.wall)
    is_whole = collector.collect_once()
    metrics = {one.name: one for one in collector.collect() if one.name.startswith("vca_exporter")}
    unmeasured = metrics["vca_exporter_unmeasured_vms"].samples[0].value
    up = metrics["vca_exporter_up"].samples[0].value
    if not is_whole:
        assert up == 0.0
        return Ending(None, [("the collection failed", "vca_exporter_up is 0")])
    problems = [("a VM has no value", "vca_exporter_unmeasured_vms is above 0")] if unmeasured else []
    return Ending([up, metrics["vca_exporter_vms"].samples[0].value], problems)


def _seed_query(client: Client, world: World) -> Any:
    query = VMQuery(info_of(client))
    query.set_fields("status")
    return sorted(found["name"] or "" for found in query.execute().values())


def _seed_metrics(client: Client, world: World) -> Any:
    metrics = Metrics(info_of(client), vm_uuids=_vms(world))
    metrics.collect()
    return sorted((machine, len(rows)) for machine, rows in metrics.metric_data.items())


OPERATIONS = {
    "query: three pages": read_operation(_query, vms=300),
    "query: types": read_operation(_types),
    "facts of a VM": read_operation(_facts),
    "inventory": read_operation(_inventory, vms=4, vms_per_vapp=2),
    "metrics: vCloud Air": read_operation(_metrics("vca"), profile="vchs", vms=2, metrics_page_size=3),
    "metrics: vCloud Air, a VDC": read_operation(_metrics_of_vdc, profile="vchs", vms=3, metrics_page_size=6),
    "metrics: historic": read_operation(_metrics("vcd-historic"), vms=2),
    "metrics: current": read_operation(_metrics("vcd-current"), vms=2),
    "exporter: a collection": read_operation(_exporter, vms=2),
    "VMQuery": read_operation(_seed_query),
    "Metrics": read_operation(_seed_metrics, profile="all", vms=2),
}
