"""Two operators who fail over the same VMs at the same time, on one host or two."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from pathlib import Path

from tests.start_once.cloud import Cloud, Ended, Operator, cloud_of, ended
from tests.start_once.figures import Figures
from tests.start_once.kills import FAILOVER, GOOD, RESUME
from tests.start_once.modes import Mode
from vcloudair_core.simulator import Simulator

USERS = ("demo", "second")


def two_operators(mode: Mode, seed: int, folder: Path, figures: Figures, *, hosts: int, vms: int = 3) -> None:
    """Start a failover as two operators at almost the same time, and check it.

    Operators on two hosts share only the cloud. Both may send a request, and the cloud executes one of them. On one
    host, they share the state folder, and one request is sent. Raises AssertionError if a check fails.
    """
    chance = random.Random(f"{mode.name} {seed} {hosts}")
    figures.runs, figures.vms = figures.runs + 1, figures.vms + vms
    with cloud_of(mode, vms, users=USERS) as cloud:
        if hosts > 1 and chance.random() < 0.5:
            _hold_until_both_decided(cloud)
        operators = [
            Operator(cloud, folder / (name if hosts > 1 else "host"), VCA_USERNAME=name, VCA_PASSWORD="demo-password")
            for name in USERS
        ]
        first = operators[0].start(*FAILOVER)
        time.sleep(chance.choice([0.0, chance.uniform(0, 0.6)]))
        second = operators[1].start(*FAILOVER)
        results = [ended(first), ended(second)]
        said = "\n".join(one.output for one in results)
        cloud.settle()
        for number, operator in enumerate(operators):
            if results[number].code:
                results[number] = operator.run(*(RESUME if operator.has_run() else FAILOVER))
        _check(cloud, results, hosts, said)
        figures.note(cloud)


def _hold_until_both_decided(cloud: Cloud) -> None:
    """Delay all requests until both operators have sent a request for each VM.

    The delay of a request is at most 3 seconds.
    """
    faults, log = cloud.server.simulator.faults, cloud.server.simulator.request_log
    both = threading.Event()

    def hold(simulator: Simulator) -> None:
        if len(log.entries(method="POST", path=cloud.mode.action)) >= len(USERS) * len(cloud.names):
            both.set()
        both.wait(3)

    faults.clear()
    faults.add("edit", method="POST", path=cloud.mode.action, count=0, edit=hold)


def _check(cloud: Cloud, results: list[Ended], hosts: int, said: str) -> None:
    said = "\n".join([said, *(one.output for one in results)])
    assert cloud.recovered() == set(cloud.names), said
    assert cloud.carried_out() == Counter(cloud.names), f"carried out: {cloud.carried_out()}\n{said}"
    for name in USERS if hosts > 1 else ("",):
        posts = cloud.posts(user=name)
        assert all(count == 1 for count in posts.values()), f"{name or 'both'}: {posts}\n{said}"
    for result in results:
        assert result.code == 0, said
        assert set(result.rows) == set(cloud.names), said
        assert set(result.rows.values()) <= GOOD, said
