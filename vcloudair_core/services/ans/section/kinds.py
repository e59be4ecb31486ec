"""The two kinds of every section: single rules, and the whole section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.desired import Absent, Desired, ExactLists, Exactly
from vcloudair_core.engine.fields import plain
from vcloudair_core.engine.kind import Document, ResourceKind, Store
from vcloudair_core.engine.matching import LiveRule, display_name, named_rules
from vcloudair_core.engine.plan import Change, Plan
from vcloudair_core.engine.rulelist import check_no_places
from vcloudair_core.engine.validation import Problems, item_paths
from vcloudair_core.errors import SpecError, SpecProblem
from vcloudair_core.services.ans.edge.backend import NSXT, media_type_of, split_backend
from vcloudair_core.services.ans.edge.directory import target_edge
from vcloudair_core.services.ans.section.backends import codec_of, refuse_unsupported, store_of
from vcloudair_core.services.ans.section.descriptor import Section
from vcloudair_core.services.ans.section.document import SectionEdit, state_of
from vcloudair_core.services.ans.section.expected_section import expect_document
from vcloudair_core.services.ans.section.rule_values import host_bit_warnings

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.services.ans.section.store import SectionStore
    from vcloudair_core.session.session import Session


def open_section(section: Section[Any, Any], session: Session, edge: Edge) -> SectionStore:
    """Return the store for a section of an edge gateway whose backend is set.

    In check mode, the documents of the store include the changes of earlier tasks of the run.

    Raises: ConfigurationError if the backend does not support the section.
    """
    refuse_unsupported(edge, section)
    media_type = media_type_of(edge.backend, session.settings)
    api_version = session.identity.api_version if edge.backend == NSXT else ""
    return store_of(section, edge.backend)(
        session,
        edge,
        section.name,
        codec_of(section, edge.backend, media_type, api_version),
        path=section.path,
        expect=lambda store, document, run: expect_document(store, kinds_of(section), document, run),
    )


def kinds_of(section: Section[Any, Any]) -> tuple[SectionKind, RuleKind]:
    """Return the kinds of a section: the whole section, and single rules."""
    return SectionKind(section), RuleKind(section)


class _SectionKindBase(ResourceKind):
    """The base class of both kinds: open, merge and check for lost rules."""

    def __init__(self, section: Section[Any, Any]) -> None:
        self.section = section

    def open(self, session: Session, target: Mapping[str, Any]) -> Store:
        """Return the store of the edge gateway that ``target`` or the settings name.

        Shape of ``target``: ``{"edge": name or UUID, "vdc": name or UUID}``.
        """
        return open_section(self.section, session, target_edge(session, target))

    def merge(self, document: Document, plan: Plan) -> Document:
        """Return the document with the plan applied."""
        edit: SectionEdit = plan.steps
        return self.section.merge(document, edit)

    def losses(self, written: Document, current: Document) -> list[Mapping[str, Any]]:
        """Return the user rules in ``written`` whose IDs are not in ``current``."""
        id_name = self.section.identities.numbers[0]
        rules = [rule.spec for rule in state_of(current).user_rules]
        kept = {spec.rule_id for spec in rules}
        lost = [
            rule.spec
            for rule in state_of(written).user_rules
            if rule.spec.rule_id is not None and rule.spec.rule_id not in kept
        ]
        if lost and current.backend == NSXT:
            # A write of all rules can give the rules new ids. Source: protocol/nsxt.md §5.
            without_ids = [replace(spec, **{id_name: None}) for spec in rules]
            lost = [spec for spec in lost if replace(spec, **{id_name: None}) not in without_ids]
        return [{id_name: spec.rule_id, "name": display_name(spec)} for spec in lost]

    def advise(self, store: Store, document: Document, plan: Plan) -> tuple[str, ...]:
        """Return the warnings of the section, and warnings about networks with host bits."""
        return (
            *self.section.warnings(store, state_of(document), plan),
            *host_bit_warnings(plan, self.section.network_fields),
        )

    def _check_rules(self, desired: Desired, specs: Sequence[Any], prefix: str) -> None:
        problems = Problems()
        self.section.check_rules(specs, item_paths(len(specs), prefix), problems)
        problems.raise_if_any()
        if isinstance(desired, Exactly):
            check_no_places(specs, prefix)

    def _resolved(self, store: Store, desired: Desired, specs: Sequence[Any], prefix: str) -> Sequence[Any]:
        resolved = self.section.resolve_rules(store, specs, item_paths(len(specs), prefix))
        if resolved is not specs:
            self._check_rules(desired, resolved, prefix)  # two names may have the same ID
        return resolved

    def _unsupported_rules(self, specs: Sequence[Any], prefix: str, backend: str) -> list[SpecProblem]:
        return [
            problem.below(path)
            for path, spec in zip(item_paths(len(specs), prefix), specs, strict=True)
            for problem in self.section.unsupported_in_rule(spec, backend)
        ]

    def _named(self, live: Sequence[LiveRule], specs: Sequence[Any], *, in_place: bool = False) -> list[LiveRule]:
        return named_rules(self.section.noun, live, specs, in_place=in_place, identities=self.section.identities)


class RuleKind(_SectionKindBase):
    """The kind of single rules. All other rules of the section stay unchanged.

    The order of rules changes only if a spec sets a position.
    """

    def __init__(self, section: Section[Any, Any]) -> None:
        super().__init__(section)
        self.name = f"ans.{section.rule_name}"
        self.spec_type = section.rule_type

    def parse(self, data: Mapping[str, Any]) -> Any:
        """Parse a rule. Raises: SpecError with all invalid fields."""
        return self.section.read_rule(data)

    def validate(self, desired: Desired) -> None:
        """Raise SpecError if a rule is repeated, or if an exact list sets positions."""
        self._check_rules(desired, desired.specs, "")

    def unsupported(self, desired: Desired, backend: str) -> list[SpecProblem]:
        """Return a problem for each field that a backend does not support."""
        return self._unsupported_rules(desired.specs, "", backend)

    def resolve(self, store: Store, desired: Desired) -> Desired:
        """Replace names in the rules with IDs of the edge."""
        return replace(desired, specs=tuple(self._resolved(store, desired, desired.specs, "")))

    def project(self, document: Document) -> list[dict[str, Any]]:
        """Return all user rules in order, as plain data that :meth:`parse` accepts."""
        return [self.section.plain_rule(rule, document) for rule in state_of(document).user_rules]

    def select(self, document: Document, desired: Desired) -> list[dict[str, Any]]:
        """Return the rules that the specs identify, in the order of the specs."""
        rules = self._named(state_of(document).user_rules, desired.specs)
        return [self.section.plain_rule(rule, document) for rule in rules]

    def plan(self, document: Document, desired: Desired) -> Plan:
        """Return the plan for the rules.

        Raises: AmbiguousMatchError, NotFoundError, SpecError for an invalid position or rule.
        """
        list_plan = self.section.plan_rules(document, desired, desired.specs, in_order=isinstance(desired, Exactly))
        if list_plan.changes:
            self.section.check_result(document, None, list_plan)
        changes = tuple(self.section.shown_change(change, document) for change in list_plan.changes)
        return Plan(
            self.name, changes, steps=SectionEdit(steps=list_plan.steps if changes else None), notes=list_plan.notes
        )


class SectionKind(_SectionKindBase):
    """The kind of a whole section: its settings and its list of rules."""

    def __init__(self, section: Section[Any, Any]) -> None:
        super().__init__(section)
        self.name = f"ans.{section.name}"
        self.spec_type = section.spec_type

    def parse(self, data: Mapping[str, Any]) -> Any:
        """Parse a whole section. Raises: SpecError with all invalid fields."""
        return self.section.read(data)

    def validate(self, desired: Desired) -> None:
        """Raise SpecError unless the desired state is one spec without repeated rules."""
        if len(desired.specs) != 1:
            raise SpecError("", f"one {self.section.title} section was expected, not {len(desired.specs)}")
        spec = desired.specs[0]
        self.section.check_spec(spec, desired)
        self._check_rules(desired, self.section.rules_of(spec) or (), self.section.rules_field)

    def unsupported(self, desired: Desired, backend: str) -> list[SpecProblem]:
        """Return a problem for each setting or field that a backend does not support."""
        spec = desired.specs[0]
        rules = self.section.rules_of(spec) or ()
        return [
            *self.section.unsupported_settings(spec, backend),
            *self._unsupported_rules(rules, self.section.rules_field, backend),
        ]

    def resolve(self, store: Store, desired: Desired) -> Desired:
        """Replace names in the rules with IDs of the edge."""
        spec = desired.specs[0]
        self.section.prepare_store(store, self._complete_spec(desired, split_backend(store.backend)[0]))
        rules = self.section.rules_of(spec)
        if not rules:
            return desired
        resolved = self._resolved(store, desired, rules, self.section.rules_field)
        return desired if resolved is rules else replace(desired, specs=(self.section.with_rules(spec, resolved),))

    def project(self, document: Document) -> dict[str, Any]:
        """Return the settings and rules as plain data that :meth:`parse` accepts.

        Shape: ``{<setting>…, <rules>, "version"}``, with ``internal_rules`` if the edge creates rules itself.
        """
        section, state = self.section, state_of(document)
        shown = section.plain_settings(state.settings)
        shown[section.rules_field] = [section.plain_rule(rule, document) for rule in state.rules if rule.is_user]
        if section.has_internal_rules:
            shown["internal_rules"] = [
                {**section.plain_rule(rule, document), "rule_type": rule.rule_type}
                for rule in state.rules
                if not rule.is_user
            ]
        shown["version"] = document.version
        return shown

    def select(self, document: Document, desired: Desired) -> dict[str, Any]:
        """Return the settings, and the rules that the spec names, in server order.

        If the list of rules is exact, all user rules are returned.
        """
        section, state = self.section, state_of(document)
        specs = section.rules_of(desired.specs[0])
        rules: Sequence[LiveRule] = state.user_rules
        if not isinstance(desired, Exactly) or specs is None:
            rules = self._named(rules, specs or (), in_place=True)
        return {
            **section.plain_settings(state.settings),
            section.rules_field: [section.plain_rule(rule, document) for rule in rules],
        }

    def plan(self, document: Document, desired: Desired) -> Plan:
        """Return the plan for settings and rules.

        Raises: AmbiguousMatchError, NotFoundError, SpecError for an invalid position or rule.
        """
        section, spec = self.section, self._complete_spec(desired, document.backend)
        is_absent = isinstance(desired, Absent)
        settings = {} if is_absent else section.diff_settings(document, spec)
        specs = section.rules_of(spec)
        list_plan = None
        if specs is not None:
            list_plan = section.plan_rules(
                document,
                desired,
                specs,
                in_order=True,
                prefix=section.rules_field,
                allow_empty=spec.allow_empty,
            )
        changes = [*self._settings_change(document, settings), *(list_plan.changes if list_plan else ())]
        if changes:
            section.check_result(document, None if is_absent else spec, list_plan)
        edit = SectionEdit(
            {name: value for name, (_, value) in settings.items()},
            list_plan.steps if list_plan and list_plan.changes else None,
        )
        return Plan(
            self.name,
            tuple(section.shown_change(change, document) for change in changes),
            steps=edit,
            notes=list_plan.notes if list_plan else (),
        )

    def _complete_spec(self, desired: Desired, backend: str) -> Any:
        """Return the spec of a section, with the defaults that an exact state adds."""
        spec = desired.specs[0]
        is_exact = isinstance(desired, Exactly) and not isinstance(desired, ExactLists)
        return self.section.exact_settings(spec, backend) if is_exact else spec

    def _settings_change(self, document: Document, settings: Mapping[str, tuple[Any, Any]]) -> list[Change]:
        if not settings:
            return []
        current_settings = self.section.plain_settings(state_of(document).settings)
        before = {
            name: current_settings.get(name) if current is None else plain(current)
            for name, (current, _) in settings.items()
        }
        after = {name: plain(value) for name, (_, value) in settings.items()}
        return [Change("update", "settings", before, after, tuple(settings))]
