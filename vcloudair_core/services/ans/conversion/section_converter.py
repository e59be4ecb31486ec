"""Convert one section of an edge document for NSX-T edge gateways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.fields import fields_of, plain
from vcloudair_core.engine.validation import Problems
from vcloudair_core.errors import SpecProblem
from vcloudair_core.services.ans.conversion.report import CHANGED, DISABLED, LEFT_OUT, OMITTED, ConversionItem
from vcloudair_core.services.ans.edge.backend import NSXT, backend_in_version, split_backend
from vcloudair_core.services.ans.edge.limits import exceeded_limits
from vcloudair_core.services.ans.section.descriptor import Section


class SectionConverter:
    """The base class of section converters.

    A rule that NSX-T cannot express completely is left out. If a later rule could then handle traffic of the omitted
    rule, the later rule is disabled. ``items`` contains the report.
    """

    def __init__(self, section: Section[Any, Any], api_version: str) -> None:
        self.section = section
        self.backend = backend_in_version(NSXT, api_version)
        self.items: list[ConversionItem] = []

    # -- methods of subclasses -----------------------------------------------------------------------------------------

    def adapt(self, index: int, rule: Any, settings: Any) -> tuple[Any, list[ConversionItem]]:
        """Return a rule with equivalent values for NSX-T, and the items to report.

        ``index`` is the position of the rule in the original document. ``settings`` is the original section.
        """
        return rule, []

    def losses(self, rule: Any) -> Iterator[SpecProblem]:
        """Yield the problems of a rule that the section's declared limits do not cover."""
        yield from ()

    def adapt_settings(self, spec: Any) -> Any:
        """Return equivalent settings for NSX-T, and report the settings that change."""
        return spec

    def is_affected(self, rule: Any, lost: Any) -> bool:
        """Return True if a rule can handle traffic of an earlier rule that is left out."""
        return False

    is_lost_if_disabled = False
    """True if a disabled rule has the same effect on later rules as a missing rule."""

    # -- conversion ---------------------------------------------------------------------------------------------------

    def convert(self, spec: Any) -> dict[str, Any]:
        """Return the converted section as plain data for an edge document."""
        converted = self._without_unsupported_settings(self.adapt_settings(spec))
        limited = {limit.option for limit in self.section.setting_limits.get(NSXT, ()) if not limit.depends_on_edge}
        shown = {
            name: plain(value)
            for name, info in fields_of(type(spec)).items()
            if (value := getattr(converted, name)) is not None
            and not (info.secret or info.input_only)
            # A setting that can have no other value is omitted.
            and not (name in limited and (value == () or info.same(value, info.absent)))
        }
        if spec.allow_empty is not None:
            shown["allow_empty"] = spec.allow_empty
        if self.section.rules_of(spec) is not None:
            shown[self.section.rules_field] = [self.plain_rule(index, rule) for index, rule in self._rules(spec)]
        return shown

    def path(self, index: int, option: str = "") -> str:
        """Return the path of a rule or option in the original document."""
        rule = f"{self.section.name}.{self.section.rules_field}[{index}]"
        return f"{rule}.{option}" if option else rule

    def item(self, index: int, rule: Any, result: str, problem: SpecProblem) -> ConversionItem:
        """Return the report item for a problem of a rule."""
        option = problem.path
        name = option.partition("[")[0].partition(".")[0]
        value = plain(getattr(rule, name)) if name and hasattr(rule, name) else self.plain_rule(index, rule)
        return ConversionItem(self.path(index, option), self.name_of(rule), result, value, problem.reason, problem.hint)

    def changed(self, index: int, rule: Any, option: str, reason: str) -> ConversionItem:
        """Return the report item for an option with a different value but equal effect."""
        return self.item(index, rule, CHANGED, SpecProblem(option, reason))

    def name_of(self, rule: Any) -> str:
        """Return the display name of a rule."""
        return str(getattr(rule, "display_name", None) or rule.name or "")

    def plain_rule(self, index: int, rule: Any) -> dict[str, Any]:
        """Return a rule as plain data for a document.

        Secrets and options that NSX-T does not have are omitted. ``index`` is the position of the rule in the
        original document.
        """
        missing = {limit.option for limit in self._rule_limits() if not limit.values and limit.since is None}
        return {
            name: plain(value)
            for name, info in fields_of(type(rule)).items()
            if (value := getattr(rule, name)) is not None
            and not (info.secret or info.input_only or info.read_only)
            and name not in missing
        }

    def _rules(self, spec: Any) -> list[tuple[int, Any]]:
        """Return the converted rules, each with its position in the original document."""
        kept: list[tuple[int, Any]] = []
        lost: list[Any] = []
        for index, rule in enumerate(self.section.rules_of(spec) or ()):
            adapted, items = self.adapt(index, _without_own_tag(rule), spec)
            adapted, neutral = self._without_neutral_options(index, adapted)
            problems = [*self.losses(adapted), *self.section.unsupported_in_rule(adapted, self.backend)]
            if problems:
                self.items += [self.item(index, rule, LEFT_OUT, problem) for problem in problems]
                lost += [rule] if rule.enabled is not False else []
                continue
            self.items += [*items, *neutral]
            cause = next((earlier for earlier in lost if self.is_affected(rule, earlier)), None)
            if cause is not None and adapted.enabled is not False:
                self.items.append(self._disabled(index, rule, cause))
                adapted = replace(adapted, enabled=False)
                lost += [rule] if self.is_lost_if_disabled else []
            kept.append((index, adapted))
        return self._without_duplicates(kept)

    def _disabled(self, index: int, rule: Any, cause: Any) -> ConversionItem:
        noun = self.section.noun
        reason = f"this {noun} could handle traffic of the earlier {noun} {self.name_of(cause)!r}, which is not active"
        hint = f"Add an equivalent of the earlier {noun}, then enable this {noun}."
        return self.item(index, rule, DISABLED, SpecProblem("", reason, hint))

    def _without_duplicates(self, rules: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
        """Leave out rules that have the same identity as an earlier rule."""
        problems = Problems()
        self.section.check_rules([rule for _, rule in rules], [f"{at}" for at in range(len(rules))], problems)
        if problems.is_empty:
            return rules
        doubles = {int(problem.path.partition(".")[0]) for problem in problems.items}
        for at in sorted(doubles):
            index, rule = rules[at]
            problem = SpecProblem(
                "", f"an earlier {self.section.noun} matches the same traffic", f"Combine both {self.section.noun}s."
            )
            self.items.append(self.item(index, rule, LEFT_OUT, problem))
        return self._without_duplicates([rule for at, rule in enumerate(rules) if at not in doubles])

    def _rule_limits(self) -> tuple[Any, ...]:
        return tuple(self.section.rule_limits.get(NSXT, ()))

    def _without_neutral_options(self, index: int, rule: Any) -> tuple[Any, list[ConversionItem]]:
        _, version = split_backend(self.backend)
        items: list[ConversionItem] = []
        for limit, _ in list(exceeded_limits(rule, self._rule_limits(), version)):
            if limit.is_neutral:
                problem = SpecProblem(limit.option, limit.reason, limit.hint)
                items.append(self.item(index, rule, OMITTED, problem))
                rule = replace(rule, **{limit.option: None})
        return rule, items

    def _without_unsupported_settings(self, spec: Any) -> Any:
        for problem in self.section.unsupported_settings(spec, self.backend):
            value = getattr(spec, problem.path)
            self.omit_setting(problem.path, plain(value), problem.reason, problem.hint)
            spec = replace(spec, **{problem.path: None})
        return spec

    def omit_setting(self, option: str, value: Any, reason: str, hint: str = "", result: str = OMITTED) -> None:
        """Add a report item for a setting that the converted document does not have."""
        self.items.append(ConversionItem(f"{self.section.name}.{option}", "", result, value, reason, hint))


def _without_own_tag(rule: Any) -> Any:
    """Return a rule without a tag that the server assigned.

    A tag that equals the rule ID was assigned by the server.
    """
    is_own = rule.tag is not None and rule.tag == rule.rule_id
    return replace(rule, tag=None) if is_own else rule


def with_unique_name(name: str, used: Mapping[str, int]) -> str:
    """Return ``name``, with a number such as ``web (2)`` if the name is already used."""
    number = used.get(name, 0) + 1
    candidate = name if number == 1 else f"{name} ({number})"
    while candidate in used:
        number += 1
        candidate = f"{name} ({number})"
    return candidate
