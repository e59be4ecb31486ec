"""Verdicts of vcloudair 0.5 and of this library, in docs/explanation/recovery-verdicts.md.

The SDK is unmodified. It polls every 10 seconds, so the Python that it finds has another clock: ``time.sleep`` lets the
time of the simulated cloud pass, and ``datetime`` knows of it. ``VCA_WRITE_VERDICTS=1`` writes the table anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.support.original_sdk import CLOCK, run_original
from tests.support.recovery_ways import DONE, SILENT, STUCK, TASK_S, WAYS, Way, is_recovered, judged
from vcloudair_core import DisasterRecovery, VCAODSession
from vcloudair_core.simulator import Simulator, SimulatorConfig, SimulatorServer
from vcloudair_core.simulator.state.world import SimulatedReplication
from vcloudair_core.testing import LinkedClock

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "recovery-verdicts.md"
STUCK_AFTER_S = 6
"""Seconds of this machine after which a call that waits for one answer is taken to wait for ever."""

RUN = """
import contextlib, io, threading
found['clouds'] = []
for cloud in clouds:
    current[0], before = cloud['url'], ahead[0]
    session = vcloudair.VCASession('5.6', user, password)
    org_info = session.login(orgname=org, vcd_url=cloud['url'])
    dr = vcloudair.DisasterRecovery(
        vcdurl=org_info['vcdurl'], token=org_info['token'], org_uuid=cloud['org_id'], version='5.7')
    dr.retrieve_replications()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        action = threading.Thread(target=dr.do_failover, args=cloud['ids'], daemon=True)
        action.start()
        action.join(limit_s)
    found['clouds'].append({
        'is_stuck': action.is_alive(), 'errors': [list(error) for error in dr.action_errors],
        'done': said.getvalue().count(' Done!'), 'seconds': ahead[0] - before})
print("FOUND " + json.dumps(found), flush=True)
os._exit(0)  # a thread that waits for ever would not let the program end
"""


@dataclass
class Claim:
    """A claim about a VM, the state at that time, and the final state."""

    text: str
    seconds: float
    is_true_now: bool
    is_true_later: bool

    @property
    def is_success(self) -> bool:
        return self.text == DONE

    @property
    def judgement(self) -> str:
        if self.text in (SILENT, STUCK):
            return "wrong"
        if self.is_success:
            return "right" if self.is_true_now else "too early" if self.is_true_later else "wrong"
        return "wrong" if self.is_true_later else "right"

    def described(self) -> str:
        late = f", {self.seconds / 60:.0f} min later" if self.seconds > 2 * TASK_S else ""
        return f"{self.text}{late}: {self.judgement}"


def _judged(text: str, seconds: float, simulator: Simulator, machine: SimulatedReplication) -> Claim:
    now = is_recovered(simulator, machine)
    simulator.clock.advance(3600)
    return Claim(text, seconds, now, is_recovered(simulator, machine))


# -- the original ------------------------------------------------------------------------------------------------


DRILL = """
current[0] = vcd_url
session = vcloudair.VCASession('5.6', user, password)
org_info = session.login(orgname=org, vcd_url=vcd_url)
dr = vcloudair.DisasterRecovery(vcdurl=vcd_url, token=org_info['token'], org_uuid=org_id, version='5.7')
dr.retrieve_replications()
found['names'] = sorted(entry['name'] for entry in dr.replications.values())
def look():
    with urllib.request.urlopen(vcd_url + '/_sim/replications', timeout=300) as answer:
        return [one['test_state'] for one in json.load(answer)], list(dr.action_errors)
dr.do_test_failover(*dr.replications, power_on=False)
found['tested'] = look()
dr.do_test_cleanup(total=True)
found['cleaned'] = look()
print("\\nFOUND " + json.dumps(found), flush=True)
os._exit(0)
"""


def test_the_original_lists_tests_and_cleans_up() -> None:
    config = SimulatorConfig(profile="vcd", replications=3, dr_task_s=TASK_S, queued_progress="0")
    with SimulatorServer(config, tls=False) as server:
        env, world = server.env(), server.simulator.world
        given = {"user": env["VCA_USERNAME"], "password": env["VCA_PASSWORD"], "org": env["VCA_ORG"]}
        given |= {"vcd_url": server.url, "org_id": world.orgs[env["VCA_ORG"]].org_id}
        found = run_original(DRILL, given, ca_path="", before=CLOCK)
        posted = [entry.path.rpartition("/")[2] for entry in server.simulator.request_log.entries(method="POST")][1:]
    assert found["names"] == [group.name for group in world.replications.values()]
    assert found["tested"] == [["complete"] * 3, []]
    assert found["cleaned"] == [["none"] * 3, []]
    assert posted == ["testFailover"] * 3 + ["testCleanup"] * 3


def _original(ways: Sequence[Way]) -> dict[str, dict[str, Claim]]:
    """Its claims, way by way: of tasks as the recorded one, without a Progress at first, and of those that have one.

    One process for several ways, as most of it is its start.
    """
    with ExitStack() as stack:
        # Without TLS: it sends actions past the settings for certificates.
        servers = {
            (way.name, form): stack.enter_context(
                SimulatorServer(simulator=way.cloud(has_progress=form == "told"), tls=False)
            )
            for way in ways
            for form in ("bare", "told")
        }
        meant = {key: way.ids(servers[key].simulator) for way in ways for key in servers if key[0] == way.name}
        machines = {key: judged(one.simulator) for key, one in servers.items()}
        first = next(iter(servers.values()))
        user, org = first.simulator.world.users[0], next(iter(first.simulator.world.orgs.values()))
        clouds = [{"url": one.url, "org_id": org.org_id, "ids": meant[key]} for key, one in servers.items()]
        given = {"user": user.name, "password": user.password, "org": org.name, "limit_s": STUCK_AFTER_S}
        told = run_original(RUN, given | {"clouds": clouds}, ca_path="", before=CLOCK)["clouds"]
        claims: dict[str, dict[str, Claim]] = {way.name: {} for way in ways}
        for key, found in zip(servers, told, strict=True):
            text = _claimed(meant[key], found)
            claims[key[0]][key[1]] = _judged(text, found["seconds"], servers[key].simulator, machines[key])
        return claims


def _claimed(meant: list[str], found: dict[str, Any]) -> str:
    """Return the claim about the VM. Printed names that are in its errors failed."""
    errors = {uuid: reason for uuid, _, reason in found["errors"]}
    if found["is_stuck"]:
        return STUCK
    if meant[-1] in errors:
        return f"Error: {errors[meant[-1]]}"
    return DONE if found["done"] == len(meant) - len(errors) else SILENT


# -- ours ----------------------------------------------------------------------------------------------------------


def _ours(way: Way, *, has_progress: bool) -> tuple[Claim, str]:
    """Return the claim of the compatible class of this library, and its reason."""
    simulator = way.cloud(has_progress=has_progress)
    user = simulator.world.users[0]
    portal = VCAODSession("5.7", user.name, user.password)
    portal.login_url, portal.transport = "https://simulator.invalid/api/iam/login", simulator.transport()
    portal.login()
    live: Any = portal.login_to_instance(0)
    clock = LinkedClock(simulator)
    live.session.clock = live.session._pipeline.clock = clock
    dr, began = DisasterRecovery(live), clock.now()
    dr.retrieve_replications()
    asked, machine = way.ids(simulator), judged(simulator)
    dr.do_failover(*asked)
    errors = {uuid: reason for uuid, _, reason in dr.action_errors}
    seconds, reason = clock.now() - began, errors.get(asked[-1], "")
    verdict = next((one.verdict for one in dr.results if one.id == asked[-1]), "")
    text = DONE if verdict in ("succeeded", "unchanged") else "failed" if reason else SILENT
    return _judged(text, seconds, simulator, machine), reason or verdict


@cache
def _ours_once(way: Way, has_progress: bool) -> tuple[Claim, str]:
    # The clouds have the same ids: what one run leaves open must not be found by another.
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("VCA_STATE_DIR", folder)
        return _ours(way, has_progress=has_progress)


@pytest.mark.parametrize("has_progress", [False, True], ids=["bare", "told"])
@pytest.mark.parametrize("way", WAYS, ids=[way.name for way in WAYS])
def test_ours_is_right_each_time(way: Way, has_progress: bool) -> None:
    claim, reason = _ours_once(way, has_progress)
    assert claim.judgement == "right", f"{way.name}: {claim}: {reason}"
    assert claim.is_success or reason


@pytest.mark.parametrize("way", WAYS, ids=[way.name for way in WAYS])
def test_ours_says_the_same_whatever_tasks_look_like(way: Way) -> None:
    assert _short(_ours_once(way, False)[1]) == _short(_ours_once(way, True)[1])


# -- the table -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def claims() -> dict[str, dict[str, Claim]]:
    """Return the claims of vcloudair 0.5, by the name of the way."""
    with ThreadPoolExecutor(3) as pool:
        parts = [WAYS[begin::6] for begin in range(6)]
        return {name: found for part in pool.map(_original, parts) for name, found in part.items()}


HEAD = "| how it goes | what the server shows | original, task as recorded | original, task with Progress | ours |"


def _table(claims: dict[str, dict[str, Claim]]) -> str:
    rows = [HEAD, "|---|---|---|---|---|"]
    for way in WAYS:
        theirs, (_, reason) = claims[way.name], _ours_once(way, True)
        said = reason if reason in ("succeeded", "unchanged") else f"failed: {_short(reason)}"
        rows.append(
            f"| {way.name} | {way.shows} | {theirs['bare'].described()} | {theirs['told'].described()} | {said} |"
        )
    return "\n".join(rows) + "\n"


def _short(reason: str) -> str:
    """Without what differs from run to run: seconds to the last of them."""
    return re.sub(r"\b(\d+) s\b", lambda found: f"{round(int(found[1]), -2)} s", reason)


def test_the_page_has_what_both_say(claims: dict[str, dict[str, Claim]]) -> None:
    page, table = PAGE.read_text(encoding="utf-8"), _table(claims)
    begin, end = page.index(HEAD), page.index("\n\n", page.index(HEAD)) + 1
    if os.environ.get("VCA_WRITE_VERDICTS"):
        PAGE.write_text(page[:begin] + table + page[end:], encoding="utf-8")
    else:
        assert page[begin:end] == table, "VCA_WRITE_VERDICTS=1 writes the table anew"


def test_the_original_is_right_of_few(claims: dict[str, dict[str, Claim]]) -> None:
    """Compare the counts with the text above the table of the page."""
    bare = [found["bare"].judgement for found in claims.values()]
    told = [found["told"].judgement for found in claims.values()]
    counted = {
        "a task as the recorded one": (bare.count("right"), len(bare)),
        "a task that has a Progress": (told.count("right"), len(told)),
    }
    page = re.sub(r"\s+", " ", PAGE.read_text(encoding="utf-8"))
    for words, (right, all_of_them) in counted.items():
        assert f"{right} of {all_of_them} with {words}" in page
    alarms = [one for one in claims.values() if not one["told"].is_success and one["told"].is_true_later]
    assert f"{len(alarms)} of them are VMs that start" in page
