"""Order of groups and VMs in a recovery plan, and circular dependencies.

A group starts when all groups of a lower priority and all groups that it depends on have ended. A VM starts when its
group has started and all VMs that it depends on are recovered. These VMs can be in any group. One graph represents all
of these rules, so that cycles across groups and VMs are detected too.
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
_HINT = "Remove one of these dependencies (depends_on), or change a priority."


def waits_for(plan: RecoveryPlan, group_name: str) -> tuple[tuple[str, bool], ...]:
    """Return the groups that must end before a group starts, in the order of the plan.

    Each item is a pair ``(name, is_dependency)``. If ``is_dependency`` is true, the waiting group depends on the
    earlier group, and must not start if the earlier group fails. If ``is_dependency`` is false, the earlier group only
    has a lower priority number, and its failure does not prevent the start.

    Raises SpecError for an unknown group.
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
    """Return the VMs of a plan in an order in which they can start.

    Raises SpecError for a circular dependency, and for a dependency on an unknown group or VM. The message for a
    circular dependency lists the cycle with the lines of the plan file.
    """
    _check_dependencies(plan)
    vms = {vm.name: vm for vm in plan.vms}
    try:
        order = tuple(TopologicalSorter(_graph(plan)).static_order())
    except CycleError as exc:
        # In the cycle of graphlib, each node waits for the one before it.
        raise _cycle_error(plan, exc.args[1][:0:-1]) from None
    return tuple(vms[name] for kind, name in order if kind == _VM)


def _graph(plan: RecoveryPlan) -> dict[_Node, list[_Node]]:
    """Return a mapping of each node to the nodes that it waits for.

    Priorities are nodes too. Without these nodes, each pair of groups with different priorities would need an edge.
    """
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


def _check_dependencies(plan: RecoveryPlan) -> None:
    for kind, members in (("group", plan.groups), ("VM", plan.vms)):
        names = [member.name for member in members]
        known = set(names)
        for member in members:
            for name in member.depends_on:
                if name not in known:
                    raise SpecError(f"{kind} {member.name}: depends_on", _unknown(kind, name, names))


def _unknown(kind: str, name: str, known: Iterable[str]) -> str:
    guess = near(name, known)
    return f"{kind} {name!r} is not in the plan{'; ' + guess if guess else ''}"


# -- messages about cycles -----------------------------------------------------------------------------------------


def _cycle_error(plan: RecoveryPlan, cycle: list[_Node]) -> SpecError:
    """Return the error for a circular dependency.

    In ``cycle``, each node waits for the next node, and the last node waits for the first.
    """
    vms = {vm.name: vm for vm in plan.vms}
    groups = {group.name: group for group in plan.groups}
    members: list[Group | PlannedVm] = []
    for kind, name in cycle:
        member = vms[name] if kind == _VM else groups.get(name)
        # The message names a group once for its start and end nodes, and leaves out priority nodes.
        if kind != _PRIORITY and member is not None and (not members or members[-1] is not member):
            members.append(member)
    if len(members) > 1 and members[0] is members[-1]:
        members.pop()
    first = min(range(len(members)), key=lambda position: (members[position].line, position))
    members = members[first:] + members[:first]
    chain = _kind_name_and_line(members[0])
    for position, (member, following) in enumerate(zip(members, [*members[1:], members[0]], strict=True)):
        shown = _kind_name_and_line(following) if following is not members[0] else _kind_and_name(following)
        chain += f"{', which' if position else ''} {_verb(member, following)} {shown}"
    line = members[0].line
    where = (f"{plan.path}:{line}" if plan.path else f"line {line}") if line else plan.path
    return SpecError(where, f"circular dependency: {chain}.", hint=_HINT)


def _verb(member: Group | PlannedVm, following: Group | PlannedVm) -> str:
    if isinstance(member, Group) and isinstance(following, PlannedVm):
        return "ends after its"
    if isinstance(member, PlannedVm) and isinstance(following, Group):
        return "starts with its"
    return "waits for" if following.name in member.depends_on else "waits because of its priority for"


def _kind_name_and_line(member: Group | PlannedVm) -> str:
    return f"{_kind_and_name(member)} (line {member.line})" if member.line else _kind_and_name(member)


def _kind_and_name(member: Group | PlannedVm) -> str:
    return f"{'group' if isinstance(member, Group) else 'VM'} {member.name}"
