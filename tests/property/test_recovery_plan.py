"""Property tests of recovery plans: parsing, errors, cycle detection."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from vcloudair_core.errors import ConfigurationError, SpecError
from vcloudair_core.recovery.plan.group_order import check_order, waits_for
from vcloudair_core.recovery.plan.model import Group, PlannedVm, RecoveryPlan, Step
from vcloudair_core.recovery.plan.plan_file import parse_plan
from vcloudair_core.recovery.plan.plan_schema import problems

# Include names that YAML reads as another type if they are not quoted.
NAMES = st.one_of(
    st.sampled_from(["yes", "1", "010", "1:30", "~", "null", "a: b", "#x", "- x", "2024-01-01", "ü", "1e3", "<<", "="]),
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=8),
)
SECONDS = st.one_of(st.integers(1, 86400), st.floats(0.001, 86400))
RETRIES = {"retries": st.integers(0, 100), "retry_delay_s": st.one_of(st.just(0), SECONDS)}
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
URLS = st.builds("http{}://{}:{}{}".format, st.sampled_from(["", "s"]), st.sampled_from(["a", "[::1]", "10.0.0.1"]),
                 st.integers(1, 65535), st.sampled_from(["", "/", "/x?y=z#w"]))  # fmt: skip
# Steps with files need existing files, so tests/unit/recovery/plan/test_plan_file.py has them.
WORKS = st.one_of(
    st.fixed_dictionaries({"command": st.lists(TEXTS.filter(lambda text: "/" not in text), min_size=1, max_size=3)}),
    st.fixed_dictionaries({"http": URLS}),
    st.fixed_dictionaries(
        {"http": st.fixed_dictionaries(
            {"url": URLS},
            optional={
                "status": st.lists(st.integers(100, 599), min_size=1, max_size=3, unique=True),
                "contains": TEXTS, "validate_certs": st.booleans(),
            },
        )}
    ),
    st.fixed_dictionaries({"approval": TEXTS}),
    st.fixed_dictionaries({"delay_s": SECONDS}),
)  # fmt: skip


def _some(**words: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Generate a mapping with any subset of the keys."""
    return st.fixed_dictionaries({}, optional=words)


HOW = _some(
    **RETRIES,
    timeout_s=SECONDS,
    only=st.lists(st.sampled_from(["test", "failover", "cleanup"]), min_size=1, unique=True),
    on_error=st.sampled_from(["stop", "continue"]),
    on_resume=st.sampled_from(["run", "fail"]),
)


def _step(work: dict[str, Any], how: dict[str, Any], name: str) -> dict[str, Any]:
    return {**work, **how, "name": name}


STEPS = st.lists(st.builds(_step, WORKS, HOW, NAMES), max_size=3, unique_by=lambda step: step["name"])


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Generate a valid plan as plain data. Items depend on earlier items only."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    vms = draw(st.lists(NAMES, min_size=len(names), max_size=8, unique=True))
    groups: list[dict[str, Any]] = []
    priority, earlier_count = 1, 0
    for position, name in enumerate(names):
        upto = earlier_count + 1 if position < len(names) - 1 else len(vms)
        own = [draw(_vm(vms[at], vms[:at])) for at in range(earlier_count, upto)]
        priority, earlier_count = priority + draw(st.integers(0, 2)), upto
        groups.append({"name": name, "vms": own, "priority": priority, **draw(_group(names[:position]))})
    return {"name": draw(NAMES), "groups": groups, **draw(PLAN)}


ON_ERROR = st.sampled_from(["stop", "continue", "roll_back"])
PLAN = _some(
    description=TEXTS, rto_minutes=SECONDS, rpo_minutes=SECONDS, test_max_age_days=st.integers(1, 3650),
    max_concurrent=st.integers(1, 1000), on_error=ON_ERROR, power_on=st.booleans(), synchronize=st.booleans(),
    stuck_after=SECONDS, before=STEPS, after=STEPS,
)  # fmt: skip


def _names(known: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(known), max_size=3, unique=True) if known else st.just([])


def _group(earlier: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    optional = {"timeout_s": SECONDS, "rto_minutes": SECONDS, "on_error": ON_ERROR, "before": STEPS, "after": STEPS}
    return _some(**optional, depends_on=_names(earlier))


def _vm(name: str, earlier: list[str]) -> st.SearchStrategy[Any]:
    optional = {"vm_timeout": SECONDS, "power_on": st.booleans(), "rto_minutes": SECONDS, "rpo_minutes": SECONDS}
    long = _some(**RETRIES, **optional, depends_on=_names(earlier)).map(lambda found: {"name": name, **found})
    return st.one_of(st.just(name), long)


def _as_written(thing: Any) -> dict[str, Any]:
    return {"name": thing} if isinstance(thing, str) else dict(thing)


def _assert_same(value: Any, written: dict[str, Any], *, but: tuple[str, ...] = ()) -> None:
    """Assert that the value has the written fields, and defaults for all other fields."""
    for field in dataclasses.fields(value):
        if field.name not in (*but, "line", "digest", "path"):
            held = getattr(value, field.name)
            expected = written.get(field.name, field.default)
            assert held == (type(held)(expected) if isinstance(held, (tuple, frozenset)) else expected), field.name


def _assert_steps(steps: tuple[Step, ...], written_steps: list[dict[str, Any]]) -> None:
    assert len(steps) == len(written_steps)
    for step, written in zip(steps, written_steps, strict=True):
        _assert_same(step, written, but=("work",))
        key = {"delay": "delay_s"}.get(step.kind, step.kind)
        work = written[key] if isinstance(written[key], dict) else None
        held = {name: list(value) if isinstance(value, tuple) else value for name, value in vars(step.work).items()}
        if work is None:
            assert written[key] in held.values()
        else:
            assert {**held, "status": held.pop("statuses", None)}.items() >= {**work}.items()


@settings(max_examples=60, deadline=None)
@given(documents(), st.booleans())
def test_parsed_plan_equals_the_written_data(document: dict[str, Any], in_flow: bool) -> None:
    text = yaml.safe_dump(document, default_flow_style=in_flow, allow_unicode=True, sort_keys=False)
    plan = parse_plan(text)
    steps = ("before", "after")
    _assert_same(plan, document, but=("groups", *steps))
    assert len(plan.groups) == len(document["groups"])
    for owner, data in [(plan, document), *zip(plan.groups, document["groups"], strict=True)]:
        for key in steps:
            _assert_steps(getattr(owner, key), data.get(key, []))
    for group, data in zip(plan.groups, document["groups"], strict=True):
        _assert_same(group, data, but=("vms", *steps))
        assert len(group.vms) == len(data["vms"])
        for vm, written in zip(group.vms, data["vms"], strict=True):
            _assert_same(vm, _as_written(written))
        # The line number of the group is right.
        if not in_flow:
            assert text.splitlines()[group.line - 1].startswith("- name:")


def _read_or_refused(text: str) -> None:
    with contextlib.suppress(SpecError, ConfigurationError):
        assert isinstance(parse_plan(text, "plan.yml"), RecoveryPlan)


ODDITIES = [
    *"[]{}:,-?&*!|>'\"%@`#\t\n ~<=", "\0", "\x85", "\ufeff", "\ud800", "&a ", "*a", "<<: ", "!!binary ", "!x ",
    "---\n", "...\n", "%YAML 9.9\n", ".inf", "1" * 40, "- ", ": ", "name: ", "groups:\n", "depends_on: ",
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(documents(), st.data())
def test_mutated_text_parses_or_raises_one_error(document: dict[str, Any], data: st.DataObject) -> None:
    text = yaml.safe_dump(document, default_flow_style=data.draw(st.booleans()), allow_unicode=True)
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 30)))
        text = text[:start] + data.draw(st.sampled_from(ODDITIES) | st.text(max_size=5)) + text[end:]
    _read_or_refused(text)


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("[]{}:,-?&*!|>'\"%@#\n \tax1<~."), max_size=60))
def test_random_text_raises_one_error(text: str) -> None:
    _read_or_refused(text)
    _read_or_refused(f"name: {text}\ngroups:\n- {text}\n")


def _paths(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(child_path for key, item in items for child_path in _paths(item, (*path, key)))]


@settings(max_examples=60, deadline=None)
@given(documents(), st.data())
def test_value_of_another_type_parses_or_raises_one_error(document: dict[str, Any], data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(_paths(document)[1:]))
    owner: Any = document
    for key in path[:-1]:
        owner = owner[key]
    owner[path[-1]] = data.draw(JSON)
    schema_problems = problems(document)
    try:
        parse_plan(yaml.safe_dump(document))
    except SpecError as exc:
        assert exc.field
        assert exc.reason
        assert len(str(exc).splitlines()) >= min(len(schema_problems), 100)
    else:
        assert schema_problems == []


# -- order ---------------------------------------------------------------------------------------------------------


@st.composite
def plans(draw: st.DrawFn) -> RecoveryPlan:
    """Generate a plan with arbitrary dependencies, including cycles."""
    count = draw(st.integers(1, 4))
    groups, vms = [f"g{number}" for number in range(count)], [f"m{number}" for number in range(count * 2)]
    few: st.SearchStrategy[list[str]] = st.one_of(st.just([]), st.just([]), st.lists(st.sampled_from(vms), max_size=2))
    made = []
    for number, name in enumerate(groups):
        own = tuple(PlannedVm(vm, tuple(draw(few))) for vm in vms[2 * number : 2 * number + draw(st.integers(1, 2))])
        depends_on = draw(st.one_of(st.just([]), st.lists(st.sampled_from(groups), max_size=1)))
        made.append(Group(name, own, draw(st.integers(1, 3)), tuple(depends_on)))
    existing = {vm.name for group in made for vm in group.vms}
    valid_groups = [
        Group(
            group.name,
            tuple(PlannedVm(vm.name, tuple(name for name in vm.depends_on if name in existing)) for vm in group.vms),
            group.priority,
            group.depends_on,
        )
        for group in made
    ]
    return RecoveryPlan("p", tuple(valid_groups))


def _started_vms(plan: RecoveryPlan) -> list[str]:
    """Return the VMs that can start before dependency cycles block all other VMs."""
    started: list[str] = []
    progress = True
    while progress:
        progress = False
        completed = {group.name for group in plan.groups if all(vm.name in started for vm in group.vms)}
        for group in plan.groups:
            before = {other_group.name for other_group in plan.groups if other_group.priority < group.priority} | set(
                group.depends_on
            )
            if not before <= completed:
                continue
            for vm in group.vms:
                if vm.name not in started and set(vm.depends_on) <= set(started):
                    started.append(vm.name)
                    progress = True
    return started


@settings(max_examples=150, deadline=None)
@given(plans())
def test_plan_is_refused_if_and_only_if_a_run_cannot_finish(plan: RecoveryPlan) -> None:
    would_end = len(_started_vms(plan)) == len(plan.vms)
    if not would_end:
        with pytest.raises(
            SpecError, match="circular dependency: (group|VM) .* waits (for|because of its priority for)"
        ):
            check_order(plan)
        return
    order = [vm.name for vm in check_order(plan)]
    assert sorted(order) == sorted(vm.name for vm in plan.vms)
    positions = {name: position for position, name in enumerate(order)}
    groups = {group.name: [positions[vm.name] for vm in group.vms] for group in plan.groups}
    for group in plan.groups:
        for vm in group.vms:
            assert all(positions[name] < positions[vm.name] for name in vm.depends_on)
        for name, _ in waits_for(plan, group.name):
            assert max(groups[name]) < min(groups[group.name])


@given(plans())
def test_group_waits_for_dependencies_and_lower_priorities(plan: RecoveryPlan) -> None:
    by_name = {group.name: group for group in plan.groups}
    for group in plan.groups:
        waits = dict(waits_for(plan, group.name))
        assert {name for name, is_dependency in waits.items() if is_dependency} == set(group.depends_on)
        assert all(by_name[name].priority < group.priority for name, dependency in waits.items() if not dependency)
        lower = {other_group.name for other_group in plan.groups if other_group.priority < group.priority}
        assert lower <= set(waits)
