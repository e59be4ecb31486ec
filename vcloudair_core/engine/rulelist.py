"""Plan changes of ordered lists of rules: match, compare and place rules.

Rules that no spec names may belong to other tools or users. They are neither changed nor moved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from vcloudair_core.engine import ordering
from vcloudair_core.engine.desired import Absent, Desired, Exactly
from vcloudair_core.engine.fields import diff_fields, fields_of, plain
from vcloudair_core.engine.matching import BY_NAME, Identities, LiveRule, Matcher, display_name
from vcloudair_core.engine.ordering import Placement
from vcloudair_core.engine.plan import Change
from vcloudair_core.engine.validation import Problems, Reader, line_complaint
from vcloudair_core.errors import NotFoundError, SpecError

PLACE_FIELDS = ("position", "before", "after", "index")


class NamedSpec:
    """A base class for specs that are identified only by name.

    The specs have neither a position nor a rule ID.
    """

    rule_id = tag = position = before = after = index = None
    match_by = "name"


@dataclass(frozen=True)
class RuleStep:
    """A rule of the list to write: kept, changed or new.

    A kept rule has only a ``slot``. A changed rule has a ``slot`` and ``changed``. A new rule has no ``slot``.
    """

    slot: int | None
    spec: Any = None
    changed: tuple[str, ...] = ()

    def values(self) -> dict[str, Any]:
        """Return the values to write as ``{field: value}``.

        A new rule has all values. A changed rule has only the changed values.
        """
        if self.spec is None:
            return {}
        names = fields_of(type(self.spec)) if self.slot is None else self.changed
        return {name: value for name in names if (value := getattr(self.spec, name)) is not None}


@dataclass(frozen=True)
class ListPlan:
    """The changes of a list, and all user rules to write in order."""

    changes: tuple[Change, ...]
    steps: tuple[RuleStep, ...]
    notes: tuple[str, ...] = ()

    def without_places(self) -> ListPlan:
        """Return a copy without positions, for a list whose order does not matter."""
        return replace(self, changes=tuple(replace(change, positions=(None, None)) for change in self.changes))


@dataclass(frozen=True)
class RuleListKind:
    """The properties of one kind of rule list.

    ``noun``: the name of a rule in messages. ``completed(spec)``: the spec of a new rule with its defaults.
    ``effective(spec, current)``: the spec adapted to an existing rule. ``exact(spec, current)``: the spec with defaults
    for omitted fields, used if all other rules are deleted. ``identities``: the ways to identify rules. ``is_ordered``:
    True if the order matters, so that changes have positions. Specs have the fields ``rule_id``, ``tag`` and
    ``match_by``, the fields in :data:`PLACE_FIELDS`, and a field or property ``name``.
    """

    noun: str
    completed: Callable[[Any], Any]
    effective: Callable[[Any, Any], Any] = field(default=lambda spec, current: spec)
    identities: Identities = BY_NAME
    is_ordered: bool = True
    exact: Callable[[Any, Any], Any] = field(default=lambda spec, current: spec)

    def matcher(self, live: Sequence[LiveRule]) -> Matcher:
        """Return a matcher for the rules of ``live``."""
        return Matcher(self.noun, live, self.identities)


def check_place(reader: Reader) -> None:
    """Add a problem if a rule sets more than one position option."""
    places = [name for name in PLACE_FIELDS if reader.given(name)]
    for name in places[1:]:
        reader.problems.add(reader.at(name), f"cannot be combined with {places[0]}")


def check_no_places(specs: Sequence[Any], prefix: str) -> None:
    """Raise SpecError if a spec has a position despite ``purge`` or ``state: exact``.

    In these cases, the order of the specs is the order of the rules.
    """
    problems = Problems()
    for position, spec in enumerate(specs):
        for name in PLACE_FIELDS:
            if getattr(spec, name) is not None:
                reason = "cannot be combined with purge or state exact, because the list itself defines the order"
                problems.add(f"{prefix}[{position}].{name}", reason)
    problems.raise_if_any()


def plan_desired(
    kind: RuleListKind,
    live: Sequence[LiveRule],
    desired: Desired,
    specs: Sequence[Any],
    *,
    in_order: bool,
    prefix: str = "",
    allow_empty: bool | None = None,
) -> ListPlan:
    """Plan the changes that bring ``specs`` to the desired state.

    ``prefix`` is the path of the list in the input, or empty. The type of ``desired`` determines whether the rules in
    ``specs`` must exist, must not exist, or must be the only rules.

    Raises: SpecError if ``specs`` is empty and all rules would be deleted, unless ``allow_empty`` is true; the errors
    of :func:`plan_present`.
    """
    if isinstance(desired, Exactly) and live and not specs and not allow_empty:
        raise SpecError(
            prefix,
            f"the list is empty, which would delete {_count(len(live), kind.noun)}",
            hint="Set allow_empty: true to delete them."
            if prefix
            else "Use the kind of the whole section with an empty list and allow_empty: true to delete them.",
        )
    if isinstance(desired, Absent):
        list_plan = plan_absent(kind, live, specs)
    else:
        has_paths = len(specs) > 1 or bool(prefix)
        list_plan = plan_present(
            kind,
            live,
            specs,
            in_order=in_order,
            purge=isinstance(desired, Exactly),
            path=lambda position: f"{prefix}[{position}]" if has_paths else "",
        )
    return list_plan if kind.is_ordered else list_plan.without_places()


def _count(number: int, noun: str) -> str:
    return f"the only {noun}" if number == 1 else f"all {number} {noun}s"


def plan_absent(kind: RuleListKind, live: Sequence[LiveRule], specs: Sequence[Any]) -> ListPlan:
    """Plan the deletion of the rules that ``specs`` name.

    If a spec has a rule ID, only the rule with that ID is deleted, never another rule with the same name.
    """
    matcher = kind.matcher(live)
    candidates = [spec for spec in specs if spec.rule_id is None or matcher.has(spec)]
    deleted = {at for at in matcher.match(candidates) if at is not None}
    return ListPlan(
        tuple(_deletions(live, deleted, _titles(live))),
        tuple(RuleStep(rule.slot) for at, rule in enumerate(live) if at not in deleted),
    )


def plan_present(
    kind: RuleListKind,
    live: Sequence[LiveRule],
    specs: Sequence[Any],
    *,
    in_order: bool,
    purge: bool = False,
    path: Callable[[int], str] = lambda position: "",
) -> ListPlan:
    """Plan the creation and update of the rules that ``specs`` name.

    If ``in_order`` is true, the rules are placed in the order of ``specs``. If ``purge`` is true, all other user rules
    are deleted. ``path(position)`` returns the input path of a spec for messages.

    Raises: AmbiguousMatchError; NotFoundError if a spec is matched by its rule ID and no rule has this ID; SpecError
    for contradictory positions.
    """
    matcher = kind.matcher(live)
    matches = matcher.match(specs, is_whole=purge)
    _refuse_unmatched_ids(kind, specs, matches)
    elements = [at if at is not None else -(position + 1) for position, at in enumerate(matches)]
    named = set(elements)
    deleted = {at for at in range(len(live)) if purge and at not in named}
    placements = _placements(matcher, specs, elements, path)
    arrangement = _arrange(
        [at for at in range(len(live)) if at not in deleted],
        [element for element in elements if element < 0],
        placements,
        [element for element in elements if element not in placements] if in_order else [],
        lambda element: f"{kind.noun} {_label(specs, elements, live, element)!r}",
    )
    list_plan = _assemble(kind, live, specs, elements, deleted, arrangement, path, is_exact=purge)
    return replace(list_plan, notes=_ends_notes(kind, live, placements, arrangement))


def _ends_notes(
    kind: RuleListKind, live: Sequence[LiveRule], placements: Mapping[int, Placement], arrangement: ordering.Arrangement
) -> tuple[str, ...]:
    """Return notes about rules that move to the top or bottom.

    If several tasks request the same end of a list, each task moves its rules in every run.
    """
    return tuple(
        f"The {kind.noun} {display_name(live[element].spec) or live[element].spec.rule_id!r} moves to the "
        f"{placement.where} of the list. If another task also requests position {placement.where}, the order changes "
        "in every run. In this case, list the rules in one task, or use before or after."
        for element, placement in placements.items()
        if element in arrangement.moved and placement.where in (ordering.TOP, ordering.BOTTOM)
    )


def _refuse_unmatched_ids(kind: RuleListKind, specs: Sequence[Any], matches: Sequence[int | None]) -> None:
    for spec, at in zip(specs, matches, strict=True):
        if at is None and spec.match_by == "rule_id":
            raise NotFoundError(
                f"No {kind.noun} has rule ID {spec.rule_id}.",
                hint="Match by name to create the rule. The server assigns rule IDs.",
            )


def _placements(
    matcher: Matcher, specs: Sequence[Any], elements: Sequence[int], path: Callable[[int], str]
) -> dict[int, Placement]:
    if all(spec.position is spec.before is spec.after is spec.index is None for spec in specs):
        return {}
    by_name = {name: element for spec, element in zip(specs, elements, strict=True) if (name := display_name(spec))}
    problems = Problems()
    placements: dict[int, Placement] = {}
    for position, (spec, element) in enumerate(zip(specs, elements, strict=True)):
        if spec.position is not None:
            placements[element] = Placement(spec.position)
        elif spec.index is not None:
            placements[element] = Placement(ordering.INDEX, index=spec.index)
        for where in (ordering.BEFORE, ordering.AFTER):
            neighbor = getattr(spec, where)
            if neighbor is not None:
                with problems.catch(path(position)):
                    anchor = matcher.anchor(str(neighbor), where, by_name)
                    if anchor == element:
                        raise SpecError(where, f"{neighbor!r} is the rule itself; select another rule")
                    placements[element] = Placement(where, anchor)
    problems.raise_if_any()
    return placements


def _arrange(
    existing: Sequence[int],
    new: Sequence[int],
    placements: Mapping[int, Placement],
    chain: Sequence[int],
    label: Callable[[int], str],
) -> ordering.Arrangement:
    try:
        return ordering.arrange(existing, new, placements, chain=chain)
    except ordering.ContradictionError as exc:
        named = " and ".join(label(element) for element in exc.elements[:4])
        raise SpecError("position", f"the requested positions contradict each other: {named}") from exc


def _label(specs: Sequence[Any], elements: Sequence[int], live: Sequence[LiveRule], element: int) -> str:
    spec = live[element].spec if element >= 0 else specs[elements.index(element)]
    return str(display_name(spec) or spec.rule_id or "")


def _assemble(
    kind: RuleListKind,
    live: Sequence[LiveRule],
    specs: Sequence[Any],
    elements: Sequence[int],
    deleted: set[int],
    arrangement: ordering.Arrangement,
    path: Callable[[int], str],
    *,
    is_exact: bool,
) -> ListPlan:
    specs_by_element = dict(zip(elements, specs, strict=True))
    problems = Problems()
    positions = {element: position for position, element in enumerate(elements)}
    place = {element: position for position, element in enumerate(arrangement.order)}
    titles = cache(lambda: _titles(live))  # most plans of long lists have no changes, and need no titles
    changes = _deletions(live, deleted, titles()) if deleted else []
    steps: list[RuleStep] = []
    for element in arrangement.order:
        spec = specs_by_element.get(element)
        if element < 0:
            try:
                new_rule = kind.completed(spec)
                _check_name(kind, new_rule)
            except SpecError as exc:
                problems.items += exc.within(path(positions[element])).problems
                continue
            steps.append(RuleStep(None, new_rule))
            changes.append(Change("create", display_name(new_rule), None, plain(new_rule), (), (None, place[element])))
            continue
        current = live[element].spec
        if spec is not None:
            spec = kind.effective(kind.exact(spec, current) if is_exact else spec, current)
            is_renamable = spec.match_by != "name" and "name" in fields_of(type(spec))
            also = ("name",) if is_renamable and spec.name is not None else ()
            changed = diff_fields(current, spec, also=also)
            if changed:
                changes.append(_update(current, changed, titles()[element]))
            if "name" in changed:
                with problems.catch(path(positions[element])):
                    _check_name(kind, spec)
            steps.append(RuleStep(live[element].slot, spec, tuple(changed)))
        else:
            steps.append(RuleStep(live[element].slot))
        if element in arrangement.moved:
            shown = plain(current)
            changes.append(
                Change("move", display_name(current), shown, shown, (), (element, place[element]), titles()[element])
            )
    problems.raise_if_any()
    _refuse_shared_tags(kind, live, steps)
    return ListPlan(tuple(changes), tuple(steps))


def _check_name(kind: RuleListKind, spec: Any) -> None:
    """Raise SpecError if a new name is too long or has a line break.

    Names that exist on the server are not checked.
    """
    reason = line_complaint(spec.name) if "name" in fields_of(type(spec)) else ""
    if reason:
        raise SpecError("name", f"{reason} ({kind.noun} {spec.name[:40]!r}{'…' if len(spec.name) > 40 else ''})")


def _refuse_shared_tags(kind: RuleListKind, live: Sequence[LiveRule], steps: Sequence[RuleStep]) -> None:
    """Raise SpecError if two rules would have the same tag.

    The server would reject the write.
    """
    new_tags = {step.spec.tag for step in steps if step.slot is None or "tag" in step.changed} - {None}
    if not new_tags:
        return
    by_slot = {rule.slot: rule.spec for rule in live}
    owners: dict[int, Any] = {}
    for step in steps:
        is_given = step.slot is None or "tag" in step.changed
        rule = step.spec if step.slot is None or is_given else by_slot[step.slot]
        if rule.tag in new_tags and owners.setdefault(rule.tag, rule) is not rule:
            names = f"{display_name(owners[rule.tag])!r} and {display_name(rule)!r}"
            raise SpecError("tag", f"{rule.tag} would be the tag of two {kind.noun}s, {names}")


def _titles(live: Sequence[LiveRule]) -> list[str]:
    """Return a title for each live rule, to distinguish rules with the same name.

    The title is empty if the name is unique.
    """
    names = [display_name(rule.spec) for rule in live]
    seen = Counter(names)
    return [
        "" if name and seen[name] == 1 else f"{name} (rule {rule.spec.rule_id})".strip()
        for name, rule in zip(names, live, strict=True)
    ]


def _deletions(live: Sequence[LiveRule], deleted: set[int], titles: Sequence[str]) -> list[Change]:
    return [
        Change("delete", display_name(live[at].spec), plain(live[at].spec), None, (), (at, None), titles[at])
        for at in sorted(deleted)
    ]


def _update(current: Any, changed: Mapping[str, tuple[Any, Any]], title: str) -> Change:
    before = plain(current)
    after = dict(before)
    for name, (actual, desired) in changed.items():
        before.setdefault(name, plain(actual))
        after[name] = plain(desired)
    return Change("update", display_name(current), before, after, tuple(changed), title=title)
