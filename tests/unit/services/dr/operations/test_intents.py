"""Check that a DR action is requested at most once.

The tests combine server behaviors, lost responses and restarts. A second request is allowed only if the first request
provably did not arrive, or if the user allowed the second request. The simulated server is slow, hides its state, or
uses other names for states. The response is lost, or the client process dies. Then the run is resumed, a new run is
started on the same host or on another host, or the retries in the plan repeat the action.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.recovery_cloud import RecoveryCloud, name, recovery_cloud
from tests.support.tiers import sampled_pairs
from vcloudair_core.errors import VcloudAirError
from vcloudair_core.recovery.journal.run_folders import run_ids
from vcloudair_core.recovery.journal.run_journal import Journal
from vcloudair_core.recovery.plan.model import Group, PlannedVm, RecoveryPlan
from vcloudair_core.recovery.report.run_report import RunReport
from vcloudair_core.recovery.run.runner import RunOptions, resume, start
from vcloudair_core.services.dr.operation_options import OperationOptions
from vcloudair_core.testing import simulated_app, simulator_settings

SERVERS: dict[str, dict[str, Any]] = {
    "prompt": {},
    "starts later": {"dr_start_delay_s": 40.0},
    "starts much later": {"dr_start_delay_s": 900.0},
    "visible later": {"dr_visible_after_s": 40.0},
    "visible much later": {"dr_visible_after_s": 900.0, "dr_task_link": "hidden"},
    "other words": {"state_words": ("inProgress=FailoverInProgress",)},
    "no links": {"links": "none"},
    "owner hidden while queued": {"dr_start_delay_s": 40.0, "queued_owner": "absent", "start_missing": True},
    "clock ahead": {"clock_skew_s": 3600.0},
    "clock behind": {"clock_skew_s": -3600.0},
}
ANSWERS: dict[str, dict[str, Any] | None] = {
    "answered": None,
    "lost": {"kind": "reset_after"},
    "lost before": {"kind": "reset"},
    "carried out later": {"kind": "late", "seconds": 40},
    "carried out much later": {"kind": "late", "seconds": 900},
    "503 of a gateway": {"kind": "gateway"},
    "503 of a gateway, later": {"kind": "gateway", "seconds": 40},
    "page": {"kind": "html", "status": 200},
    "refused with 500": {"kind": "status", "status": 500},
}
DEATHS = ("none", "vm_starting", "request", "vm_started", "vm_finished")
"""The event or request after which the process dies."""
WAYS = ("resume", "resume twice", "new run", "library")


class Died(BaseException):
    """Raised to simulate a killed process."""


PLAN = RecoveryPlan("payroll", (Group("g", (PlannedVm(name(1), retries=2, retry_delay_s=1),)),))
PATIENT = replace(PLAN, stuck_after=3000)
SHORT = RunOptions(verify_timeout=60, lost_grace=30)


@contextmanager
def dying(at: str) -> Iterator[None]:
    """Stop the run right after an event is written, or right after a request."""
    real_append = Journal.append

    def append(self: Journal, event: str, **fields: Any) -> Any:
        if at == "request" and event == "vm_started":
            raise Died
        record = real_append(self, event, **fields)
        if event == at:
            raise Died
        return record

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "append", append)
        yield


def first_run(cloud: RecoveryCloud, death: str) -> None:
    """Start a run whose process dies."""
    with dying(death), suppress(Died):
        start(cloud.client, PLAN, "failover", SHORT)


def come_back(cloud: RecoveryCloud, way: str) -> list[str]:
    """Resume the run or start a new run, and return the final verdicts."""
    if way == "new run":
        return verdicts(start(cloud.client, PLAN, "failover", SHORT))
    if way == "library":
        options = OperationOptions(verify_timeout=60, lost_grace=30)
        return [result.verdict for result in cloud.service.act("failover", [name(1)], options=options)]
    report = resume(cloud.client, options=SHORT)
    return verdicts(report) if way == "resume" else verdicts(resume(cloud.client, options=SHORT))


def verdicts(report: RunReport) -> list[str]:
    return [vm.verdict for vm in report.vms]


def quiet(cloud: RecoveryCloud) -> None:
    """Wait until all accepted actions have ended."""
    cloud.simulator.faults.clear()
    cloud.clock.advance(4000)
    cloud.simulator.tasks.settle()


def _ways_back(server: str, answer: str) -> list[tuple[str, str]]:
    """Return two (death, way) pairs.

    ``death`` (from ``DEATHS``) is the time of the crash. ``way`` (from ``WAYS``) is the way to continue. Different
    combinations of server and answer get different pairs. If VCA_ONCE_ALL is set, all pairs are returned.
    """
    pairs = list(itertools.product(DEATHS, WAYS))
    if os.environ.get("VCA_ONCE_ALL"):
        return pairs
    place = list(SERVERS).index(server) * len(ANSWERS) + list(ANSWERS).index(answer)
    return [pairs[(place * 7) % len(pairs)], pairs[(place * 7 + 9) % len(pairs)]]


@pytest.mark.parametrize(("answer", "server"), sampled_pairs(ANSWERS, SERVERS, 5))
def test_no_timeout_crash_or_retry_sends_a_second_request(tmp_path: Path, server: str, answer: str) -> None:
    for number, (death, way) in enumerate(_ways_back(server, answer)):
        with recovery_cloud(tmp_path / str(number), 1, dr_task_s=20, **SERVERS[server]) as cloud:
            order = ANSWERS[answer]
            if order is not None:
                cloud.simulator.faults.add(method="POST", path="/action/failover", count=1, **order)
            first_run(cloud, death)
            final = come_back(cloud, way)
            where = (server, answer, death, way, final)
            assert len(cloud.posts()) <= 1, where
            quiet(cloud)
            recovered = cloud.replication(1).recovery_state in ("complete", "ok")
            assert "succeeded" not in final or recovered, where
            # A new run reports the action as complete as soon as the server shows it.
            if recovered:
                assert come_back(cloud, "new run") in (["succeeded"], ["unchanged"]), where
            assert len(cloud.posts()) <= 1, where


@pytest.mark.parametrize("answer", ["lost before", "refused with 500"])
@pytest.mark.parametrize("decision", ["start_again", "on_unknown"])
def test_a_decision_starts_the_action_once_more(tmp_path: Path, answer: str, decision: str) -> None:
    decided: dict[str, Any] = {"start_again": (name(1),)} if decision == "start_again" else {"on_unknown": "start"}
    with recovery_cloud(tmp_path, 1, dr_task_s=20) as cloud:
        cloud.simulator.faults.add(method="POST", path="/action/failover", count=1, **(ANSWERS[answer] or {}))
        assert verdicts(start(cloud.client, PLAN, "failover", SHORT)) == ["unknown"]
        report = resume(cloud.client, options=RunOptions(verify_timeout=60, lost_grace=30, **decided))
        assert (report.verdict, verdicts(report)) == ("succeeded", ["succeeded"])
        assert len(cloud.posts()) == 2
        assert verdicts(resume(cloud.client, options=RunOptions(**decided))) == ["succeeded"]
        assert len(cloud.posts()) == 2


def test_a_decision_does_not_start_an_action_in_progress_again(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 1, dr_task_s=20, dr_start_delay_s=600) as cloud:
        cloud.simulator.faults.add(method="POST", path="/action/failover", count=1, kind="reset_after")
        with dying("request"), pytest.raises(Died):
            start(cloud.client, PLAN, "failover", SHORT)
        report = resume(cloud.client, options=RunOptions(start_again=(name(1),)))
        assert verdicts(report) == ["succeeded"]
        assert len(cloud.posts()) == 1


@pytest.mark.parametrize("server", [server for server in SERVERS if not server.startswith("visible")])
def test_another_host_tracks_an_action_in_progress(tmp_path: Path, server: str) -> None:
    """The other host has no run journal. It only reads the state of the server."""
    with recovery_cloud(tmp_path, 1, dr_task_s=20, **SERVERS[server]) as cloud:
        with dying("vm_started"), pytest.raises(Died):
            start(cloud.client, PLAN, "failover", SHORT)
        settings = {**simulator_settings(cloud.simulator), "state_dir": str(tmp_path / "elsewhere")}
        with simulated_app(cloud.simulator, cloud.clock).client(**settings) as other:
            report = start(other, PATIENT, "failover", SHORT)
        assert verdicts(report) == ["succeeded"], report.vms
        assert len(cloud.posts()) == 1
        assert verdicts(resume(cloud.client, options=SHORT)) == ["succeeded"]
        carried_out = [task for task in cloud.simulator.tasks.of("org1") if task.operation_name == "vrFailover"]
        assert len([task for task in carried_out if task.end_status == "success"]) == 1


@pytest.mark.parametrize("via", ["task", "http-400", "http-409", "busy"])
@pytest.mark.parametrize("code_in", ["vendorSpecificErrorCode", "minorErrorCode"])
def test_a_refused_action_in_progress_is_tracked(tmp_path: Path, via: str, code_in: str) -> None:
    """Another user starts the action between the read and the request."""
    with recovery_cloud(tmp_path, 1, dr_task_s=20, state_error_via=via, error_code_in=code_in) as cloud:
        from vcloudair_core.simulator.replication.replication_states import start as begin

        def watch(event: Any) -> None:
            if event["event"] == "vm_starting":
                begin(cloud.simulator, cloud.replication(1), "failover")

        report = start(cloud.client, PLAN, "failover", RunOptions(observers=(watch,)))
        assert verdicts(report) == ["succeeded"], report.vms
        assert len(cloud.posts()) == 1 or via == "busy"


def test_actions_start_only_from_known_idle_states(tmp_path: Path) -> None:
    for number, state_words in enumerate((("notStarted=resting",), ("none=nothing",), ("notStarted=Unknown",))):
        with recovery_cloud(tmp_path / str(number), 1, state_words=state_words) as cloud:
            try:
                (result,) = cloud.service.act("failover", options=OperationOptions(lost_grace=30))
            except VcloudAirError:
                continue
            assert (result.verdict, cloud.posts()) == ("failed", []), state_words
            assert "not started" in result.reason


def test_actions_that_the_server_does_not_offer_are_not_started(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 1) as cloud:
        cloud.replication(1).recovery_state = "error"  # the server offers no test in this state
        (result,) = cloud.service.act("test", options=OperationOptions(lost_grace=30))
        assert (result.verdict, cloud.posts()) == ("failed", [])


def test_a_second_action_without_a_plan_tracks_the_first(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 1, dr_task_s=600, dr_start_delay_s=60) as cloud:
        (first,) = cloud.service.act("failover", options=OperationOptions(wait=False))
        (second,) = cloud.service.act("failover")
        assert (first.verdict, second.verdict, len(cloud.posts())) == ("started", "succeeded", 1)
        assert run_ids(cloud.client.settings) == []


def test_a_process_that_dies_while_it_creates_the_intent_started_nothing(tmp_path: Path) -> None:
    real_write = os.pwrite

    def die_at_the_intent(handle: int, content: bytes, offset: int) -> int:
        if b'"action"' in content:
            raise Died
        return real_write(handle, content, offset)

    with recovery_cloud(tmp_path, 1, dr_task_s=20) as cloud:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "pwrite", die_at_the_intent)
            with pytest.raises(Died):
                start(cloud.client, PLAN, "failover", SHORT)
        (file,) = tmp_path.rglob("dr/replications/*.json")
        assert (file.read_bytes(), cloud.posts()) == (b"", [])
        assert (verdicts(resume(cloud.client, options=SHORT)), cloud.posts()) == (["unknown"], [])
        report = resume(cloud.client, options=replace(SHORT, start_again=(name(1),)))
        assert (verdicts(report), len(cloud.posts())) == (["succeeded"], 1)


@pytest.mark.parametrize("content", [" " * 1024, '{"action": "failover", "at":'])
def test_nothing_is_started_again_while_the_intent_file_is_damaged(tmp_path: Path, content: str) -> None:
    with recovery_cloud(tmp_path, 1, dr_task_s=20) as cloud:
        first_run(cloud, "request")
        (file,) = tmp_path.rglob("dr/replications/*.json")
        file.write_text(content)
        report = resume(cloud.client, options=SHORT)
        assert (report.verdict, len(cloud.posts())) == ("failed", 1)
        assert f"{file} is damaged" in report.vms[0].reason
