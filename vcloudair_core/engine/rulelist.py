"""Plan ordered lists of rules: match, compare and place them. Pure, and the same for every list.

A list belongs to many: rules that no spec names are somebody else's, and neither change nor move.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from vcloudair_core.engine import ordering
from vcloudair_core.engine.desired import Absent, Desired, Exactly
from vcloudair_core.engine.fields import diff_fields, fields_of, plain
from vcloudair_core.engine.matching import BY_NAME, Identities, LiveRule, Matcher
from vcloudair_core.engine.ordering import Placement
from vcloudair_core.engine.plan import Change
from vcloudair_core.engine.validation import Problems, Reader, line_complaint
from vcloudair_core.errors import NotFoundError, SpecError

PLACE_FIELDS = ("position", "before", "after", "index")


class NamedSpec:
    """For specs of things that are told apart by their names alone: what rules have, and these do not."""

    rule_id = tag = position = before = after = index = None
    match_by = "name"


@dataclass(frozen=True)
class RuleStep:
    """A rule of the list to be written: kept (``slot``), changed (``slot`` and ``changed``), or new (no slot)."""

    slot: int | None
    spec: Any = None
    changed: tuple[str, ...] = ()

    def values(self) -> dict[str, Any]:
        """Return the values to write, by field: all of a new rule, those that differ of a rule that exists."""
        if self.spec is None:
            return {}
        names = fields_of(type(self.spec)) if self.slot is None else self.changed
        return {name: value for name in names if (value := getattr(self.spec, name)) is not None}


@dataclass(frozen=True)
class ListPlan:
    """The changes, and the whole list of user rules to be written, in order."""

    changes: tuple[Change, ...]
    steps: tuple[RuleStep, ...]
    notes: tuple[str, ...] = ()

    def without_places(self) -> ListPlan:
        """The same, for a list whose order means nothing."""
        return replace(self, changes=tuple(replace(change, positions=(None, None)) for change in self.changes))


@dataclass(frozen=True)
class RuleListKind:
    """The properties that differ between lists of rules.

    ``noun``: for messages. ``completed(spec)``: a new rule with its defaults. ``effective(spec, current)``: the spec as
    it is meant for a rule that exists. ``exact(spec, current)``: the spec with the default of every field that it does
    not give, for lists that say all there is to say. ``identities``: how rules are told apart. ``is_ordered``: whether
    their order means anything, so that changes tell places. Specs have the fields ``rule_id``, ``tag``, ``match_by``
    and those of :data:`PLACE_FIELDS`, and a field or property ``name``.
    """

    noun: str
    completed: Callable[[Any], Any]
    effective: Callable[[Any, Any], Any] = field(default=lambda spec, current: spec)
    identities: Identities = BY_NAME
    is_ordered: bool = True
    exact: Callable[[Any, Any], Any] = field(default=lambda spec, current: spec)

    def matcher(self, live: Sequence[LiveRule]) -> Matcher:
        """Finds the rules of ``live`` that specs mean."""
        return Matcher(self.noun, live, self.identities)


def check_place(reader: Reader) -> None:
    """Note places that contradict each other: a rule has at most one."""
    places = [name for name in PLACE_FIELDS if reader.given(name)]
    for name in places[1:]:
        reader.problems.add(reader.at(name), f"cannot be given together with {places[0]}")


def check_no_places(specs: Sequence[Any], prefix: str) -> None:
    """In an exact list the order of the list is the order: a place in words contradicts it. Raises SpecError."""
    problems = Problems()
    for position, spec in enumerate(specs):
        for name in PLACE_FIELDS:
            if getattr(spec, name) is not None:
                problems.add(f"{prefix}[{position}].{name}", "cannot be set in an exact list, whose own order counts")
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
    """Bring ``specs`` to the state that ``desired`` stands for. ``prefix`` is the input path of the list, if any.

    Raises: SpecError for an exact list that is empty and would delete rules, unless ``allow_empty``; what
    :func:`plan_present` raises.
    """
    if isinstance(desired, Exactly) and live and not specs and not allow_empty:
        raise SpecError(
            prefix,
            f"is empty, and would delete {_count(len(live), kind.noun)}",
            hint="Set allow_empty: true if that is what you want."
            if prefix
            else "Use the kind of the whole section, with an empty list and allow_empty.",
        )
    if isinstance(desired, Absent):
        listed = plan_absent(kind, live, specs)
    else:
        many = len(specs) > 1 or bool(prefix)
        listed = plan_present(
            kind,
            live,
            specs,
            in_order=in_order,
            purge=isinstance(desired, Exactly),
            path=lambda position: f"{prefix}[{position}]" if many else "",
        )
    return listed if kind.is_ordered else listed.without_places()


def _count(number: int, noun: str) -> str:
    return f"the only {noun}" if number == 1 else f"all {number} {noun}s"


def plan_absent(kind: RuleListKind, live: Sequence[LiveRule], specs: Sequence[Any]) -> ListPlan:
    """Take the named rules out. One whose id is given is that rule or none: another of its name must not go for it."""
    matcher = kind.matcher(live)
    candidates = [spec for spec in specs if spec.rule_id is None or matcher.has(spec)]
    doomed = {at for at in matcher.match(candidates) if at is not None}
    return ListPlan(
        tuple(_deletions(live, doomed, _titles(live))),
        tuple(RuleStep(rule.slot) for at, rule in enumerate(live) if at not in doomed),
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
    """Bring the named rules about. ``in_order``: in the order given; ``purge``: and no other user rules.

    ``path(position)`` is the input path of a spec, for messages.
    Raises: AmbiguousMatchError; NotFoundError when a rule is to be matched by an id that no rule has; SpecError for
    places that cannot be.
    """
    matcher = kind.matcher(live)
    matches = matcher.match(specs, is_whole=purge)
    _refuse_unmatched_ids(kind, specs, matches)
    elements = [at if at is not None else -(position + 1) for position, at in enumerate(matches)]
    named = set(elements)
    doomed = {at for at in range(len(live)) if purge and at not in named}
    wishes = _wishes(matcher, specs, elements, path)
    arrangement = _arrange(
        [at for at in range(len(live)) if at not in doomed],
        [element for element in elements if element < 0],
        wishes,
        [element for element in elements if element not in wishes] if in_order else [],
        lambda element: f"{kind.noun} {_label(specs, elements, live, element)!r}",
    )
    listed = _assemble(kind, live, specs, elements, doomed, arrangement, path, is_exact=purge)
    return replace(listed, notes=_ends_notes(kind, live, wishes, arrangement))


def _ends_notes(
    kind: RuleListKind, live: Sequence[LiveRule], wishes: Mapping[int, Placement], arrangement: ordering.Arrangement
) -> tuple[str, ...]:
    """Say that a rule was moved to an end: tasks that each ask for one end undo each other in every run."""
    return tuple(
        f"The {kind.noun} {live[element].spec.name or live[element].spec.rule_id!r} is moved to the {wish.where}, past "
        f"rules that may have asked for position {wish.where} too. Several tasks that ask for the same end of the list "
        "change the order in every run. List the rules in one task, or use before or after."
        for element, wish in wishes.items()
        if element in arrangement.moved and wish.where in (ordering.TOP, ordering.BOTTOM)
    )


def _refuse_unmatched_ids(kind: RuleListKind, specs: Sequence[Any], matches: Sequence[int | None]) -> None:
    for spec, at in zip(specs, matches, strict=True):
        if at is None and spec.match_by == "rule_id":
            raise NotFoundError(
                f"There is no {kind.noun} with rule id {spec.rule_id}.",
                hint="The server gives out rule ids, so a rule cannot be made with one. Match by name to create it.",
            )


def _wishes(
    matcher: Matcher, specs: Sequence[Any], elements: Sequence[int], path: Callable[[int], str]
) -> dict[int, Placement]:
    if not any(getattr(spec, name) is not None for spec in specs for name in PLACE_FIELDS):
        return {}
    by_name = {spec.name: element for spec, element in zip(specs, elements, strict=True) if spec.name}
    problems = Problems()
    wishes: dict[int, Placement] = {}
    for position, (spec, element) in enumerate(zip(specs, elements, strict=True)):
        if spec.position is not None:
            wishes[element] = Placement(spec.position)
        elif spec.index is not None:
            wishes[element] = Placement(ordering.INDEX, index=spec.index)
        for where in (ordering.BEFORE, ordering.AFTER):
            neighbor = getattr(spec, where)
            if neighbor is not None:
                with problems.catch(path(position)):
                    anchor = matcher.anchor(str(neighbor), where, by_name)
                    if anchor == element:
                        raise SpecError(where, f"{neighbor!r} names the rule itself")
                    wishes[element] = Placement(where, anchor)
    problems.raise_if_any()
    return wishes


def _arrange(
    existing: Sequence[int],
    new: Sequence[int],
    wishes: Mapping[int, Placement],
    chain: Sequence[int],
    label: Callable[[int], str],
) -> ordering.Arrangement:
    try:
        return ordering.arrange(existing, new, wishes, chain=chain)
    except ordering.ContradictionError as exc:
        named = " and ".join(label(element) for element in exc.elements[:4])
        raise SpecError("position", f"the places asked for contradict each other: {named}") from exc


def _label(specs: Sequence[Any], elements: Sequence[int], live: Sequence[LiveRule], element: int) -> str:
    spec = live[element].spec if element >= 0 else specs[elements.index(element)]
    return str(spec.name or spec.rule_id or "")


def _assemble(
    kind: RuleListKind,
    live: Sequence[LiveRule],
    specs: Sequence[Any],
    elements: Sequence[int],
    doomed: set[int],
    arrangement: ordering.Arrangement,
    path: Callable[[int], str],
    *,
    is_exact: bool,
) -> ListPlan:
    specs_by_element = dict(zip(elements, specs, strict=True))
    paths = {element: path(position) for position, element in enumerate(elements)}
    problems = Problems()
    place = {element: position for position, element in enumerate(arrangement.order)}
    titles = _titles(live)
    changes = _deletions(live, doomed, titles)
    steps: list[RuleStep] = []
    for element in arrangement.order:
        spec = specs_by_element.get(element)
        if element < 0:
            with problems.catch(paths[element]):
                made = kind.completed(spec)
                _check_name(kind, made)
                steps.append(RuleStep(None, made))
                changes.append(Change("create", made.name or "", None, plain(made), (), (None, place[element])))
            continue
        current = live[element].spec
        if spec is not None:
            spec = kind.effective(kind.exact(spec, current) if is_exact else spec, current)
            is_renamable = spec.match_by != "name" and "name" in fields_of(type(spec))
            also = ("name",) if is_renamable and spec.name is not None else ()
            changed = diff_fields(current, spec, also=also)
            if changed:
                changes.append(_update(current, changed, titles[element]))
            if "name" in changed:
                with problems.catch(paths[element]):
                    _check_name(kind, spec)
            steps.append(RuleStep(live[element].slot, spec, tuple(changed)))
        else:
            steps.append(RuleStep(live[element].slot))
        if element in arrangement.moved:
            shown = plain(current)
            changes.append(
                Change("move", current.name or "", shown, shown, (), (element, place[element]), titles[element])
            )
    problems.raise_if_any()
    _refuse_shared_tags(kind, live, steps)
    return ListPlan(tuple(changes), tuple(steps))


def _check_name(kind: RuleListKind, spec: Any) -> None:
    """A name that is given to a rule is one line of reasonable length. One that is there already may be anything."""
    reason = line_complaint(spec.name) if "name" in fields_of(type(spec)) else ""
    if reason:
        raise SpecError("name", f"{reason} ({kind.noun} {spec.name[:40]!r}{'…' if len(spec.name) > 40 else ''})")


def _refuse_shared_tags(kind: RuleListKind, live: Sequence[LiveRule], steps: Sequence[RuleStep]) -> None:
    """A server refuses two rules of one tag, so a tag that is given to a rule must be free."""
    fresh = {step.spec.tag for step in steps if step.slot is None or "tag" in step.changed} - {None}
    if not fresh:
        return
    by_slot = {rule.slot: rule.spec for rule in live}
    owners: dict[int, Any] = {}
    for step in steps:
        is_given = step.slot is None or "tag" in step.changed
        rule = step.spec if step.slot is None or is_given else by_slot[step.slot]
        if rule.tag in fresh and owners.setdefault(rule.tag, rule) is not rule:
            names = f"{owners[rule.tag].name!r} and {rule.name!r}"
            raise SpecError("tag", f"{rule.tag} would be the tag of two {kind.noun}s, {names}")


def _titles(live: Sequence[LiveRule]) -> list[str]:
    """For each live rule what tells it apart from others of its name; empty where the name does."""
    seen = Counter(rule.spec.name or "" for rule in live)
    return [
        ""
        if rule.spec.name and seen[rule.spec.name] == 1
        else f"{rule.spec.name or ''} (rule {rule.spec.rule_id})".strip()
        for rule in live
    ]


def _deletions(live: Sequence[LiveRule], doomed: set[int], titles: Sequence[str]) -> list[Change]:
    return [
        Change("delete", live[at].spec.name or "", plain(live[at].spec), None, (), (at, None), titles[at])
        for at in sorted(doomed)
    ]


def _update(current: Any, changed: Mapping[str, tuple[Any, Any]], title: str) -> Change:
    before = plain(current)
    after = dict(before)
    for name, (actual, desired) in changed.items():
        before.setdefault(name, plain(actual))
        after[name] = plain(desired)
    return Change("update", current.name or "", before, after, tuple(changed), title=title)
