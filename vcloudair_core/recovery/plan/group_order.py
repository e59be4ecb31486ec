"""The order of groups and VMs in a recovery plan. Pure; nothing is started here.

A group begins when all groups of a lower priority and all that it depends on are over. A VM begins when its group
has, and the VMs that it depends on, of whatever group, are there. All of that is one graph, so that a VM
which waits for one of a group that waits for its own group is found too.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from vcloudair_core.engine.validation import near
from vcloudair_core.errors import SpecError
from vcloudair_core.recovery.plan.model import Group, PlannedVm, RecoveryPlan

_BEGIN, _END, _VM, _PRIORITY = "begin", "end", "VM", "priority"
_Node = tuple[str, str]
_HINT = "Take one of these out of depends_on, or change a priority."


def waits_for(plan: RecoveryPlan, group_name: str) -> tuple[tuple[str, bool], ...]:
    """Return the groups that must end before a group starts, in the order of the plan.

    Shape: ``(name, is_dependency)``. A group that depends on one which failed must not begin; one that only has a
    higher priority waits, and then begins all the same. Raises SpecError when there is no such group.
    """
    group = next((group for group in plan.groups if group.name == group_name), None)
    if group is None:
        names = [group.name for group in plan.groups]
        raise SpecError("group", _unknown("group", group_name, names))
    waits = []
    for earlier in plan.groups:
        is_dependency = earlier.name in group.depends_on
        if is_dependency or earlier.priority < group.priority:
            waits.append((earlier.name, is_dependency))
    return tuple(waits)


def check_order(plan: RecoveryPlan) -> tuple[PlannedVm, ...]:
    """The VMs in an order in which they could be started one after the other.

    Raises SpecError when there is none: it names the whole cycle, with the lines of the plan's file; and when something
    depends on what is not there.
    """
    _refuse_unknown(plan)
    vms = {vm.name: vm for vm in plan.vms}
    try:
        order = tuple(TopologicalSorter(_graph(plan)).static_order())
    except CycleError as exc:
        # Each waits for the one before it there.
        raise _cycle_error(plan, exc.args[1][:0:-1]) from None
    return tuple(vms[name] for kind, name in order if kind == _VM)


def _graph(plan: RecoveryPlan) -> dict[_Node, list[_Node]]:
    """For each node what it waits for. A priority is a node too: an edge for each pair of groups is too many."""
    priorities = sorted({group.priority for group in plan.groups})
    above = dict(itertools.pairwise(priorities))
    graph: dict[_Node, list[_Node]] = {(_PRIORITY, str(priority)): [] for priority in above.values()}
    for group in plan.groups:
        begin, end = (_BEGIN, group.name), (_END, group.name)
        graph[begin] = [(_END, name) for name in group.depends_on]
        barrier = (_PRIORITY, str(group.priority))
        if barrier in graph:
            graph[begin].append(barrier)
        graph[end] = [begin, *((_VM, vm.name) for vm in group.vms)]
        for vm in group.vms:
            graph[_VM, vm.name] = [begin, *((_VM, name) for name in vm.depends_on)]
        if group.priority in above:
            next_barrier = (_PRIORITY, str(above[group.priority]))
            graph[next_barrier] += [end, *([barrier] if barrier in graph else [])]
    return graph


def _refuse_unknown(plan: RecoveryPlan) -> None:
    for kind, things in (("group", plan.groups), ("VM", plan.vms)):
        names = [thing.name for thing in things]
        known = set(names)
        for thing in things:
            for name in thing.depends_on:
                if name not in known:
                    raise SpecError(f"{kind} {thing.name}: depends_on", _unknown(kind, name, names))


def _unknown(kind: str, name: str, known: Iterable[str]) -> str:
    guess = near(name, known)
    return f"there is no {kind} {name!r} in the plan{'; ' + guess if guess else ''}"


# -- a cycle in words ----------------------------------------------------------------------------------------------


def _cycle_error(plan: RecoveryPlan, cycle: list[_Node]) -> SpecError:
    """``cycle``: each node waits for the next, and the last for the first."""
    vms = {vm.name: vm for vm in plan.vms}
    groups = {group.name: group for group in plan.groups}
    things: list[Group | PlannedVm] = []
    for kind, name in cycle:
        thing = vms[name] if kind == _VM else groups.get(name)
        # The beginning and the end of a group are one thing to a reader, and a priority is none.
        if kind != _PRIORITY and thing is not None and (not things or things[-1] is not thing):
            things.append(thing)
    if len(things) > 1 and things[0] is things[-1]:
        things.pop()
    first = min(range(len(things)), key=lambda position: (things[position].line, position))
    things = things[first:] + things[:first]
    chain = _shown(things[0])
    for position, (thing, following) in enumerate(zip(things, [*things[1:], things[0]], strict=True)):
        shown = _shown(following) if following is not things[0] else _kind_and_name(following)
        chain += f"{', which' if position else ''} {_verb(thing, following)} {shown}"
    line = things[0].line
    where = (f"{plan.path}:{line}" if plan.path else f"line {line}") if line else plan.path
    return SpecError(where, f"nothing of this could ever begin: {chain}.", hint=_HINT)


def _verb(thing: Group | PlannedVm, following: Group | PlannedVm) -> str:
    if isinstance(thing, Group) and isinstance(following, PlannedVm):
        return "is over after its"
    if isinstance(thing, PlannedVm) and isinstance(following, Group):
        return "begins with its"
    # Not what it depends on: then it is the priority that keeps it waiting.
    if following.name not in thing.depends_on:
        return "by its priority waits for"
    return "waits for"


def _shown(thing: Group | PlannedVm) -> str:
    return f"{_kind_and_name(thing)} (line {thing.line})" if thing.line else _kind_and_name(thing)


def _kind_and_name(thing: Group | PlannedVm) -> str:
    return f"{'group' if isinstance(thing, Group) else 'VM'} {thing.name}"
