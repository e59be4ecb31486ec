"""Tests of the order of groups, and of messages about circular dependencies."""

from __future__ import annotations

import pytest

from vcloudair_core.errors import SpecError
from vcloudair_core.recovery.plan.group_order import check_order, waits_for
from vcloudair_core.recovery.plan.model import Group, PlannedVm, RecoveryPlan


def plan(*groups: Group, path: str = "plan.yml") -> RecoveryPlan:
    return RecoveryPlan("p", groups, path=path)


def group(name: str, line: int = 0, *vms: PlannedVm, priority: int = 1, depends_on: tuple[str, ...] = ()) -> Group:
    members = vms or (PlannedVm(f"{name}1", line=line and line + 1),)
    return Group(name, members, priority=priority, depends_on=depends_on, line=line)


def test_a_group_waits_for_lower_priorities_and_its_dependencies() -> None:
    made = plan(group("a"), group("b"), group("c", priority=2, depends_on=("a",)), group("d", priority=3))
    assert waits_for(made, "a") == ()
    assert waits_for(made, "c") == (("a", True), ("b", False))
    assert waits_for(made, "d") == (("a", False), ("b", False), ("c", False))


def test_a_group_can_depend_on_one_of_the_same_priority() -> None:
    assert waits_for(plan(group("a", depends_on=("b",)), group("b")), "a") == (("b", True),)


def test_an_unknown_group() -> None:
    with pytest.raises(SpecError, match="group 'databse' is not in the plan; did you mean 'database'"):
        waits_for(plan(group("database")), "databse")


def test_vms_are_returned_in_a_possible_start_order() -> None:
    made = plan(
        group("web", 0, PlannedVm("web1", depends_on=("db2",)), priority=2),
        group("db", 0, PlannedVm("db2", depends_on=("db1",)), PlannedVm("db1")),
    )
    assert [vm.name for vm in check_order(made)] == ["db1", "db2", "web1"]


def test_a_plan_of_all_vms_has_an_order() -> None:
    assert check_order(RecoveryPlan("", (Group("vms", ()),), all_vms=True)) == ()


@pytest.mark.parametrize(
    ("groups", "chain"),
    [
        ([group("a", 2, depends_on=("a",))], "group a (line 2) waits for group a."),
        (
            [group("web", 30, depends_on=("db",)), group("db", 12, depends_on=("web",))],
            "group db (line 12) waits for group web (line 30), which waits for group db.",
        ),
        (
            [group("a", 2, PlannedVm("x", depends_on=("y",), line=3), PlannedVm("y", depends_on=("x",), line=4))],
            "VM x (line 3) waits for VM y (line 4), which waits for VM x.",
        ),
        (
            [group("a", 2, depends_on=("b",)), group("b", 5, priority=2)],
            "group a (line 2) waits for group b (line 5), which waits because of its priority for group a.",
        ),
        (
            [
                group("a", 2, PlannedVm("a1", depends_on=("c1",), line=3)),
                group("b", 5, priority=5),
                group("c", 8, priority=9),
            ],
            "group a (line 2) ends after its VM a1 (line 3), which waits for VM c1 (line 9), which starts "
            "with its group c (line 8), which waits because of its priority for group a.",
        ),
        (
            [
                group("a", 2, depends_on=("c",)),
                group("b", 4, depends_on=("a",)),
                group("c", 6, PlannedVm("c1", line=7), PlannedVm("c2", depends_on=("b1",), line=8)),
            ],
            "group a (line 2) waits for group c (line 6), which ends after its VM c2 (line 8), which waits for "
            "VM b1 (line 5), which starts with its group b (line 4), which waits for group a.",
        ),
    ],
    ids=["itself", "two groups", "two VMs", "priority", "a VM across priorities", "groups and VMs"],
)
def test_the_message_lists_the_whole_cycle(groups: list[Group], chain: str) -> None:
    with pytest.raises(SpecError) as caught:
        check_order(plan(*groups))
    assert caught.value.reason == f"circular dependency: {chain}"
    first = 3 if chain.startswith("VM x (line 3)") else min(member.line for member in groups)
    assert caught.value.field == f"plan.yml:{first}"
    assert "depends_on" in caught.value.hint


def test_a_cycle_of_a_plan_without_a_file() -> None:
    with pytest.raises(SpecError) as caught:
        check_order(plan(group("a", depends_on=("b",)), group("b", depends_on=("a",)), path=""))
    assert str(caught.value).startswith("circular dependency: group a waits for group b, which waits for")


def test_a_vm_can_depend_on_a_vm_of_an_independent_group() -> None:
    made = plan(group("a", 0, PlannedVm("a1", depends_on=("b1",))), group("b"))
    assert [vm.name for vm in check_order(made)] == ["b1", "a1"]


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (
            plan(group("aa", depends_on=("bb",)), group("bbb")),
            "group aa: depends_on: group 'bb' is not in the plan",
        ),
        (plan(group("a", 0, PlannedVm("x", depends_on=("z9",)))), "VM x: depends_on: VM 'z9' is not in the plan"),
    ],
)
def test_dependencies_on_unknown_groups_and_vms(made: RecoveryPlan, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        check_order(made)


def test_many_priorities_need_no_edge_for_each_pair() -> None:
    # 9,000,000 pairs would take too much time and memory.
    made = plan(*(group(f"g{number}", priority=number + 1) for number in range(3000)))
    assert [vm.name for vm in check_order(made)] == [f"g{number}1" for number in range(3000)]
