"""Operations on certificates of both backends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.faults.operations import Ending, Operation, Parts
from tests.faults.operations_nsxt import nsxt_edge
from tests.faults.world import World
from tests.support.certificates import make_pair
from vcloudair_core.client import Client
from vcloudair_core.simulator.nsxt.ipsec.certificate_library import GROUP

OLD, NEW = make_pair("old"), make_pair("new")
_NSXT = {"edges": 0, "nsxt_edges": 1}


def _classic_edge(world: World) -> Any:
    return next(iter(world.simulator.world.edges.values()))


def prepare_edge(world: World) -> None:
    """Add another user's certificate to the first NSX-V edge gateway."""
    item = {"number": 1, "name": "old", "description": "old", "pem": OLD.certificate, "has_key": False}
    _classic_edge(world).sections["truststore"] = {"certificates": [item], "last": 1}


def on_edge(world: World) -> Parts:
    """Return the descriptions of the certificates of the first NSX-V edge gateway."""
    items = _classic_edge(world).sections.get("truststore", {}).get("certificates", ())
    return {"certificates": [item["description"] for item in items]}


def in_library(world: World) -> Parts:
    """Return the aliases of the certificates of the library."""
    items = world.simulator.state[GROUP]["items"]
    return {"certificates": sorted(item["alias"] for item in items if item["org"] == "org1")}


def _doing(act: Callable[[Client], Any], edge_of: Callable[[World], Any]) -> Callable[[World], Ending]:
    def run(world: World) -> Ending:
        with world.client(edge=edge_of(world).name) as client:
            world.signed_in(client)
            return Ending(act(client))

    return run


def _add(client: Client) -> None:
    client.ensure("ans.certificate", {"name": "new", "certificate": NEW.certificate, "private_key": NEW.key})


def _delete(client: Client) -> None:
    client.ensure("ans.certificate", {"name": "old"}, state="absent")


OPERATIONS = {
    "certificate: added": Operation(_doing(_add, _classic_edge), on_edge, prepare=prepare_edge),
    "certificate: deleted": Operation(_doing(_delete, _classic_edge), on_edge, prepare=prepare_edge),
    "certificate: added to the library": Operation(_doing(_add, nsxt_edge), in_library, config=_NSXT),
}
