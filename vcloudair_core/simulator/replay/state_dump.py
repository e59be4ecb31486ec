"""Save and load the state of a simulator.

A state contains the inventory with all sections, the tasks that have ended, and the states of replications. It also
contains options of tasks and DR, API tokens, service accounts, plugin data, and the time. The state includes
passwords and keys of the simulated cloud.

A state contains no sessions, because session tokens expire soon. After a load, clients sign in again. API tokens are
saved because clients have them in their configuration. The request log, faults and unknown paths are not saved, because
they belong to a test and not to the cloud.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vcloudair_core.simulator.config import changeable_options
from vcloudair_core.simulator.replay.state_values import from_json, to_json
from vcloudair_core.simulator.state.logins import Sessions
from vcloudair_core.simulator.state.task_register import Tasks
from vcloudair_core.simulator.state.world import World

FORMAT, VERSION = "vcloudair simulator state", 1
_DERIVED = {"changes", "tokens"}
"""World attributes that are not saved with the inventory.

The change counter is not saved. The token register is saved separately.
"""


def dump_state(simulator: Any) -> dict[str, Any]:
    """Return the state of a simulator as a JSON object.

    Raises ValueError while tasks are in progress, because running tasks cannot be saved.
    """
    if simulator.tasks.has_open_work():
        raise ValueError("tasks are in progress; wait until they end, or advance the clock with POST /_sim/clock")
    world = simulator.world
    return {
        "format": FORMAT,
        "version": VERSION,
        "profile": simulator.config.profile,
        "seed": simulator.config.seed,
        "options": {name: to_json(getattr(simulator.config, name)) for name in changeable_options()},
        "time": simulator.clock.now(),
        "world": {name: to_json(value) for name, value in _shelves(world)},
        "tokens": {name: to_json(value) for name, value in vars(world.tokens).items()},
        "tasks": to_json(simulator.tasks.all_tasks()),
        "plugins": {name: to_json(state) for name, state in simulator.state.items() if state},
    }


def _shelves(world: World) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in vars(world).items() if name not in _DERIVED and not name.startswith("_")]


def check_state(state: Mapping[str, Any]) -> None:
    """Raise ValueError if ``state`` does not have the format of this release."""
    if state.get("format") != FORMAT:
        raise ValueError("this is not a simulator state that `vca sim dump` saved")
    if state.get("version") != VERSION:
        found = state.get("version")
        raise ValueError(f"the state has format version {found!r}; this release reads version {VERSION}")


def load_state(simulator: Any, state: Mapping[str, Any]) -> None:
    """Replace the state of a simulator, and end all sessions.

    An invalid state raises ValueError, TypeError or KeyError and changes nothing.
    """
    check_state(state)
    world = World(str(state["seed"]))
    for name, current in _shelves(world):
        _refill(current, from_json(state["world"][name]))
    for name, current in vars(world.tokens).items():
        _refill(current, from_json(state["tokens"][name]))
    options = {name: from_json(value) for name, value in state["options"].items() if name in changeable_options()}
    config = replace(simulator.config, seed=str(state["seed"]), **options)
    tasks = Tasks(world, simulator.clock, config)
    tasks.restore(from_json(state["tasks"]))
    plugins = from_json(state["plugins"])
    time_s = float(state["time"])
    # The following steps cannot fail, so the simulator is either unchanged or completely replaced.
    simulator.config, simulator.world, simulator.tasks = config, world, tasks
    simulator.query_cache, simulator.page_cache = {}, {}
    for name, values in simulator.state.items():
        _refill(values, plugins.get(name, {}))
    simulator.clock.advance(time_s - simulator.clock.now())
    simulator.sessions = Sessions(config, simulator.clock)
    simulator.vcda = simulator.vcda_endpoints()


def _refill(current: Any, contents: Any) -> None:
    """Replace the contents of a list or mapping in place.

    Other objects refer to ``current``, so it must remain the same object.
    """
    current.clear()
    if isinstance(current, list):
        current.extend(contents)
    else:
        for key, value in contents.items():
            current[key] = value
