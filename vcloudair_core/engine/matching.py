"""Find the rule on the server that a spec means: by name, id, tag or content. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vcloudair_core.engine.fields import diff_fields, fields_of
from vcloudair_core.engine.validation import Problems, near
from vcloudair_core.errors import AmbiguousMatchError, SpecError


@dataclass(frozen=True)
class LiveRule:
    """A rule as it is on the server: ``slot`` is its place in the raw list, ``spec`` what it says."""

    slot: int
    spec: Any
    rule_type: str = "user"

    @property
    def is_user(self) -> bool:
        """True for rules that users own; the server's own rules are never matched or changed."""
        return self.rule_type.casefold() == "user"


@dataclass(frozen=True)
class RuleIdentity:
    """A way to identify a rule that, unlike ids, several rules may share.

    ``keys(spec)``: what a spec looks for, the narrowest first. ``description(spec)``: the identity as text for a
    sentence about rules: ``named 'web in'``. ``live_keys(spec)``: what a live rule answers to, if that is not the same.
    ``is_unique``: no two rules of one list may share it, whatever else they say.
    """

    keys: Callable[[Any], tuple[Hashable, ...]]
    description: Callable[[Any], str]
    live_keys: Callable[[Any], tuple[Hashable, ...]] | None = None
    is_unique: bool = False

    def answers(self, spec: Any) -> tuple[Hashable, ...]:
        """All keys under which a live rule is found."""
        return (self.live_keys or self.keys)(spec)


@dataclass(frozen=True)
class Identities:
    """The ways to identify the rules of a list, beside their ids and tags.

    ``shared``: the identities that ``match_by`` may name. ``shown``: the fields that tell candidates apart, after
    ``numbers``, the server's. ``hint``: what to do when several answer. ``content(spec)``: what tells rules of one
    identity apart, and identifies a rule without a name; None where there is no such thing.
    """

    shared: Mapping[str, RuleIdentity]
    shown: tuple[str, ...] = ("name", "action")
    numbers: tuple[str, ...] = ("rule_id", "tag")
    hint: str = "Give rule_id or tag as well, or match by one of them (match_by)."
    content: Callable[[Any], Hashable] | None = None


BY_NAME = Identities({"name": RuleIdentity(lambda spec: (spec.name or "",), lambda spec: f"named {spec.name or ''!r}")})


def refuse_doubles(
    specs: Sequence[Any], paths: Sequence[str], problems: Problems, identities: Identities = BY_NAME
) -> None:
    """Note specs that mean the same rule. Equal names are fine when content, rule ids or tags tell the rules apart."""
    met: dict[tuple[str, Any], list[int]] = {}
    for position, spec in enumerate(specs):
        shared = identities.shared.get(spec.match_by)
        met.setdefault((spec.match_by, shared.keys(spec)[0] if shared else _id(spec)), []).append(position)
    for (match_by, _), positions in met.items():
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
            shown = repr(getattr(spec, field)) if field else f"the rule {spec.name!r}"
            where = ".".join(text for text in (path, field) if text)
            problems.add(where or "match_by", f"{shown} was already given at {paths[positions[0]] or 'the first one'}")


def _may_repeat(identities: Identities, match_by: str) -> bool:
    """Return True for an identity that several rules of one list may share."""
    return match_by in identities.shared and not identities.shared[match_by].is_unique


def _differ(identities: Identities, specs: Sequence[Any]) -> bool:
    """Return True when no two specs of one identity have the same content."""
    return identities.content is not None and len({identities.content(spec) for spec in specs}) == len(specs)


def _id(spec: Any) -> Any:
    return getattr(spec, spec.match_by)


class Matcher:
    """Finds the live rule that a spec means."""

    def __init__(self, noun: str, live: Sequence[LiveRule], identities: Identities = BY_NAME) -> None:
        self.noun = noun
        self.live = live
        self.identities = identities
        self.by_id = {rule.spec.rule_id: at for at, rule in enumerate(live) if rule.spec.rule_id is not None}
        self.by_tag: dict[str, list[int]] = {}
        self.by_name: dict[str, list[int]] = {}
        self.by_key: dict[tuple[str, Hashable], list[int]] = {}
        for at, rule in enumerate(live):
            if rule.spec.tag is not None:
                self.by_tag.setdefault(rule.spec.tag, []).append(at)
            self.by_name.setdefault(rule.spec.name or "", []).append(at)
            for word, shared in identities.shared.items():
                for key in shared.answers(rule.spec):
                    self.by_key.setdefault((word, key), []).append(at)

    def match(self, specs: Sequence[Any], *, is_whole: bool = False) -> list[int | None]:
        """The place in ``live`` of each spec, or None. No rule is given out twice.

        Specs of one identity take first the rules that say exactly the same, then those of the same content, then the
        others in their order. A spec without a name means a rule of its content or none. ``is_whole``: rules that no
        spec means go, so that more rules than specs of one identity are not ambiguous.
        Raises: AmbiguousMatchError; SpecError when two specs mean one rule in different ways.
        """
        places: list[int | None] = [self._exact(spec) for spec in specs]
        claimed: dict[int, Any] = {}
        for at, spec in zip(places, specs, strict=True):
            if at is not None and claimed.setdefault(at, spec) is not spec:
                self._refuse_double(at)
        keys = [self._keys(spec) for spec in specs]
        # All narrow keys before any wider one, so that a loose spec never takes what another spec names exactly.
        for width in range(max(map(len, keys), default=0)):
            groups: dict[tuple[str, Hashable], list[int]] = {}
            for position, spec in enumerate(specs):
                if places[position] is None and width < len(keys[position]):
                    groups.setdefault((spec.match_by, keys[position][width]), []).append(position)
            for key, positions in groups.items():
                self._share_out(key, positions, specs, places, claimed, is_whole=is_whole)
        self._find_nameless(specs, places, claimed)
        return places

    def has(self, spec: Any) -> bool:
        """Return True when there is a rule of the id that a spec gives, which is also all else that identifies it."""
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
            # A rule that another spec makes answer to something else is free; one only matched otherwise is not.
            if not free and claimed[at].match_by != key[0] and self._still_answers(at, claimed[at], key):
                self._refuse_double(at)
        # Specs of one name that their ids do not tell apart (an export, taken to another edge) pair up in order.
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
        """Pair what says the same, then what has the same content. Returns the positions and places that are left."""
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
        """Look for nameless specs among the rules that have a name: a server may have made one up."""
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
        raise SpecError("match_by", f"two rules of the input match {self.noun} {rule.name!r} (rule id {rule.rule_id})")

    def _only(self, places: Sequence[int], described: str) -> int | None:
        if len(places) > 1:
            raise AmbiguousMatchError(
                f"{len(places)} {self.noun}s are {described}.",
                candidates=[self._candidate(at) for at in places],
                hint=self.identities.hint,
            )
        return places[0] if places else None

    def _candidate(self, at: int) -> dict[str, Any]:
        """Return the fields that tell rules of one identity apart."""
        spec = self.live[at].spec
        more = {name: value for name in self.identities.shown if (value := getattr(spec, name, None)) is not None}
        return {**{name: getattr(spec, name) for name in self.identities.numbers}, "index": at, **more}

    def anchor(self, name: str, path: str, new: Mapping[str, int]) -> int:
        """The element that ``before`` or ``after`` names: a rule of the same input, or one on the server."""
        if name in new:
            return new[name]
        named = self._only(self.by_name.get(name, []), f"named {name!r}, so it cannot be an anchor")
        if named is not None:
            return named
        server_id = name.strip().lower()
        if server_id.isascii() and server_id.isdecimal():
            server_id = server_id.lstrip("0")
        at = self.by_id.get(server_id)
        if at is None:
            at = self._only(self.by_tag.get(server_id, []), f"with tag {name}, so it cannot be an anchor")
        if at is not None:
            return at
        hint = near(name, [*(known for known in self.by_name if known), *new])
        raise SpecError(path, f"there is no {self.noun} {name!r}{'; ' + hint if hint else ''}")


def _is_nameless(spec: Any) -> bool:
    """Return True for a spec that is to be matched by a name and has none."""
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
    """The live rules that specs mean, in the order of the specs, or with ``in_place`` as they stand."""
    places = [at for at in Matcher(noun, live, identities).match(specs, is_whole=is_whole) if at is not None]
    return [live[at] for at in (sorted(places) if in_place else places)]
