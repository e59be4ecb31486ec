"""Build documents of replication groups.

Options select the format: a recorded format or another possible format. Source: protocol/dr.md §2.3.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from vcloudair_core.simulator.replication.replication_states import ACTIONS, DELETE, available_actions, visible_states
from vcloudair_core.simulator.state.entities import SimulatedReplication
from vcloudair_core.simulator.state.simulated_tasks import OVER
from vcloudair_core.simulator.state.task_forms import with_port
from vcloudair_core.simulator.virtual_clock import timestamp_of
from vcloudair_core.simulator.xml_builder import VCLOUD, VR, element, link

HCS = "application/vnd.vmware.hcs."
MEDIA = f"{HCS}replicationGroup+xml"
_PREFIXES: dict[str, dict[str | None, str]] = {
    "ns2-prefixed": {None: VCLOUD, "ns2": VR},
    "vr-default": {None: VR, "vcloud": VCLOUD},
    "vcloud-prefixed": {"vcloud": VCLOUD, "vr": VR},
}
_IDLE = ("none", "notStarted", "ok")
_CASES: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "spaced": lambda state: f" {state} ",
}
"""Functions that change the spelling of states, by value of ``word_case``.

Clients ignore case and spaces in states. Source: protocol/dr.md §2.4.
"""


def vr(tag: str, *children: Any) -> Any:
    """Return an element in the namespace of disaster recovery."""
    return element(tag, None, *children, namespace=VR)


def vr_root(context: Any, tag: str, attributes: dict[str, Any], *children: Any) -> Any:
    """Return a root element in the namespace of disaster recovery.

    By default, this namespace has a prefix and the vCloud namespace has none, as on real servers. The option
    ``ns_style`` selects other prefixes.
    """
    prefixes = _PREFIXES[context.simulator.config.ns_style]
    return element(tag, attributes, *children, namespace=VR, prefixes=prefixes)


def href_of(context: Any, replication: SimulatedReplication) -> str:
    """Return the URL of a replication.

    The URL contains ``:443`` if the option ``href_port_443`` is set.
    """
    root = with_port(context.root, context.simulator.config.href_port_443)
    return f"{root}/api/vr/replications/{replication.replication_id}"


def group_document(context: Any, replication: SimulatedReplication) -> Any:
    """Return the document of a replication.

    Links and tasks come first, as in EntityType. The elements of the replication follow, in the order that the sources
    show.
    """
    config, now = context.simulator.config, context.simulator.clock.now()
    attributes = {
        "name": replication.name,
        "id": f"urn:vcloud:replicationGroup:{replication.replication_id[-36:]}",
        "href": href_of(context, replication),
        "type": MEDIA,
    }
    actions = {"all": [DELETE, *ACTIONS], "none": []}.get(config.links, available_actions(replication, now))
    is_hidden = now < replication.hidden_until
    document = vr_root(
        context,
        "ReplicationGroup",
        attributes,
        *[_link(context, replication, action) for action in actions],
        _tasks(context, replication) if config.group_tasks else None,
        *[vr(name, value) for name, value in _fields(context, replication).items() if value is not None],
        vr("ReplicationGroupInstance", *point_in_time(context, replication)),
    )
    replication.lagging_polls = max(0, replication.lagging_polls - (not is_hidden))
    return document


def _fields(context: Any, replication: SimulatedReplication) -> dict[str, Any]:
    now = context.simulator.clock.now()
    test, recovery = visible_states(replication, now)
    is_late = bool(replication.lagging_polls) or now < replication.hidden_until
    recovered_at = None if is_late else replication.recovered_at
    states = {
        "ReplicationState": None if recovered_at else "paused" if replication.paused else "ok",
        "TestRecoveryState": test,
        "RecoveryState": recovery,
    }
    shown = {name: _state(context, name, state) for name, state in states.items()}
    return {
        "Rpo": replication.rpo_minutes,
        "QuiesceGuestEnabled": False,
        "NetworkCompressionEnabled": False,
        "PlaceholderVappId": f"urn:vcloud:vapp:{replication.placeholder_vapp_id}",
        "EventPartitionId": context.world.make_id("partition", "1"),
        "ReplicationState": shown["ReplicationState"],
        "Paused": replication.paused,
        "CurrentRpoViolation": max(0, _lag(replication) - replication.rpo_minutes),
        "TestRecoveryState": shown["TestRecoveryState"],
        "RecoveryState": shown["RecoveryState"],
        "RecoveryCompletionTime": timestamp_of(recovered_at) if recovered_at else None,
    }


def _state(context: Any, name: str, state: str | None) -> str | None:
    config = context.simulator.config
    if state is None or (state in _IDLE and name in config.absent_states):
        return None
    return _CASES.get(config.word_case, str)(replaced_states(config.state_words).get(state, state))


@functools.lru_cache(maxsize=8)
def replaced_states(pairs: tuple[str, ...]) -> dict[str, str]:
    """Return a mapping of states to the names that replace them in documents.

    Format of each pair: ``inProgress=running``.
    """
    return {state: spelling for state, _, spelling in (pair.partition("=") for pair in pairs)}


def _lag(replication: SimulatedReplication) -> int:
    return replication.rpo_minutes // 2 if replication.lag_minutes is None else replication.lag_minutes


def _link(context: Any, replication: SimulatedReplication, action: str) -> Any:
    href = href_of(context, replication)
    if action == DELETE:
        return link("remove", href, MEDIA)
    media = None if action == "testCleanup" else f"{HCS}{action}Params+xml"
    return link(f"operation:{action}", f"{href}/action/{action}", media)


def _tasks(context: Any, replication: SimulatedReplication) -> Any:
    """Return a Tasks element with the running tasks of a replication.

    Return None if no task is running. Source: protocol/dr.md §2.3, EntityType.
    """
    tasks, path = context.simulator.tasks, f"/api/vr/replications/{replication.replication_id}"
    own = [task for task in tasks.of(context.user.org) if task.owner.path == path]
    running = [task for task in own if tasks.status(task) not in OVER]
    return element("Tasks", None, *[tasks.document(task, context.root) for task in running]) if running else None


def point_in_time(context: Any, replication: SimulatedReplication) -> list[Any]:
    """Return elements that describe the newest point in time of a replication."""
    newest = replication.recovered_at or context.simulator.clock.now()
    return [
        vr("Id", f"replica-{replication.replication_id[-8:]}"),
        vr("TransferStartTime", timestamp_of(newest - 60 * _lag(replication))),
        vr("TransferSeconds", 14),
        vr("TransferBytes", 1048576),
    ]
