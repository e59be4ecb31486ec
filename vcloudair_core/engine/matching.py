"""Match specs to rules on the server by name, ID, tag or content."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from vcloudair_core.engine.fields import diff_fields, fields_of
from vcloudair_core.engine.validation import Problems, near
from vcloudair_core.errors import AmbiguousMatchError, SpecError


@dataclass(frozen=True)
class LiveRule:
    """A rule on the server.

    ``slot`` is the position of the rule in the list that the server sent. ``spec`` has the data of the rule.
    ``rule_type`` is ``user`` for a user-defined rule. Other values mark server-generated rules.
    """

    slot: int
    spec: Any
    rule_type: str = "user"

    @property
    def is_user(self) -> bool:
        """True for a user rule. Server-generated rules are never matched or changed."""
        return self.rule_type.casefold() == "user"


@dataclass(frozen=True)
class RuleIdentity:
    """A way to identify rules, such as by name.

    Several rules can have the same identity. ``keys(spec)``: the keys that identify the rule of a spec, the most
    specific key first. ``description(spec)``: a string for messages, such as ``named 'web in'``. ``live_keys(spec)``:
    the keys of a live rule, if they differ from ``keys``. ``is_unique``: True if a list must not have two rules with
    the same identity.
    """

    keys: Callable[[Any], tuple[Hashable, ...]]
    description: Callable[[Any], str]
    live_keys: Callable[[Any], tuple[Hashable, ...]] | None = None
    is_unique: bool = False

    def answers(self, spec: Any) -> tuple[Hashable, ...]:
        """Return the keys of a live rule. A spec with one of these keys can match it.

        ``spec`` contains the data of the live rule.
        """
        return (self.live_keys or self.keys)(spec)


@dataclass(frozen=True)
class Identities:
    """The ways to identify the rules of a list, in addition to rule IDs and tags.

    ``shared``: the identities that ``match_by`` can select. ``numbers``: the fields with numbers that the server
    assigns. ``shown``: other fields that the error for an ambiguous match shows. ``hint``: the hint of this error.
    ``content(spec)``: the content that distinguishes rules with the same identity, and identifies rules without a name.
    ``content`` is None if rules are not matched by content.
    """

    shared: Mapping[str, RuleIdentity]
    shown: tuple[str, ...] = ("name", "action")
    numbers: tuple[str, ...] = ("rule_id", "tag")
    hint: str = "Set rule_id or tag too, or set match_by to rule_id or tag."
    content: Callable[[Any], Hashable] | None = None


BY_NAME = Identities({"name": RuleIdentity(lambda spec: (spec.name or "",), lambda spec: f"named {spec.name or ''!r}")})


def display_name(spec: Any) -> str:
    """Return the name of a rule in messages and plans.

    A spec whose rules can have no name has a property ``display_name``, which is used instead of the name.
    """
    name: str | None = getattr(spec, "display_name", None) or spec.name
    return name or ""


def refuse_duplicates(
    specs: Sequence[Any], paths: Sequence[str], problems: Problems, identities: Identities = BY_NAME
) -> None:
    """Add a problem for each spec that matches the same rule as an earlier spec.

    Several specs can have the same name if their content, rule IDs or tags differ.
    """
    shared = identities.shared
    keys = [
        (spec.match_by, shared[spec.match_by].keys(spec)[0] if spec.match_by in shared else _id(spec)) for spec in specs
    ]
    if len(set(keys)) == len(keys):
        return
    first_positions: dict[tuple[str, Any], list[int]] = {}
    for position, key in enumerate(keys):
        first_positions.setdefault(key, []).append(position)
    for (match_by, _), positions in first_positions.items():
        if len(positions) < 2:
            continue
        if _may_repeat(identities, match_by) and _differ(identities, [specs[at] for at in positions]):
            continue
        hints = ([specs[at].rule_id for at in positions], [specs[at].tag for at in positions])
        if match_by in identities.shared and any(None not in ids and len(set(ids)) == len(ids) for ids in hints):
            continue
        for position in positions[1:]:
            path, spec = paths[position], specs[position]
            field = match_by if hasattr(spec, match_by) else ""
            shown = repr(getattr(spec, field)) if field else f"the rule {display_name(spec)!r}"
            where = ".".join(text for text in (path, field) if text)
            problems.add(where or "match_by", f"{shown} is already listed at {paths[positions[0]] or 'the first spec'}")


def _may_repeat(identities: Identities, match_by: str) -> bool:
    """Return True if several rules of one list can have the same identity."""
    return match_by in identities.shared and not identities.shared[match_by].is_unique


def _differ(identities: Identities, specs: Sequence[Any]) -> bool:
    """Return True if no two specs have the same content."""
    return identities.content is not None and len({identities.content(spec) for spec in specs}) == len(specs)


def _id(spec: Any) -> Any:
    return getattr(spec, spec.match_by)


class Matcher:
    """A matcher that finds the live rule for each spec."""

    def __init__(self, noun: str, live: Sequence[LiveRule], identities: Identities = BY_NAME) -> None:
        self.noun = noun
        self.live = live
        self.identities = identities
        self.by_id = {rule.spec.rule_id: at for at, rule in enumerate(live) if rule.spec.rule_id is not None}
        self.by_key: dict[tuple[str, Hashable], list[int]] = {}
        for match_by, shared in identities.shared.items():
            answers = shared.live_keys or shared.keys
            for at, rule in enumerate(live):
                for key in answers(rule.spec):
                    self.by_key.setdefault((match_by, key), []).append(at)

    @cached_property
    def by_tag(self) -> dict[str, list[int]]:
        """The positions of the live rules, by tag."""
        positions: dict[str, list[int]] = {}
        for at, rule in enumerate(self.live):
            if rule.spec.tag is not None:
                positions.setdefault(rule.spec.tag, []).append(at)
        return positions

    @cached_property
    def by_name(self) -> dict[str, list[int]]:
        """The positions of the live rules, by display name."""
        positions: dict[str, list[int]] = {}
        for at, rule in enumerate(self.live):
            positions.setdefault(display_name(rule.spec), []).append(at)
        return positions

    def match(self, specs: Sequence[Any], *, is_whole: bool = False) -> list[int | None]:
        """Return for each spec the position of its rule in ``live``, or None.

        A rule never matches two specs. Specs with the same identity first match rules with equal fields, then rules
        with the same content, then the other rules in order. A spec without a name matches only rules with the same
        content. If ``is_whole`` is true, the caller deletes all unmatched rules. In this case, more rules than specs
        can have the same identity without an AmbiguousMatchError.

        Raises: AmbiguousMatchError; SpecError if two specs match one rule in different ways.
        """
        unique = self._unique(specs)
        if unique is not None:
            return unique
        places: list[int | None] = [self._exact(spec) for spec in specs]
        claimed: dict[int, Any] = {}
        for at, spec in zip(places, specs, strict=True):
            if at is not None and claimed.setdefault(at, spec) is not spec:
                self._refuse_double(at)
        keys = [self._keys(spec) for spec in specs]
        # Specific keys come first, so that a spec with few fields never takes the exact match of another spec.
        for width in range(max(map(len, keys), default=0)):
            groups: dict[tuple[str, Hashable], list[int]] = {}
            for position, spec in enumerate(specs):
                if places[position] is None and width < len(keys[position]):
                    groups.setdefault((spec.match_by, keys[position][width]), []).append(position)
            for key, positions in groups.items():
                self._share_out(key, positions, specs, places, claimed, is_whole=is_whole)
        self._find_nameless(specs, places, claimed)
        return places

    def _unique(self, specs: Sequence[Any]) -> list[int | None] | None:
        """Return the matches if every spec is identified by a unique name.

        A spec then matches the rule with the same name, which takes one dictionary access. Return None if a spec has
        another identity, or if two specs or rules have the same name. :meth:`match` then compares more fields.
        """
        if self.identities.shared.get("name") is not BY_NAME.shared["name"]:
            return None
        names = [
            spec.name
            for spec in specs
            if spec.match_by == "name" and spec.rule_id is None and (spec.name or "").strip()
        ]
        if len(set(names)) != len(specs):
            return None
        alike = [self.by_key.get(("name", name), ()) for name in names]
        return None if any(len(places) > 1 for places in alike) else [places[0] if places else None for places in alike]

    def has(self, spec: Any) -> bool:
        """Return True if a rule has the ID and the other identifying fields of a spec."""
        at = self._exact(spec)
        return at is not None and self.live[at].spec.rule_id == spec.rule_id

    def _share_out(
        self,
        key: tuple[str, Hashable],
        positions: Sequence[int],
        specs: Sequence[Any],
        places: list[int | None],
        claimed: dict[int, Any],
        *,
        is_whole: bool,
    ) -> None:
        alike = self.by_key.get(key, [])
        free = [at for at in alike if at not in claimed]
        has_name = not _is_nameless(specs[positions[0]])
        if (len(positions) > 1 or is_whole or not has_name) and self.identities.content is not None:
            positions, free = self._pair_by_content(positions, free, specs, places, claimed)
            if not positions or not has_name:
                return
        if len(free) > len(positions) and not is_whole:
            self._only(free, self.identities.shared[key[0]].description(specs[positions[0]]))
        for at in alike:
            # A rule that another spec has matched is a conflict, unless that spec renames the rule.
            if not free and claimed[at].match_by != key[0] and self._still_answers(at, claimed[at], key):
                self._refuse_double(at)
        # The IDs match no rule, for example in an export of another edge. Pair specs with the same name in order.
        for position, at in zip(positions, free, strict=False):
            places[position] = at
            claimed[at] = specs[position]

    def _pair_by_content(
        self,
        positions: Sequence[int],
        free: Sequence[int],
        specs: Sequence[Any],
        places: list[int | None],
        claimed: dict[int, Any],
    ) -> tuple[list[int], list[int]]:
        """Match specs to rules with equal fields, then to rules with the same content.

        Returns: the positions of the unmatched specs, and the positions of the unmatched rules.
        """
        content = self.identities.content
        assert content is not None
        waiting, left = list(positions), list(free)
        content_of = {at: content(self.live[at].spec) for at in left}
        for is_strict in (True, False):
            for position in tuple(waiting):
                spec = specs[position]
                desired_content = content(spec)
                alike = (at for at in left if content_of[at] == desired_content)
                at = next((at for at in alike if not (is_strict and diff_fields(self.live[at].spec, spec))), None)
                if at is not None:
                    places[position], claimed[at] = at, spec
                    waiting.remove(position)
                    left.remove(at)
        return waiting, left

    def _find_nameless(self, specs: Sequence[Any], places: list[int | None], claimed: dict[int, Any]) -> None:
        """Match specs without a name to named rules with the same content.

        The server may have generated these names.
        """
        waiting = [at for at, spec in enumerate(specs) if places[at] is None and _is_nameless(spec)]
        if waiting and self.identities.content is not None:
            free = [at for at in range(len(self.live)) if at not in claimed]
            self._pair_by_content(waiting, free, specs, places, claimed)

    def _still_answers(self, at: int, claimer: Any, key: tuple[str, Hashable]) -> bool:
        values = {name: value for name in fields_of(type(claimer)) if (value := getattr(claimer, name)) is not None}
        return key[1] in self.identities.shared[key[0]].answers(replace(self.live[at].spec, **values))

    def _keys(self, spec: Any) -> tuple[Hashable, ...]:
        shared = self.identities.shared.get(spec.match_by)
        return shared.keys(spec) if shared else ()

    def _exact(self, spec: Any) -> int | None:
        if spec.match_by == "rule_id":
            return self.by_id.get(spec.rule_id)
        if spec.match_by == "tag":
            return self._only(self.by_tag.get(spec.tag, []), f"with tag {spec.tag}")
        alike = self.by_key.get((spec.match_by, self._keys(spec)[-1]), [])
        if self.by_id.get(spec.rule_id) in alike:
            return self.by_id[spec.rule_id]
        tagged = [at for at in alike if spec.tag is not None and self.live[at].spec.tag == spec.tag]
        return tagged[0] if len(tagged) == 1 and len(alike) > 1 else None

    def _refuse_double(self, at: int) -> None:
        rule = self.live[at].spec
        shown = f"{display_name(rule)!r} (rule ID {rule.rule_id})"
        raise SpecError("match_by", f"two entries of the input match the {self.noun} {shown}")

    def _only(self, places: Sequence[int], described: str) -> int | None:
        if len(places) > 1:
            raise AmbiguousMatchError(
                f"{len(places)} {self.noun}s are {described}.",
                candidates=[self._candidate(at) for at in places],
                hint=self.identities.hint,
            )
        return places[0] if places else None

    def _candidate(self, at: int) -> dict[str, Any]:
        """Return the fields that distinguish a rule from rules with the same identity."""
        spec = self.live[at].spec
        more = {name: value for name in self.identities.shown if (value := getattr(spec, name, None)) is not None}
        return {**{name: getattr(spec, name) for name in self.identities.numbers}, "index": at, **more}

    def anchor(self, name: str, path: str, new: Mapping[str, int]) -> int:
        """Return the rule that the option ``before`` or ``after`` names.

        A rule is represented by its element of :mod:`.ordering`: a negative number for a new rule, or the position of
        a rule on the server. ``new`` maps the names of new rules to their elements. ``name`` is the name of a new rule,
        or the name, ID or tag of a rule on the server. ``path`` is the path of the option for messages.

        Raises: SpecError if no rule matches; AmbiguousMatchError if several rules match.
        """
        if name in new:
            return new[name]
        named = self._only(self.by_name.get(name, []), f"named {name!r}, so this name cannot be an anchor")
        if named is not None:
            return named
        server_id = name.strip().lower()
        if server_id.isascii() and server_id.isdecimal():
            server_id = server_id.lstrip("0")
        at = self.by_id.get(server_id)
        if at is None:
            at = self._only(self.by_tag.get(server_id, []), f"with tag {name}, so this tag cannot be an anchor")
        if at is not None:
            return at
        hint = near(name, [*(known for known in self.by_name if known), *new])
        raise SpecError(path, f"there is no {self.noun} {name!r}{'; ' + hint if hint else ''}")


def _is_nameless(spec: Any) -> bool:
    """Return True for a spec that is matched by name but has no name."""
    return spec.match_by == "name" and not (spec.name or "").strip()


def named_rules(
    noun: str,
    live: Sequence[LiveRule],
    specs: Sequence[Any],
    *,
    in_place: bool = False,
    is_whole: bool = False,
    identities: Identities = BY_NAME,
) -> list[LiveRule]:
    """Return the live rules that match the specs, in the order of the specs.

    If ``in_place`` is true, return the rules in the order of the server.
    """
    places = [at for at in Matcher(noun, live, identities).match(specs, is_whole=is_whole) if at is not None]
    return [live[at] for at in (sorted(places) if in_place else places)]
