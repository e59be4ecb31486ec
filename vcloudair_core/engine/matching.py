"""Who is meant: from what a spec says of a rule's identity to the rule on the server. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vcloudair_core.engine.parsing import Problems, near
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


def refuse_doubles(specs: Sequence[Any], paths: Sequence[str], problems: Problems) -> None:
    """Note specs that name the same rule. Equal names are fine when rule ids or tags tell them apart."""
    by_identity: dict[tuple[str, Any], list[int]] = {}
    for position, spec in enumerate(specs):
        by_identity.setdefault((spec.match_by, _identity(spec)), []).append(position)
    for (match_by, identity), positions in by_identity.items():
        if len(positions) < 2:
            continue
        if match_by == "name" and any(
            all(value is not None for value in hints) and len(set(hints)) == len(hints)
            for hints in (
                [specs[position].rule_id for position in positions],
                [specs[position].tag for position in positions],
            )
        ):
            continue
        for position in positions[1:]:
            problems.add(
                f"{paths[position]}.{match_by}" if paths[position] else match_by,
                f"{identity!r} was already given at {paths[positions[0]] or 'the first one'}",
            )


def _identity(spec: Any) -> Any:
    return getattr(spec, spec.match_by)


class Matcher:
    """Finds the live rule that a spec means."""

    def __init__(self, noun: str, live: Sequence[LiveRule]) -> None:
        self.noun = noun
        self.live = live
        self.by_id = {rule.spec.rule_id: at for at, rule in enumerate(live) if rule.spec.rule_id is not None}
        self.by_tag: dict[int, list[int]] = {}
        self.by_name: dict[str, list[int]] = {}
        for at, rule in enumerate(live):
            if rule.spec.tag is not None:
                self.by_tag.setdefault(rule.spec.tag, []).append(at)
            self.by_name.setdefault(rule.spec.name or "", []).append(at)

    def match(self, specs: Sequence[Any]) -> list[int | None]:
        """The place in ``live`` of each spec, or None. No rule is given out twice.

        Raises: AmbiguousMatchError; SpecError when two specs mean one rule in different ways.
        """
        found: list[int | None] = [self._exact(spec) for spec in specs]
        claimed: dict[int, Any] = {}
        for at, spec in zip(found, specs, strict=True):
            if at is not None and claimed.setdefault(at, spec) is not spec:
                self._refuse_double(at)
        open_specs: dict[str, list[int]] = {}
        for position, spec in enumerate(specs):
            if found[position] is None and spec.match_by == "name":
                open_specs.setdefault(spec.name or "", []).append(position)
        for name, positions in open_specs.items():
            places = [at for at in self.by_name.get(name, []) if at not in claimed]
            if len(places) > len(positions):
                self._only(places, f"named {name!r}")
            for at in self.by_name.get(name, []):
                # A rule that another spec renames leaves its name free; one that is only matched otherwise does not.
                if not places and claimed[at].match_by != "name" and claimed[at].name in (None, name):
                    self._refuse_double(at)
            # Specs of one name that their ids do not tell apart (an export, taken to another edge) pair up in order.
            for position, at in zip(positions, places, strict=False):
                found[position] = at
        return found

    def _exact(self, spec: Any) -> int | None:
        if spec.match_by == "rule_id":
            return self.by_id.get(spec.rule_id)
        if spec.match_by == "tag":
            return self._only(self.by_tag.get(spec.tag, []), f"with tag {spec.tag}")
        same_name = self.by_name.get(spec.name or "", [])
        if self.by_id.get(spec.rule_id) in same_name:
            return self.by_id[spec.rule_id]
        tagged = [at for at in same_name if spec.tag is not None and self.live[at].spec.tag == spec.tag]
        return tagged[0] if len(tagged) == 1 and len(same_name) > 1 else None

    def _refuse_double(self, at: int) -> None:
        rule = self.live[at].spec
        raise SpecError("match_by", f"two of the given rules mean {self.noun} {rule.name!r} (rule id {rule.rule_id})")

    def _only(self, places: Sequence[int], described: str) -> int | None:
        if len(places) > 1:
            raise AmbiguousMatchError(
                f"{len(places)} {self.noun}s are {described}.",
                candidates=[candidate(self.live[at].spec, at) for at in places],
                hint="Give rule_id or tag as well, or match by one of them (match_by).",
            )
        return places[0] if places else None

    def anchor(self, wanted: str, path: str, new: Mapping[str, int]) -> int:
        """The element that ``before`` or ``after`` names: a rule of the same input, or one on the server."""
        if wanted in new:
            return new[wanted]
        named = self._only(self.by_name.get(wanted, []), f"named {wanted!r}, so it cannot be an anchor")
        if named is not None:
            return named
        if wanted.isascii() and wanted.isdecimal() and int(wanted) in self.by_id:
            return self.by_id[int(wanted)]
        hint = near(wanted, [*(name for name in self.by_name if name), *new])
        raise SpecError(path, f"there is no {self.noun} {wanted!r} to stand beside{'; ' + hint if hint else ''}")


def candidate(spec: Any, index: int) -> dict[str, Any]:
    """What tells rules of one name apart."""
    shown = {"rule_id": spec.rule_id, "tag": spec.tag, "index": index, "name": spec.name}
    action = getattr(spec, "action", None)
    return shown | ({"action": action} if action else {})


def named_rules(noun: str, live: Sequence[LiveRule], specs: Sequence[Any], *, in_place: bool = False) -> list[LiveRule]:
    """The live rules that specs mean, in the order of the specs, or with ``in_place`` as they stand."""
    found = [at for at in Matcher(noun, live).match(specs) if at is not None]
    return [live[at] for at in (sorted(found) if in_place else found)]
