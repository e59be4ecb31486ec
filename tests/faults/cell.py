"""Run a cell of the fault matrix: an operation with a fault at one step."""

from __future__ import annotations

import json
import logging
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.operations import Ending, Operation, Parts
from tests.faults.table import LASTING, Cell, called
from tests.faults.world import HungError, World, is_write
from vcloudair_core import errors
from vcloudair_core.errors import VcloudAirError

_SEED = 20151108
_LATER_S = 7200.0
_BALANCER = "/loadBalancer"
_OBJECT = re.compile(r"(/services/(?:truststore/certificate|ipset))/([^/:]+)(?::[^/]+)?\Z")


@dataclass(frozen=True)
class Baseline:
    """The steps and the result of an operation without a fault.

    A step is a request of the operation: its place in the table, such as ``read`` or ``write``, its method and its
    path.
    """

    steps: tuple[str, ...]
    before: Parts
    after: Parts
    value: Any
    writes: Counter[str]


@dataclass
class Found:
    """The outcome of a cell, named as in the table, and the violated requirements."""

    word: str = ""
    complaints: list[str] = field(default_factory=list)
    said: str = ""


def undisturbed(operation: Operation, folder: Path) -> Baseline:
    """Return the result and the steps of an operation without a fault."""
    world = operation.world(folder)
    before = operation.state(world)
    random.seed(_SEED)
    ending = operation.run(world)
    assert not ending.problems, ending.problems
    entries = world.simulator.request_log.entries()
    calls = [(one.method, one.path) for one in entries]
    places = _places(calls, world.signed_in_at, operation.write)
    steps = tuple(f"{place} {called(*call)}" for place, call in zip(places, calls, strict=True))
    return Baseline(steps, before, operation.state(world), ending.value, Counter(world.carried_out()))


def _list_path(path: str) -> str:
    """Return the path of the list that contains a certificate or an IP set."""
    return _OBJECT.sub(r"\1/scope/\2", path)


def _places(calls: list[tuple[str, str]], signed_in_at: int, write: str) -> Iterator[str]:
    begun: set[str] = set()
    about_next = False
    unchecked: set[str] = set()
    written: set[str] = set()
    is_written = False
    for position, (method, path) in enumerate(calls):
        if method == "DELETE" and not is_write(method, path):
            yield "sign-out"
        elif position < signed_in_at:
            yield "sign-in" if method == "POST" else "sign-in-read"
        elif is_write(method, path):
            kind = "start" if "/action/" in path else write
            yield f"next-{kind}" if is_written else kind
            # The list of certificates or IP sets is at another path than each object.
            unchecked |= {path, _list_path(path)}
            written.add(path)
            begun.add(path.partition("/action/")[0])
            is_written, about_next = True, False
        elif is_written and any("/replications/" in one for one in begun):
            about_next = about_next or ("/replications/" in path and path not in begun)
            yield "poll" if "/task" in path else "next-read" if about_next else "status-read"
        elif not is_written:
            yield "read"
        elif "/api/task/" in path:
            yield "poll"
        elif any(path.startswith(f"{known}/") or known.startswith(f"{path}/") for known in written):
            # NSX-T objects have paths of their own below the path of their list.
            yield "check"
        elif _BALANCER in path and any(_BALANCER in known for known in written):
            # The lists of a load balancer are at the edge gateway.
            yield "check"
        else:
            # A staged commit reads the next section again before it writes it.
            is_next = any(later == path and is_write(verb, later) for verb, later in calls[position:])
            yield "check" if path in unchecked else "next-read" if is_next else "warning-read"
            unchecked.discard(path)


def strike(operation: Operation, baseline: Baseline, cell: Cell, folder: Path) -> Found:
    """Run the operation with a fault that occurs at one step, or from that step on."""
    found = Found()
    world = operation.world(folder)
    _order(world, cell)
    random.seed(_SEED)
    with _listening() as heard:
        failure, problems, value = _attempt(operation.run, world, found)
        world.simulator.faults.clear()
        world.eye.at_call = None
        _judge(world, operation, baseline, cell, found, failure, problems, value)
        if found.word == "unknown":
            _undecided(world, operation, found)
        if found.word in ("error", "resumable", "unknown"):
            _once_more(world, operation, baseline, cell, found)
    _look_for_secrets(world, failure, problems, heard, found)
    if world.eye.hosts - {"simulator.invalid", "simulator.invalid:443"}:
        found.complaints.append(f"sent to {world.eye.hosts}")
    return found


def _order(world: World, cell: Cell) -> None:
    fault = cell.fault
    if fault.client_clock_s:

        def jump(call: int) -> None:
            world.clock.wrong_s = fault.client_clock_s if call >= cell.step else 0.0

        world.eye.at_call = jump
        return
    order = {"count": 0 if cell.times == LASTING else 1, **fault.order}
    world.simulator.faults.add(skip=cell.step, **order)


def _attempt(run: Any, world: World, found: Found) -> tuple[VcloudAirError | None, list[tuple[str, str]], Any]:
    try:
        ending: Ending = run(world)
    except VcloudAirError as exc:
        return exc, [(str(exc), exc.hint)], None
    except HungError as exc:
        found.complaints.append(f"it does not end: {exc}")
        return None, [], None
    except Exception as exc:  # noqa: BLE001 - that is what is looked for
        found.complaints.append(f"not a VcloudAirError: {type(exc).__name__}: {exc}")
        return None, [], None
    return None, ending.problems, ending.value


def _judge(
    world: World,
    operation: Operation,
    baseline: Baseline,
    cell: Cell,
    found: Found,
    failure: VcloudAirError | None,
    problems: list[tuple[str, str]],
    value: Any,
) -> None:
    if problems:
        # The server finishes an action even if no client polls it.
        world.simulator.clock.advance(_LATER_S)
        world.simulator.tasks.settle()
    state, writes = operation.state(world), Counter(world.carried_out())
    complain = found.complaints.append
    if cell.is_repeated:
        writes = _distinct(writes, baseline)
    if writes - baseline.writes:
        complain(f"written more than once: {writes - baseline.writes}")
    if found.complaints:
        found.word = "broken"
    elif problems:
        found.said = "; ".join(text for text, _ in problems)
        found.word = "resumable" if writes or state != baseline.before else "error"
        if _is_undecided(value):
            found.word = "unknown"
        if any(not hint for _, hint in problems):
            complain("no hint")
        for part, now in state.items():
            if now not in (baseline.before[part], baseline.after[part]):
                complain(f"half done: {part}")
        if failure is not None and not isinstance(failure, _classes(cell)):
            complain(f"{type(failure).__name__}, not {' or '.join(cell.errors)}")
    elif value != baseline.value:
        found.word, found.said = "omitted", str(value)[:200]
    else:
        found.word = "done"
        if state != baseline.after:
            complain("it says that it is done, and it is not")
        if writes != baseline.writes:
            complain(f"written: {writes}")


def _distinct(writes: Counter[str], baseline: Baseline) -> Counter[str]:
    """Return each write once.

    A write of a created object repeats its creation, which has the path of the list.
    """
    return Counter({path if path in baseline.writes else path.rpartition("/")[0] for path in writes})


def _classes(cell: Cell) -> tuple[type[Exception], ...]:
    return tuple(getattr(errors, name) for name in cell.errors)


def _is_undecided(value: Any) -> bool:
    """Return True if a recovery action has the verdict ``unknown``."""
    return isinstance(value, list) and any(isinstance(each, tuple) and each[1:] == ("unknown",) for each in value)


def _undecided(world: World, operation: Operation, found: Found) -> None:
    """Repeat an undecided operation without the fault.

    The repetition must not start an action that may be in progress. After the repetition, ``world.is_decided`` is set,
    because the user has decided that such actions may be started again.
    """
    world.clock.slept.clear()
    before = Counter(world.carried_out())
    second = Found()
    _, problems, value = _attempt(operation.again or operation.run, world, second)
    found.complaints += [f"undecided: {text}" for text in second.complaints]
    if not problems:
        found.word = "resumable"  # Its status can be read now.
        return
    if not _is_undecided(value):
        found.complaints.append(f"undecided: {value}")
    if Counter(world.carried_out()) != before:
        found.complaints.append("undecided, and started")
    world.is_decided = True


def _once_more(world: World, operation: Operation, baseline: Baseline, cell: Cell, found: Found) -> None:
    """Repeat the operation without the fault.

    The operation must succeed, and no write may happen twice.
    """
    world.clock.slept.clear()
    second = Found()
    _, problems, value = _attempt(operation.again or operation.run, world, second)
    found.complaints += [f"once more: {text}" for text in second.complaints]
    if problems:
        found.complaints.append(f"once more: {problems}")
    elif value != baseline.value:
        found.complaints.append(f"once more: {str(value)[:200]}")
    if operation.state(world) != baseline.after:
        found.complaints.append("once more: it is not as it should be")
    writes = Counter(world.carried_out())
    if cell.is_repeated:
        writes = _distinct(writes, baseline)
    if writes != baseline.writes:
        found.complaints.append(f"written in all: {writes - baseline.writes or baseline.writes - writes}")


class _Ear(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


@contextmanager
def _listening() -> Iterator[list[str]]:
    """Yield the log messages of the library."""
    ear, logger = _Ear(), logging.getLogger("vcloudair_core")
    level, propagates = logger.level, logger.propagate
    logger.addHandler(ear)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        yield ear.heard
    finally:
        logger.removeHandler(ear)
        logger.setLevel(level)
        logger.propagate = propagates


def _look_for_secrets(
    world: World,
    failure: VcloudAirError | None,
    problems: list[tuple[str, str]],
    heard: list[str],
    found: Found,
) -> None:
    shown: Mapping[str, str] = {
        "the error": f"{failure} {json.dumps(failure.as_dict()) if failure is not None else ''} {problems}",
        "the log": "\n".join(heard),
    }
    for where, text in shown.items():
        for secret in world.secrets:
            if secret in text:
                found.complaints.append(f"{where} has the secret {secret}")
