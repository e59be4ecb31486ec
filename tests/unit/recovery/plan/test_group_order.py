"""Order of groups, and messages about cycles."""

from __future__ import annotations

import pytest

from vcloudair_core.errors import SpecError
from vcloudair_core.recovery.plan.group_order import check_order, waits_for
from vcloudair_core.recovery.plan.model import Group, PlannedVm, RecoveryPlan


def plan(*groups: Group, path: str = "plan.yml") -> RecoveryPlan:
    return RecoveryPlan("p", groups, path=path)


def group(name: str, line: int = 0, *vms: PlannedVm, priority: int = 1, depends_on: tuple[str, ...] = ()) -> Group:
    own = vms or (PlannedVm(f"{name}1", line=line and line + 1),)
    return Group(name, own, priority=priority, depends_on=depends_on, line=line)


def test_a_group_waits_for_lower_priorities_and_for_what_it_depends_on() -> None:
    made = plan(group("a"), group("b"), group("c", priority=2, depends_on=("a",)), group("d", priority=3))
    assert waits_for(made, "a") == ()
    assert waits_for(made, "c") == (("a", True), ("b", False))
    assert waits_for(made, "d") == (("a", False), ("b", False), ("c", False))


def test_a_dependency_within_one_priority_counts_too() -> None:
    assert waits_for(plan(group("a", depends_on=("b",)), group("b")), "a") == (("b", True),)


def test_a_group_that_is_not_there() -> None:
    with pytest.raises(SpecError, match="there is no group 'databse' in the plan; did you mean 'database'"):
        waits_for(plan(group("database")), "databse")


def test_vms_come_in_an_order_that_can_be_kept() -> None:
    made = plan(
        group("web", 0, PlannedVm("web1", depends_on=("db2",)), priority=2),
        group("db", 0, PlannedVm("db2", depends_on=("db1",)), PlannedVm("db1")),
    )
    assert [vm.name for vm in check_order(made)] == ["db1", "db2", "web1"]


def test_a_plan_of_all_vms_has_an_order() -> None:
    assert check_order(RecoveryPlan("", (Group("vms", ()),), all_vms=True)) == ()


@pytest.mark.parametrize(
    ("groups", "said"),
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
            "group a (line 2) waits for group b (line 5), which by its priority waits for group a.",
        ),
        (
            [
                group("a", 2, PlannedVm("a1", depends_on=("c1",), line=3)),
                group("b", 5, priority=5),
                group("c", 8, priority=9),
            ],
            "group a (line 2) is over after its VM a1 (line 3), which waits for VM c1 (line 9), which begins "
            "with its group c (line 8), which by its priority waits for group a.",
        ),
        (
            [
                group("a", 2, depends_on=("c",)),
                group("b", 4, depends_on=("a",)),
                group("c", 6, PlannedVm("c1", line=7), PlannedVm("c2", depends_on=("b1",), line=8)),
            ],
            "group a (line 2) waits for group c (line 6), which is over after its VM c2 (line 8), which waits for "
            "VM b1 (line 5), which begins with its group b (line 4), which waits for group a.",
        ),
    ],
    ids=["itself", "two groups", "two VMs", "priority", "a VM across priorities", "groups and VMs"],
)
def test_a_cycle_is_named_as_a_whole(groups: list[Group], said: str) -> None:
    with pytest.raises(SpecError) as caught:
        check_order(plan(*groups))
    assert caught.value.reason == f"nothing of this could ever begin: {said}"
    assert caught.value.field == f"plan.yml:{min(one.line for one in groups) if 'line 3) waits' not in said else 3}"
    assert "depends_on" in caught.value.hint


def test_a_cycle_of_a_plan_without_a_file() -> None:
    with pytest.raises(SpecError) as caught:
        check_order(plan(group("a", depends_on=("b",)), group("b", depends_on=("a",)), path=""))
    assert str(caught.value).startswith("nothing of this could ever begin: group a waits for group b, which waits for")


def test_a_vm_may_depend_on_one_of_a_group_that_nothing_waits_for() -> None:
    made = plan(group("a", 0, PlannedVm("a1", depends_on=("b1",))), group("b"))
    assert [vm.name for vm in check_order(made)] == ["b1", "a1"]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            plan(group("aa", depends_on=("bb",)), group("bbb")),
            "group aa: depends_on: there is no group 'bb' in the plan",
        ),
        (plan(group("a", 0, PlannedVm("x", depends_on=("z9",)))), "VM x: depends_on: there is no VM 'z9'"),
    ],
)
def test_what_depends_on_nothing_there(made: RecoveryPlan, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        check_order(made)


def test_a_priority_for_each_of_many_groups_is_no_matter_of_pairs() -> None:
    # 9,000,000 pairs: this would not end in the time of a test, or in memory.
    made = plan(*(group(f"g{number}", priority=number + 1) for number in range(3000)))
    assert [vm.name for vm in check_order(made)] == [f"g{number}1" for number in range(3000)]
