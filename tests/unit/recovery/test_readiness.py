"""Each check in each way that it can end, and what score and verdict are made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from vcloudair_core.client import Client
from vcloudair_core.errors import ConnectionFailedError, SpecError
from vcloudair_core.recovery.plan import (
    Command,
    Group,
    HttpCheck,
    Machine,
    NetworkChange,
    Playbook,
    RecoveryPlan,
    Step,
    plan_of_machines,
)
from vcloudair_core.recovery.readiness import Check, Readiness, assess, assess_with_journals, score_of
from vcloudair_core.recovery.readiness_check import About
from vcloudair_core.recovery.readiness_evidence import gather
from vcloudair_core.recovery.readiness_machines import machine_checks
from vcloudair_core.recovery.run import start
from vcloudair_core.session.clock import FakeClock
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.world import Replication, Vdc
from vcloudair_core.testing import simulated_app, simulator_settings
from vcloudair_core.testing.clock import LinkedClock

ONE, TWO = "replicated-0001", "replicated-0002"
NETWORKS, ORG, VDCS, MACHINES = range(4)
"""The order in which the query service is asked."""


class Cloud:
    """A simulated cloud with replications whose placeholders are visible, and a client that looks at it."""

    def __init__(self, client: Client, simulator: Simulator) -> None:
        self.client, self.simulator = client, simulator

    def replication(self, name: str = ONE) -> Replication:
        return next(one for one in self.simulator.world.replications.values() if one.name == name)

    @property
    def vdc(self) -> Vdc:
        return next(iter(self.simulator.world.vdcs.values()))

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.simulator.clock.now(), timezone.utc)

    def refuse(self, path: str, *, skip: int = 0, status: int = 403, count: int = 1) -> None:
        code = {403: "ACCESS_TO_RESOURCE_IS_FORBIDDEN", 404: "NOT_FOUND"}.get(status, "INTERNAL_SERVER_ERROR")
        self.simulator.faults.add(
            "status", method="GET", path=path, status=status, code=code, skip=skip, count=count, message="No."
        )

    def assess(self, plan: RecoveryPlan | None = None, action: str = "failover", **words: Any) -> Readiness:
        words.setdefault("last_test", self.now - timedelta(days=1))
        return assess(self.client, plan or plan_of_machines([ONE]), action, now=self.now, **words)

    def check(self, name: str, plan: RecoveryPlan | None = None, action: str = "failover", **words: Any) -> Check:
        (found,) = (one for one in self.assess(plan, action, **words).checks if one.name == name)
        return found


Make = Callable[..., Cloud]


@pytest.fixture
def make() -> Iterator[Make]:
    opened: list[Client] = []

    def made(count: int = 1, unset: str = "", **config: Any) -> Cloud:
        words = {"profile": "vcd", "replications": count, "placeholders": "visible", **config}
        simulator = Simulator(SimulatorConfig(**words))
        settings = {name: value for name, value in simulator_settings(simulator).items() if name != unset}
        client = simulated_app(simulator).client(**settings)
        client.session.clock = client.session._wire.clock = LinkedClock(simulator)
        client.session.login()
        simulator.journal.clear()
        opened.append(client)
        return Cloud(client, simulator)

    yield made
    for client in opened:
        client.close()


def seen(check: Check) -> tuple[str, str]:
    """How it ended; what is not well says what to do next, always."""
    assert bool(check.hint) == (check.status != "ok"), check
    assert check.message
    return check.status, check.message


# -- all of it -----------------------------------------------------------------------------------------------------


def test_what_is_well_has_a_hundred(make: Make) -> None:
    cloud = make(3)
    found = cloud.assess(plan_of_machines(None))
    assert [one for one in found.checks if one.status != "ok"] == []
    assert (found.score, found.is_ready) == (100, True)
    assert {one.subject for one in found.checks if one.name == "state"} == {ONE, TWO, "replicated-0003"}
    assert {entry.method for entry in cloud.simulator.journal.entries()} == {"GET"}
    shown = found.as_dict()
    assert (shown["score"], shown["is_ready"], shown["counts"]["ok"]) == (100, True, len(shown["checks"]))


@pytest.mark.parametrize("count", [1, 10, 60])
def test_calls_are_one_per_machine_one_for_25_and_a_constant(make: Make, count: int) -> None:
    cloud = make(count)
    cloud.assess(plan_of_machines(None))
    paths = [entry.path for entry in cloud.simulator.journal.entries()]
    lists = 1  # 128 replications a page
    constant = 3 + 2 + 1  # networks, organisation and VDCs; which VDCs are enabled, to the last page; for what
    assert sum("/api/vr/replications/" in path for path in paths) == count
    assert len(paths) == lists + count + -(-count // 25) + constant


def test_another_action_is_refused_before_anything_is_sent(make: Make) -> None:
    cloud = make(1)
    with pytest.raises(SpecError, match="cleanup"):
        cloud.assess(action="cleanup")
    assert cloud.simulator.journal.entries() == []


def test_a_cloud_that_does_not_answer_is_no_finding(make: Make) -> None:
    cloud = make(1)
    cloud.simulator.faults.add("reset", path="/replications", count=0)
    with pytest.raises(ConnectionFailedError):
        cloud.assess()


# -- the score -----------------------------------------------------------------------------------------------------


def test_the_score_is_the_weighted_share_and_failures_cap_it() -> None:
    essential, useful = About("a", "", 10), About("b", "", 2)
    well, half = essential.ok("m"), useful.warn("m", "h")
    assert score_of([well]) == 100
    assert score_of([well, half]) == int(100 * 11 / 12)
    assert score_of([well, useful.unknown("m", "h")]) == int(100 * 10 / 12)
    assert score_of([well] * 99 + [useful.fail("m", "h")]) == 70
    assert score_of([well] * 99 + [essential.unknown("m", "h")]) == 70
    assert score_of([well] * 99 + [essential.fail("m", "h")]) == 40
    assert score_of([essential.fail("m", "h")]) == 0
    assert score_of([]) == 0


# -- the plan ------------------------------------------------------------------------------------------------------


def test_a_plan_that_cannot_be_carried_out_fails_with_all_that_is_wrong(make: Make) -> None:
    cloud = make(2)
    group = Group("web", (Machine(ONE), Machine(ONE), Machine(TWO, depends_on=("nobody",))))
    status, said = seen(cloud.check("plan", RecoveryPlan("payroll", (group, group))))
    assert status == "fail"
    for part in ("group web is there 2 times", f"machine {ONE} is there 4 times", "'nobody'"):
        assert part in said
    waiting = (Group("a", (Machine(ONE),), depends_on=("b",)), Group("b", (Machine(TWO),), depends_on=("a",)))
    assert "waits for" in cloud.check("plan", RecoveryPlan("payroll", waiting)).message
    assert seen(cloud.check("plan", plan_of_machines([])))[0] == "fail"
    assert seen(cloud.check("plan"))[0] == "ok"


# -- names ---------------------------------------------------------------------------------------------------------


def test_all_names_that_mean_nothing_or_too_much_are_told_at_once(make: Make) -> None:
    cloud = make(4)
    cloud.replication("replicated-0004").name = "replicated-0003"
    identifier = cloud.replication(ONE).replication_id[-36:]
    found = cloud.assess(plan_of_machines([ONE, identifier, "nobody", "neither", "replicated-0003", TWO]))
    names = {one.subject: seen(one) for one in found.checks if one.name == "machine"}
    assert {name: status for name, (status, _) in names.items()} == {
        ONE: "ok", identifier: "warn", "nobody": "fail", "neither": "fail", "replicated-0003": "fail", TWO: "ok",
    }  # fmt: skip
    assert names["replicated-0003"][1].count("-") >= 8  # both ids
    # It stops no other check, and one machine has no check twice.
    assert [one.subject for one in found.checks if one.name == "rpo"] == [ONE, TWO]
    assert (found.is_ready, found.score) == (False, 40)


def test_lists_without_names_are_understood(make: Make) -> None:
    cloud = make(2, list_reference_name="absent")
    assert cloud.check("machine", plan_of_machines([TWO])).status == "ok"


@pytest.mark.parametrize(("status", "expected"), [(403, "fail"), (404, "fail"), (500, "unknown")])
def test_a_list_that_cannot_be_read_is_one_check(make: Make, status: int, expected: str) -> None:
    cloud = make(1)
    cloud.refuse("/replications", status=status, count=0)
    found = cloud.assess()
    assert seen(next(one for one in found.checks if one.name == "machine"))[0] == expected
    assert not found.is_ready


def test_nothing_replicated_is_not_ready(make: Make) -> None:
    assert not make(0).assess(plan_of_machines(None)).is_ready


# -- replications --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "expected"), [(403, "fail"), (404, "fail"), (500, "unknown")])
def test_one_that_cannot_be_read_does_not_sink_the_rest(make: Make, status: int, expected: str) -> None:
    cloud = make(3)
    cloud.refuse(cloud.replication(TWO).replication_id, status=status, count=0)
    found = cloud.assess(plan_of_machines(None))
    states = {one.subject: one for one in found.checks if one.name == "replication"}
    assert {name: one.status for name, one in states.items()} == {ONE: "ok", TWO: expected, "replicated-0003": "ok"}
    assert seen(states[TWO])
    assert not found.is_ready  # an essential one that is not known is no yes


def _with(cloud: Cloud, name: str, action: str = "failover", **words: Any) -> Check:
    """The check of a replication that says other words than the simulator can be brought to say."""
    plan = plan_of_machines([ONE])
    evidence = gather(cloud.client, plan, cloud.now)
    groups = {href: replace(group, **words) for href, group in evidence.groups.items()}  # type: ignore[type-var]
    (found,) = (one for one in machine_checks(plan, action, replace(evidence, groups=groups)) if one.name == name)
    return found


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("ok", "ok"), (" OK ", "ok"), ("sync", "ok"), ("OK_RPO_VIOLATION", "ok"),
        ("paused", "warn"), ("fullSync", "warn"), ("FULL_SYNC", "warn"), ("notActive", "warn"), ("moving", "warn"),
        ("error", "fail"), ("configuring", "fail"), ("initialFullSync", "fail"), ("recovering", "fail"),
        ("", "unknown"), ("unknown", "unknown"), ("splendid", "unknown"),
    ],
)  # fmt: skip
def test_the_state_of_a_replication(make: Make, word: str, expected: str) -> None:
    assert seen(_with(make(1), "replication", state=word))[0] == expected


def test_a_pause_warns_whatever_the_word_is(make: Make) -> None:
    cloud = make(1)
    cloud.replication().paused = True
    assert "paused" in seen(cloud.check("replication"))[1]
    assert cloud.assess().is_ready


@pytest.mark.parametrize(
    ("action", "test", "recovery", "expected", "said"),
    [
        ("failover", "none", "notStarted", "ok", "nothing is under way"),
        ("test", "none", "notStarted", "ok", "nothing is under way"),
        ("failover", "", "", "ok", "nothing is under way"),  # its link says so
        ("failover", "testInProgress", "notStarted", "fail", "under way"),
        ("test", "none", "inProgress", "fail", "under way"),
        ("failover", "complete", "notStarted", "fail", "not cleaned up"),
        ("test", "testError", "notStarted", "fail", "cleaned up first"),
        ("test", "none", "complete", "fail", "failed over already"),
        ("test", "complete", "notStarted", "warn", "there already"),
        ("failover", "none", "complete", "warn", "there already"),
        ("failover", "none", "error", "warn", "went wrong"),
        ("failover", "unknown", "notStarted", "unknown", "says nothing"),
        ("failover", "none", "splendid", "unknown", "says nothing"),
    ],
)
def test_what_stands_in_the_way(make: Make, action: str, test: str, recovery: str, expected: str, said: str) -> None:
    found = seen(_with(make(1), "state", action, test_state=test, recovery_state=recovery))
    assert (found[0], said in found[1]) == (expected, True), found


def test_a_state_that_nobody_tells_is_not_known(make: Make) -> None:
    assert seen(_with(make(1), "state", test_state="", recovery_state="", offered=()))[0] == "unknown"


def test_a_machine_that_is_there_has_no_checks_of_its_source(make: Make) -> None:
    cloud = make(2)
    cloud.client.service("dr").act("failover", [ONE])
    found = cloud.assess(plan_of_machines([ONE, TWO]))
    assert {one.name for one in found.checks if one.subject == ONE} == {"machine", "state"}
    assert found.is_ready


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        (("failover", "testFailover"), "ok"),
        (("FAILOVER",), "ok"),
        (("testFailover",), "fail"),
        ((), "unknown"),
    ],
)
def test_what_the_user_may_do_is_what_is_linked(make: Make, offered: tuple[str, ...], expected: str) -> None:
    assert seen(_with(make(1), "right", offered=offered))[0] == expected


def test_links_are_read(make: Make) -> None:
    assert set(make(1).client.service("dr").replications()[0].offered) == {"testFailover", "failover"}
    assert make(1, links="none").check("right").status == "unknown"


# -- data ----------------------------------------------------------------------------------------------------------


def test_no_point_in_time_is_nothing_to_recover_from(make: Make) -> None:
    cloud = make(1)
    assert seen(_with(cloud, "data", points=()))[0] == "fail"
    assert seen(cloud.check("data"))[0] == "ok"


@pytest.mark.parametrize(
    ("lag", "own", "plan_rpo", "machine_rpo", "expected", "said"),
    [
        (10, 240, None, None, "ok", "10 min old, of at most 240"),
        (10, 15, 30, None, "ok", "of at most 30"),
        (300, 240, None, None, "warn", "has been for 60 min"),
        (10, 240, 30, None, "warn", "set to 240 min and the plan promises 30"),
        (40, 240, 30, None, "fail", "40 min old; the plan promises 30 min"),
        (40, 15, 30, 60, "warn", "behind what the replication is set to"),
        (40, 15, 60, 30, "fail", "promises 30"),  # that of the machine comes first
        (-10, 240, 30, None, "unknown", "of the future"),
    ],
)
def test_the_age_of_the_newest_data(
    make: Make, lag: int, own: int, plan_rpo: int | None, machine_rpo: int | None, expected: str, said: str
) -> None:
    cloud = make(1)
    cloud.replication().lag_minutes, cloud.replication().rpo_minutes = lag, own
    group = Group("web", (Machine(ONE, rpo_minutes=machine_rpo),))
    found = seen(cloud.check("rpo", RecoveryPlan("payroll", (group,), rpo_minutes=plan_rpo)))
    assert (found[0], said in found[1]) == (expected, True), found


def test_a_test_works_with_old_data(make: Make) -> None:
    cloud = make(1)
    assert cloud.check("rpo", plan_of_machines([ONE], rpo_minutes=5)).status == "fail"
    assert seen(cloud.check("rpo", plan_of_machines([ONE], rpo_minutes=5), "test"))[0] == "warn"


def test_an_age_without_measure_is_not_known(make: Make) -> None:
    cloud = make(1)
    assert "how old it may be" in seen(_with(cloud, "rpo", rpo_minutes=None))[1]
    timeless = gather(cloud.client, plan_of_machines([ONE]), cloud.now)
    (group,) = timeless.read_groups()
    points = tuple(replace(one, started=None) for one in group.points)
    assert seen(_with(cloud, "rpo", points=points))[0] == "unknown"


# -- where it goes -------------------------------------------------------------------------------------------------


def test_a_vdc_that_is_enabled_for_it(make: Make) -> None:
    cloud = make(1)
    assert seen(cloud.check("vdc"))[0] == "ok"
    cloud.vdc.is_failover_enabled = False
    assert seen(cloud.check("vdc"))[0] == "fail"
    assert seen(cloud.check("vdc", action="test"))[0] == "ok"
    cloud.vdc.is_recovery_enabled = False
    status, said = seen(cloud.check("vdc"))
    assert (status, "not enabled for recovery" in said) == ("fail", True)


def test_a_vdc_whose_details_are_missing_or_hidden(make: Make) -> None:
    cloud = make(1)
    cloud.refuse("recoveryDetails", status=404)
    assert seen(cloud.check("vdc"))[0] == "fail"
    cloud.refuse("recoveryDetails")
    found = cloud.assess()
    assert seen(next(one for one in found.checks if one.name == "vdc"))[0] == "unknown"
    assert not found.is_ready


def test_which_vdcs_take_replications_may_be_hidden(make: Make) -> None:
    cloud = make(1)
    cloud.refuse("enabledForReplicationVdcs")
    assert cloud.check("vdc").status == "ok"  # the query service knows the VDC, and its details can be read
    cloud.refuse("enabledForReplicationVdcs")
    cloud.refuse("/api/query", skip=VDCS)
    assert seen(cloud.check("vdc"))[0] == "unknown"


def test_of_two_vdcs_the_one_is_found_that_holds_the_machine(make: Make) -> None:
    cloud = make(1, placeholders="hidden")
    other = Vdc(cloud.simulator.world.make_id("vdc", "other"), "other", cloud.vdc.org)
    cloud.simulator.world.vdcs[other.vdc_id] = other
    assert cloud.check("vdc").subject == cloud.vdc.name
    cloud.replication().vdc_id, other.is_failover_enabled = other.vdc_id, False
    found = cloud.check("vdc")
    assert (found.subject, found.status) == ("other", "fail")
    for vdc in (cloud.vdc, other):
        cloud.refuse(f"{vdc.vdc_id}/replications")
    assert "not known which VDC" in seen(cloud.check("vdc"))[1]


def test_room_for_the_memory(make: Make) -> None:
    cloud = make(2, vms=0)
    plan = plan_of_machines([ONE, TWO])
    needed = 2 * 4096
    for limit, expected in ((0, "ok"), (needed * 2, "ok"), (needed + 10, "warn"), (needed - 1, "fail")):
        cloud.vdc.memory_limit_mb = limit
        assert seen(cloud.check("memory", plan))[0] == expected, limit
    cloud.refuse("/api/query", skip=VDCS)
    assert "may not be read" in seen(cloud.check("memory", plan))[1]
    assert "memory" not in {one.name for one in cloud.assess(replace(plan, power_on=False)).checks}


def test_memory_of_machines_that_are_not_seen_is_not_known(make: Make) -> None:
    cloud = make(1, vms=0, placeholders="hidden", vdc_memory_limit_mb=8192)
    assert "that were not seen" in seen(cloud.check("memory"))[1]


def test_room_for_the_processors(make: Make) -> None:
    cloud = make(1, vms=2)
    assert seen(cloud.check("cpu"))[0] == "ok"
    (record,) = cloud.client.service("query").query("orgVdc").all()
    used = record["cpuUsedMhz"]
    assert used > 0
    for limit, expected in ((used, "fail"), (used + 1, "warn"), (10 * used, "unknown")):
        cloud.vdc.cpu_limit_mhz = limit
        assert seen(cloud.check("cpu"))[0] == expected, limit


def test_a_quota_of_machines_that_run(make: Make) -> None:
    cloud = make(2, vms=3)
    plan, org = plan_of_machines([ONE, TWO]), next(iter(cloud.simulator.world.orgs.values()))
    for quota, expected in ((0, "ok"), (5, "ok"), (4, "fail")):
        org.deployed_vm_quota = quota
        assert seen(cloud.check("quota", plan))[0] == expected, quota
    cloud.refuse("/api/query", skip=ORG)
    assert "may not be read" in seen(cloud.check("quota", plan))[1]
    old = make(1, api_versions=("5.7",))  # it does not tell how many run
    next(iter(old.simulator.world.orgs.values())).deployed_vm_quota = 5
    assert seen(old.check("quota"))[0] == "unknown"


def test_the_network_of_the_machine_that_stands_for_it(make: Make) -> None:
    cloud = make(1)
    assert seen(cloud.check("network"))[0] == "ok"
    (placeholder,) = (vm for vm in cloud.simulator.world.vms.values() if vm.name == ONE)
    for network in ("moon", ""):
        placeholder.network = network
        assert seen(cloud.check("network"))[0] == "warn"
    placeholder.network = "lan"
    for question in (NETWORKS, MACHINES):
        cloud.refuse("/api/query", skip=question)
        assert "may not be read" in seen(cloud.check("network"))[1]
    assert seen(make(1, placeholders="hidden").check("network"))[0] == "unknown"


# -- steps ---------------------------------------------------------------------------------------------------------


def _stepped(tmp_path: Path, work: Any, **words: Any) -> RecoveryPlan:
    step = Step("It", work, **words)
    return replace(plan_of_machines([ONE], name="payroll"), before=(step,), path=str(tmp_path / "plan.yml"))


def test_programs_and_playbooks_have_to_be_there(make: Make, tmp_path: Path) -> None:
    cloud = make(1)
    program = tmp_path / "quiesce.sh"
    program.write_text("#!/bin/sh\n")
    for work, expected in (
        (Command(("true",)), "ok"),
        (Command(("./quiesce.sh",)), "fail"),  # not executable yet
        (Command(("no-such-program",)), "fail"),
        (Command(()), "fail"),
        (Playbook("smoke.yml"), "fail"),
        (HttpCheck("https://user:word@10.0.0.5/health"), "ok"),
        (HttpCheck("10.0.0.5/health"), "fail"),
    ):
        found = cloud.check("step", _stepped(tmp_path, work))
        assert seen(found)[0] == expected, work
        assert "word" not in found.message
    program.chmod(0o755)
    assert cloud.check("step", _stepped(tmp_path, Command(("./quiesce.sh",)))).status == "ok"


def test_a_playbook_needs_something_that_runs_it(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud, plan = make(1), _stepped(tmp_path, Playbook("smoke.yml", inventory="hosts"))
    (tmp_path / "smoke.yml").write_text("[]\n")
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert "ansible-core" in cloud.check("step", plan).hint
    (tmp_path / "bin" / "ansible-playbook").write_text("")
    (tmp_path / "bin" / "ansible-playbook").chmod(0o755)
    assert "no inventory hosts" in seen(cloud.check("step", plan))[1]
    (tmp_path / "hosts").write_text("")
    assert seen(cloud.check("step", plan))[0] == "ok"


def test_only_the_steps_of_the_action_are_looked_at(make: Make, tmp_path: Path) -> None:
    plan = _stepped(tmp_path, Command(("no-such-program",)), only=frozenset({"failover"}))
    cloud = make(1)
    assert "step" not in {one.name for one in cloud.assess(plan, "test").checks}
    assert cloud.check("step", plan).status == "fail"


EDGE = "org1-vdc1-edge1"
RULES = """firewall:
  rules:
    - {name: web, services: [{protocol: tcp, port: "443"}], action: accept}
"""


@pytest.mark.parametrize(
    ("text", "expected", "said"),
    [
        (f"edge: {EDGE}\n{RULES}", "ok", "takes dr-edge.yml"),
        (f"edge: nowhere\n{RULES}", "fail", "nowhere"),
        (f"edge: {EDGE}\nfirewall:\n  rulez: []\n", "fail", "rulez"),
        (f"edge: {EDGE}\n: :\n  - [", "fail", "dr-edge.yml"),
        (f"edge: {EDGE}\n", "fail", "no section"),
        (RULES, "ok", EDGE),  # the setting names it
        (f"edge: {EDGE}\nfirewall:\n  rules:\n    - {{name: open, action: accept}}\n", "warn", "open"),
        (None, "fail", "cannot be read"),
    ],
)
def test_a_network_change_needs_its_edge_and_a_right_document(
    make: Make, tmp_path: Path, text: str | None, expected: str, said: str
) -> None:
    cloud = make(1)
    if text is not None:
        (tmp_path / "dr-edge.yml").write_text(text)
    found = cloud.check("edge", _stepped(tmp_path, NetworkChange("dr-edge.yml")))
    assert seen(found)[0] == expected, found
    assert said in found.message
    assert {entry.method for entry in cloud.simulator.journal.entries()} == {"GET"}


def test_an_edge_that_nobody_names(make: Make, tmp_path: Path) -> None:
    cloud = make(1, unset="edge")
    (tmp_path / "dr-edge.yml").write_text(RULES)
    status, said = seen(cloud.check("edge", _stepped(tmp_path, NetworkChange("dr-edge.yml"))))
    assert (status, "names no edge gateway" in said) == ("fail", True)


def test_an_edge_that_cannot_be_read_now_is_not_known(make: Make, tmp_path: Path) -> None:
    cloud = make(1)
    (tmp_path / "dr-edge.yml").write_text(f"edge: {EDGE}\n{RULES}")
    plan = _stepped(tmp_path, NetworkChange("dr-edge.yml", back="gone.yml"))
    cloud.refuse("/firewall/config", status=500, count=0)
    forward, back = (one for one in cloud.assess(plan).checks if one.name == "edge")
    assert ("gone.yml" in seen(forward)[1], forward.status) == (True, "fail")
    assert seen(back)[0] == "unknown"


# -- tests of it ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "most", "action", "expected"),
    [
        (1, 90, "failover", "ok"),
        (1, None, "failover", "ok"),
        (85, 90, "failover", "warn"),
        (91, 90, "failover", "fail"),
        (91, 90, "test", "warn"),
        (None, 90, "failover", "fail"),
        (None, 90, "test", "warn"),
        (None, None, "failover", "warn"),
        (-1, 90, "failover", "unknown"),
    ],
)
def test_how_long_ago_it_was_tested(
    make: Make, days: int | None, most: float | None, action: str, expected: str
) -> None:
    cloud = make(1)
    plan = replace(plan_of_machines([ONE], name="payroll"), test_max_age_days=most)
    last = None if days is None else cloud.now - timedelta(days=days)
    assert seen(cloud.check("last_test", plan, action, last_test=last))[0] == expected


def test_machines_that_somebody_names_are_no_plan_that_was_tested(make: Make) -> None:
    assert "last_test" not in {one.name for one in make(1).assess(last_test=None).checks}


def test_journals_tell_when_it_was_tested(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    cloud, plan = make(1), plan_of_machines([ONE], name="payroll")
    plan = replace(plan, test_max_age_days=90)
    assert not assess_with_journals(cloud.client, plan).is_ready
    assert start(cloud.client, plan, "test").verdict == "done"
    tested = assess_with_journals(cloud.client, plan)
    statuses = {one.name: one.status for one in tested.checks}
    assert (statuses["last_test"], statuses["state"]) == ("ok", "fail")
    assert "network" not in statuses  # the machine that is seen is that of the test
    start(cloud.client, plan, "cleanup")
    assert assess_with_journals(cloud.client, plan).score == 100
    assert not assess_with_journals(cloud.client, replace(plan, name="another")).is_ready


def test_without_a_moment_the_clock_of_the_session_counts(make: Make) -> None:
    cloud = make(1)
    cloud.client.session.clock = FakeClock(wall=cloud.simulator.clock.now() + 86400 * 30)
    found = assess(cloud.client, plan_of_machines([ONE], rpo_minutes=60))
    assert next(one for one in found.checks if one.name == "rpo").status == "fail"
