"""Find firewall rules that never apply, are redundant or accept all traffic.

Rules are plain data of the kind ``ans.firewall``. Uncertain cases are not reported. For example, a grouping object or
an exclusion is covered only by an equal one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from vcloudair_core.engine.canonical import ANY, address_range, port_set
from vcloudair_core.engine.fields import from_plain, spec_with
from vcloudair_core.services.ans.firewall.lint.cover_index import CoverIndex, Extent
from vcloudair_core.services.ans.firewall.spec import FirewallRuleSpec, ServiceSpec
from vcloudair_core.services.ans.section.rule_values import endpoint_meaning

_EVERYTHING = {frozenset((4, 6)): "everything", frozenset((4,)): "all of IPv4", frozenset((6,)): "all of IPv6"}
_WHOLE_FAMILIES = {whole for word in ("0.0.0.0/0", "::/0") if (whole := address_range(word))}

DUPLICATE, SHADOWED, REDUNDANT, OPEN = "duplicate", "shadowed", "redundant", "any-any"


@dataclass(frozen=True)
class LintFinding:
    """A lint finding about a rule.

    ``rule`` is the position of the rule in the list, counted from 0. ``earlier`` is the position of the rule that
    covers this rule, or None.
    """

    kind: str
    rule: int
    text: str
    earlier: int | None = None


def lint(
    rules: Sequence[Mapping[str, Any] | FirewallRuleSpec], touched: Iterable[str] | None = None
) -> list[LintFinding]:
    """Return all findings, in the order of the rules. Rules are plain data or specs.

    ``touched`` contains rule names. If it is set, return only findings about these rules. To save time, each rule is
    compared only with earlier rules that may cover its source or destination.
    """
    # Specs with plain values have lists, and services as mappings.
    specs = [rule if isinstance(rule, FirewallRuleSpec) else spec_with(FirewallRuleSpec, dict(rule)) for rule in rules]
    reaches = [_Reach(spec) for spec in specs]
    names = [str(spec.name or "") for spec in specs]
    selected = set(names) if touched is None else set(touched)
    findings: list[LintFinding] = []
    all_before, selected_before = CoverIndex(), CoverIndex()
    last_selected = max((at for at, name in enumerate(names) if name in selected), default=-1)
    are_all_selected = selected.issuperset(names)
    for at, reach in enumerate(reaches):
        if not reach.is_enabled:
            continue
        is_selected = names[at] in selected
        if is_selected and reach.open_families:
            scope = _EVERYTHING[reach.open_families]
            text = f"The {_name(names, at)} accepts {scope} from any source to any destination."
            findings.append(LintFinding(OPEN, at, text))
        sides = (reach.source.extent, reach.destination.extent)
        for earlier in (all_before if is_selected else selected_before).candidates(*sides):
            if reaches[earlier].covers(reach):
                findings.append(_covered(names, reaches, at, earlier))
                break
        if at < last_selected:
            all_before.add(at, *sides)
        if is_selected and not are_all_selected:
            selected_before.add(at, *sides)
    return findings


def _covered(names: Sequence[str], reaches: Sequence[_Reach], at: int, earlier: int) -> LintFinding:
    first, second = _name(names, earlier), _name(names, at)
    if reaches[at].action != reaches[earlier].action:
        verb = _verb(reaches[earlier].action)
        text = f"The {second} never applies: the earlier {first} {verb} all traffic that {second} matches."
        return LintFinding(SHADOWED, at, text, earlier)
    if reaches[at].covers(reaches[earlier]):
        return LintFinding(DUPLICATE, at, f"The {second} is a duplicate of the earlier {first}.", earlier)
    verb = _verb(reaches[earlier].action)
    text = f"The {second} is redundant: the earlier {first} already {verb} all traffic that {second} matches."
    return LintFinding(REDUNDANT, at, text, earlier)


def _name(names: Sequence[str], at: int) -> str:
    return f"rule {names[at]!r}" if names[at] else f"rule at position {at}"


def _verb(action: str) -> str:
    return {"accept": "accepts", "deny": "denies", "reject": "rejects"}.get(action, "handles")


class _Reach:
    """The traffic that a rule matches, in a comparable form."""

    def __init__(self, rule: FirewallRuleSpec) -> None:
        self._rule = rule
        self.is_enabled = self._rule.enabled is not False
        self.action = (self._rule.action or "accept").casefold()
        self.source = _side(tuple(self._rule.source or (ANY,)), bool(self._rule.source_exclude))
        self.destination = _side(tuple(self._rule.destination or (ANY,)), bool(self._rule.destination_exclude))

    @cached_property
    def services(self) -> _Services:
        listed: Any = self._rule.services or ()
        services = [item if isinstance(item, ServiceSpec) else from_plain(ServiceSpec, item) for item in listed]
        return _Services(services, self._rule.applications or ())

    @cached_property
    def _direction(self) -> tuple[object, object]:
        return (self._rule.direction or "inout", bool(self._rule.match_translated))

    @property
    def open_families(self) -> frozenset[int]:
        """The IP versions for which this rule accepts every packet."""
        families = self.source.whole_families & self.destination.whole_families
        return families if families and self.action == "accept" and self.services.is_any else frozenset()

    def covers(self, rule: _Reach) -> bool:
        """Return True if this rule matches everything that ``rule`` matches."""
        if not self.is_enabled or self._direction not in (rule._direction, ("inout", rule._direction[1])):
            return False
        return (
            self.source.covers(rule.source)
            and self.destination.covers(rule.destination)
            and self.services.covers(rule.services)
        )


class _Side:
    def __init__(self, members: Sequence[str], is_excluding: bool) -> None:
        self.is_excluding = is_excluding
        self.meaning = endpoint_meaning(members)
        self.is_any = self.meaning == frozenset((ANY,)) and not self.is_excluding
        # Ranges are (family, first, last); interfaces and objects are (kind, id).
        self.ranges = [term for term in self.meaning if isinstance(term, tuple) and len(term) == 3]
        self.others = self.meaning - set(self.ranges)

    @cached_property
    def whole_families(self) -> frozenset[int]:
        """Return the IP versions for which this side matches all addresses."""
        if self.is_excluding:
            return frozenset()
        return frozenset({4, 6} if self.is_any else {block[0] for block in self.ranges if block in _WHOLE_FAMILIES})

    @cached_property
    def extent(self) -> Extent:
        """The addresses and objects that this side matches, for the cover index."""
        return Extent(self.is_any, self.ranges, self.others, self.meaning if self.is_excluding else None)

    def covers(self, side: _Side) -> bool:
        if self.is_any:
            return True
        if self.is_excluding or side.is_excluding or side.is_any:
            return self.is_excluding == side.is_excluding and self.meaning == side.meaning
        return side.others <= self.others and all(
            any(mine[0] == theirs[0] and mine[1] <= theirs[1] and theirs[2] <= mine[2] for mine in self.ranges)
            for theirs in side.ranges
        )


@lru_cache(maxsize=16384)
def _side(members: tuple[str, ...], is_excluding: bool) -> _Side:
    """Return the source or destination of a rule. Cached, because many rules share it."""
    return _Side(members, is_excluding)


class _Services:
    def __init__(self, services: Sequence[ServiceSpec], applications: Sequence[str]) -> None:
        self.applications = frozenset(applications)
        listed = services or (() if self.applications else (ServiceSpec(),))
        self.parts = [_service(service) for service in listed]
        self.is_any = any(service == (ANY, (ANY,), (ANY,)) for service in self.parts)

    def covers(self, services: _Services) -> bool:
        if self.is_any:
            return True
        return services.applications <= self.applications and all(
            any(_includes(mine, theirs) for mine in self.parts) for theirs in services.parts
        )


def _service(spec: ServiceSpec) -> tuple[str, tuple[Any, ...], tuple[Any, ...]]:
    protocol = spec.protocol.casefold()
    if protocol == "icmp":
        return protocol, ((spec.icmp_type or ANY).casefold(),), (ANY,)
    return protocol, port_set(spec.port or ()), port_set(spec.source_port or ())


def _includes(mine: tuple[str, Any, Any], theirs: tuple[str, Any, Any]) -> bool:
    return mine[0] in (ANY, theirs[0]) and _ports(mine[1], theirs[1]) and _ports(mine[2], theirs[2])


def _ports(mine: tuple[Any, ...], theirs: tuple[Any, ...]) -> bool:
    if mine == (ANY,):
        return True
    ranges = [item for item in mine if isinstance(item, tuple)]
    return all(
        item in mine
        or (isinstance(item, tuple) and any(first <= item[0] and item[1] <= last for first, last in ranges))
        for item in theirs
    )
