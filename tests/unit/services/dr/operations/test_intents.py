"""An action is requested at most once: each way to lose its trace, with each way to come back to it.

A second request is allowed only when the first provably did not arrive, or when somebody decided so. The simulated
server is slow, hides what it does, or uses other words; the client loses the answer, or dies; and then the run is
resumed, started anew, started from elsewhere, or tried again by its plan.
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
from vcloudair_core.recovery.journal.run_journal import Journal, run_ids
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
"""The last thing that is done: the event that is written, or the request."""
WAYS = ("resume", "resume twice", "new run", "library")


class Died(BaseException):
    """As if the process had been killed."""


PLAN = RecoveryPlan("payroll", (Group("g", (PlannedVm(name(1), retries=2, retry_delay_s=1),)),))
PATIENT = replace(PLAN, stuck_after=3000)
SHORT = RunOptions(verify_timeout=60, lost_grace=30)


@contextmanager
def dying(at: str) -> Iterator[None]:
    """Kill the run right after an event is written, or right after the request."""
    whole = Journal.append

    def append(self: Journal, event: str, **words: Any) -> Any:
        if at == "request" and event == "vm_started":
            raise Died
        made = whole(self, event, **words)
        if event == at:
            raise Died
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "append", append)
        yield


def first_run(cloud: RecoveryCloud, death: str) -> None:
    """The run that loses its trace."""
    with dying(death), suppress(Died):
        start(cloud.client, PLAN, "failover", SHORT)


def come_back(cloud: RecoveryCloud, way: str) -> list[str]:
    """Whatever an operator may do next. Returns the verdicts that are told last."""
    if way == "new run":
        return verdicts(start(cloud.client, PLAN, "failover", SHORT))
    if way == "library":
        options = OperationOptions(verify_timeout=60, lost_grace=30)
        return [one.verdict for one in cloud.service.act("failover", [name(1)], options=options)]
    report = resume(cloud.client, options=SHORT)
    return verdicts(report) if way == "resume" else verdicts(resume(cloud.client, options=SHORT))


def verdicts(report: RunReport) -> list[str]:
    return [vm.verdict for vm in report.vms]


def quiet(cloud: RecoveryCloud) -> None:
    """Let everything happen that was accepted."""
    cloud.simulator.faults.clear()
    cloud.clock.advance(4000)
    cloud.simulator.tasks.settle()


def _ways_back(server: str, answer: str) -> list[tuple[str, str]]:
    """Two of all pairs for each cell, others for each; with VCA_ONCE_ALL=1 all of them."""
    pairs = list(itertools.product(DEATHS, WAYS))
    if os.environ.get("VCA_ONCE_ALL"):
        return pairs
    place = list(SERVERS).index(server) * len(ANSWERS) + list(ANSWERS).index(answer)
    return [pairs[(place * 7) % len(pairs)], pairs[(place * 7 + 9) % len(pairs)]]


@pytest.mark.parametrize(("answer", "server"), sampled_pairs(ANSWERS, SERVERS, 5))
def test_no_timeout_death_or_repetition_ends_in_a_second_request(tmp_path: Path, server: str, answer: str) -> None:
    for number, (death, way) in enumerate(_ways_back(server, answer)):
        with recovery_cloud(tmp_path / str(number), 1, dr_task_s=20, **SERVERS[server]) as cloud:
            order = ANSWERS[answer]
            if order is not None:
                cloud.simulator.faults.add(method="POST", path="/action/failover", count=1, **order)
            first_run(cloud, death)
            told = come_back(cloud, way)
            where = (server, answer, death, way, told)
            assert len(cloud.posts()) <= 1, where
            quiet(cloud)
            recovered = cloud.replication(1).recovery_state in ("complete", "ok")
            assert "succeeded" not in told or recovered, where
            # What the server has carried out is told, as soon as it shows it.
            if recovered:
                assert come_back(cloud, "new run") in (["succeeded"], ["unchanged"]), where
            assert len(cloud.posts()) <= 1, where


@pytest.mark.parametrize("answer", ["lost before", "refused with 500"])
@pytest.mark.parametrize("decision", ["start_again", "on_unknown"])
def test_a_decision_starts_it_once_more_and_only_once(tmp_path: Path, answer: str, decision: str) -> None:
    words: dict[str, Any] = {"start_again": (name(1),)} if decision == "start_again" else {"on_unknown": "start"}
    with recovery_cloud(tmp_path, 1, dr_task_s=20) as cloud:
        cloud.simulator.faults.add(method="POST", path="/action/failover", count=1, **(ANSWERS[answer] or {}))
        assert verdicts(start(cloud.client, PLAN, "failover", SHORT)) == ["unknown"]
        report = resume(cloud.client, options=RunOptions(verify_timeout=60, lost_grace=30, **words))
        assert (report.verdict, verdicts(report)) == ("succeeded", ["succeeded"])
        assert len(cloud.posts()) == 2
        assert verdicts(resume(cloud.client, options=RunOptions(**words))) == ["succeeded"]
        assert len(cloud.posts()) == 2


def test_a_decision_does_not_start_what_is_in_progress(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 1, dr_task_s=20, dr_start_delay_s=600) as cloud:
        cloud.simulator.faults.add(method="POST", path="/action/failover", count=1, kind="reset_after")
        with dying("request"), pytest.raises(Died):
            start(cloud.client, PLAN, "failover", SHORT)
        report = resume(cloud.client, options=RunOptions(start_again=(name(1),)))
        assert verdicts(report) == ["succeeded"]
        assert len(cloud.posts()) == 1


@pytest.mark.parametrize("server", [server for server in SERVERS if not server.startswith("visible")])
def test_somebody_elsewhere_joins_what_is_in_progress(tmp_path: Path, server: str) -> None:
    """Another host has no journal and no intent of ours: its server tells."""
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
def test_a_refusal_of_what_is_in_progress_is_watched(tmp_path: Path, via: str, code_in: str) -> None:
    """The other one starts right between reading and asking."""
    with recovery_cloud(tmp_path, 1, dr_task_s=20, state_error_via=via, error_code_in=code_in) as cloud:
        from vcloudair_core.simulator.replication.replication_states import start as begin

        def watch(event: Any) -> None:
            if event["event"] == "vm_starting":
                begin(cloud.simulator, cloud.replication(1), "failover")

        report = start(cloud.client, PLAN, "failover", RunOptions(observers=(watch,)))
        assert verdicts(report) == ["succeeded"], report.vms
        assert len(cloud.posts()) == 1 or via == "busy"


def test_only_a_known_idle_state_is_started_from(tmp_path: Path) -> None:
    for place, words in enumerate((("notStarted=resting",), ("none=nothing",), ("notStarted=Unknown",))):
        with recovery_cloud(tmp_path / str(place), 1, state_words=words) as cloud:
            try:
                (found,) = cloud.service.act("failover", options=OperationOptions(lost_grace=30))
            except VcloudAirError:
                continue
            assert (found.verdict, cloud.posts()) == ("failed", []), words
            assert "not started" in found.reason


def test_what_is_not_offered_is_not_started(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 1) as cloud:
        cloud.replication(1).recovery_state = "error"  # a test is not offered then
        (found,) = cloud.service.act("test", options=OperationOptions(lost_grace=30))
        assert (found.verdict, cloud.posts()) == ("failed", [])


def test_a_killed_run_without_a_plan_is_taken_up_by_the_next(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 1, dr_task_s=600, dr_start_delay_s=60) as cloud:
        (first,) = cloud.service.act("failover", options=OperationOptions(wait=False))
        (second,) = cloud.service.act("failover")
        assert (first.verdict, second.verdict, len(cloud.posts())) == ("started", "succeeded", 1)
        assert run_ids(cloud.client.settings) == []
