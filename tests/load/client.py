"""A client that runs small random tasks and checks the results."""

from __future__ import annotations

import random
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.load.books import Book
from vcloudair_core import VcloudAirError, connect
from vcloudair_core.services.dr.operation_options import OperationOptions

STEADY = {"name": {"like": "vm-*"}}
"""Number of permanent VMs.

Tests and failovers add and remove further VMs. If VMs change while pages are read, a page can omit a VM without an
error.
"""


@dataclass(frozen=True)
class Cloud:
    """A simulated cloud. ``shared`` has the edges that all clients use."""

    settings: dict[str, Any]
    vms: int
    shared: list[str]
    exporter: str = ""


class WrongResultError(AssertionError):
    """Raised if a result is incorrect."""


@dataclass
class Report:
    """The results of a client.

    ``wrong`` has the incorrect results. ``errors`` has the exceptions.
    """

    book: Book
    done: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    wrong: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields for JSON."""
        shown = {"calls": self.calls, "wrong": self.wrong, "errors": self.errors, "done": dict(self.done)}
        return {**shown, "edges": self.book.edges}


class SoakClient(threading.Thread):
    """A client thread.

    ``number`` determines the name and the random numbers of the client. ``own_edge`` is the edge whose rules it writes,
    in addition to the shared edges. ``replication`` is the name of a VM on which the client runs test failovers, or an
    empty string.
    """

    def __init__(self, number: int, cloud: Cloud, own_edge: str, replication: str, deadline: float) -> None:
        super().__init__(name=f"client {number}", daemon=True)
        self._cloud, self._own_edge, self._replication = cloud, own_edge, replication
        self._deadline = deadline
        self._chance = random.Random(number)
        self.report = Report(Book(f"c{number:03}"))
        # Some clients keep their session on disk, as the tasks of a play do.
        self._settings = {**cloud.settings, "session_cache": number % 2 == 0}

    def run(self) -> None:
        while time.monotonic() < self._deadline:
            try:
                self._play()
            except VcloudAirError as exc:
                self.report.errors.append(f"{self.name}: {type(exc).__name__}: {exc}")
            except WrongResultError as exc:
                self.report.wrong.append(f"{self.name}: {exc}")

    def _play(self) -> None:
        """Sign in, run some tasks, and sign out."""
        with connect(service_type="vcd", **self._settings) as client:
            try:
                for _ in range(self._chance.randint(4, 10)):
                    name, work = self._chance.choice(self._works())
                    work(client)
                    self.report.done[name] += 1
                    if time.monotonic() >= self._deadline:
                        break
            finally:
                self.report.calls += client.session.calls

    def _works(self) -> list[tuple[str, Callable[[Any], None]]]:
        works = [("rule on its own edge", self._own_rule)] * 4 + [("rule on a shared edge", self._shared_rule)] * 3
        works += [("its rules read", self._read_rules), ("query", self._query), ("metrics", self._metrics)] * 2
        works += [("inventory", self._inventory), ("replications", self._replications)]
        works += [("exporter", self._scrape)] if self._cloud.exporter else []
        return works + ([("drill", self._drill)] if self._replication else [])

    # -- rules -------------------------------------------------------------------------------------------------------

    def _own_rule(self, client: Any) -> None:
        self._rule(client, self._own_edge)

    def _shared_rule(self, client: Any) -> None:
        self._rule(client, self._chance.choice(self._cloud.shared))

    def _rule(self, client: Any, edge: str) -> None:
        step = self.report.book.next_step(edge, self._chance)
        outcome = client.ensure("ans.firewall_rule", step.spec, state=step.state, target={"edge": edge})
        self.report.book.note(edge, step)
        _expect("changed", outcome.changed, step.changes)

    def _read_rules(self, client: Any) -> None:
        edge = self._chance.choice([self._own_edge, *self._cloud.shared])
        rules = client.read("ans.firewall", {"edge": edge})["rules"]
        mine = [(rule["name"], rule["action"]) for rule in rules if rule["name"].startswith(self.report.book.owner)]
        _expect(f"rules on {edge}", mine, list(self.report.book.edges.get(edge, {}).items()))

    # -- reads -------------------------------------------------------------------------------------------------------

    def _query(self, client: Any) -> None:
        found = client.query.query("vm", where=STEADY, fields=("name",)).all()
        _expect("VMs of a query", len({one.id for one in found}), self._cloud.vms)

    def _inventory(self, client: Any) -> None:
        vms = client.query.vms.read(STEADY)
        _expect("VMs of an inventory", len({one["id"] for one in vms}), self._cloud.vms)

    def _metrics(self, client: Any) -> None:
        names = [f"vm-{number:04}" for number in self._chance.sample(range(1, self._cloud.vms + 1), 5)]
        records = client.query.query("vm", where={"name": names}).all()
        found = client.metrics.collect([one.id for one in records], start="30m", metrics=["cpu.usage.*"])
        _expect("VMs with metrics", sorted(found.by_vm()), sorted(one.id for one in records))
        _expect("VMs without metrics", dict(found.failed), {})

    def _scrape(self, client: Any) -> None:
        with urllib.request.urlopen(f"{self._cloud.exporter}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        up = [line for line in lines if line.startswith("vca_exporter_up ")]
        _expect("the exporter", up, ["vca_exporter_up 1.0"])
        measured = [line for line in lines if line.startswith("vca_vm_cpu_usage_average_ratio{")]
        _expect("VMs of the exporter", len(measured), self._cloud.vms)

    # -- recovery ----------------------------------------------------------------------------------------------------

    def _replications(self, client: Any) -> None:
        names = [one.name for one in client.dr.references()]
        _expect("names of replications that are there twice", len(names), len(set(names)))
        if self._replication:
            _expect("its replication is listed", self._replication in names, True)

    def _drill(self, client: Any) -> None:
        """Run a test failover and its cleanup on the VM of this client."""
        service = client.dr
        for action, state in (("test", "complete"), ("cleanup", "none")):
            (result,) = service.act(action, [self._replication], options=OperationOptions(max_concurrent=1))
            _expect(f"verdict of {action}", result.verdict, "succeeded")
            (found,) = service.replications([self._replication])
            _expect(f"state after {action}", str(found.test_state), state)


def _expect(what: str, found: Any, expected: Any) -> None:
    if found != expected:
        raise WrongResultError(f"{what}: {found!r}, not {expected!r}")
