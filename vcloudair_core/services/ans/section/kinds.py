"""The two kinds of every section: single rules, and the whole section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.desired import Absent, Desired, ExactLists, Exactly, Present
from vcloudair_core.engine.ensure.garbage_collection import paused_collection
from vcloudair_core.engine.fields import plain
from vcloudair_core.engine.kind import Document, ResourceKind, Store
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.plan import Change, Plan
from vcloudair_core.engine.rulelist import ListPlan
from vcloudair_core.errors import SpecError, SpecProblem
from vcloudair_core.services.ans.edge.backend import NSXT, media_type_of, split_backend
from vcloudair_core.services.ans.edge.directory import target_edge
from vcloudair_core.services.ans.section.backends import codec_of, refuse_unsupported, store_of
from vcloudair_core.services.ans.section.descriptor import Section
from vcloudair_core.services.ans.section.document import SectionEdit, names_in, state_of
from vcloudair_core.services.ans.section.expected_section import expect_document
from vcloudair_core.services.ans.section.list_specs import (
    check_specs,
    lost_rules,
    resolved_specs,
    rules_named_by,
    unsupported_in_specs,
)
from vcloudair_core.services.ans.section.rule_values import host_bit_warnings

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.services.ans.section.store import SectionStore
    from vcloudair_core.session.session import Session


def open_section(section: Section[Any, Any], session: Session, edge: Edge) -> SectionStore:
    """Return the store for a section. The backend of ``edge`` must be set.

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


def kinds_of(section: Section[Any, Any]) -> tuple[ResourceKind, ...]:
    """Return the kinds of a section: the whole section, and single rules of each list."""
    return SectionKind(section), *(RuleKind(section, one_list) for one_list in section.lists)


class _SectionKindBase(ResourceKind):
    """The base class of both kinds: open, merge and check for lost rules.

    ``whole`` is the descriptor of the section. ``section`` is the descriptor of the list with the rules, which differs
    from ``whole`` only for the other lists of a section.
    """

    def __init__(self, whole: Section[Any, Any], section: Section[Any, Any]) -> None:
        self.whole = whole
        self.section = section

    def open(self, session: Session, target: Mapping[str, Any]) -> Store:
        """Return the store of the edge gateway named in ``target`` or in the settings.

        Shape of ``target``: ``{"edge": name or UUID, "vdc": name or UUID}``.
        """
        return open_section(self.whole, session, target_edge(session, target))

    @paused_collection()
    def merge(self, document: Document, plan: Plan) -> Document:
        """Return the document with the plan applied."""
        edit: SectionEdit = plan.steps
        return self.whole.merge(document, edit)

    def losses(self, written: Document, current: Document) -> list[Mapping[str, Any]]:
        """Return the user rules in ``written`` whose IDs are not in ``current``.

        Rules that have no IDs are compared by their identities.
        """
        pairs = [(item, self._view(written, item), self._view(current, item)) for item in self._lists]
        return [rule for pair in pairs for rule in lost_rules(*pair)]

    @property
    def _lists(self) -> tuple[Section[Any, Any], ...]:
        """The lists whose rules the kind manages."""
        return (self.section,)

    def advise(self, store: Store, document: Document, plan: Plan) -> tuple[str, ...]:
        """Return the warnings of the section, and warnings about networks with host bits."""
        return (
            *self.whole.warnings(store, state_of(document), plan),
            *host_bit_warnings(plan, self.whole.network_fields),
        )

    def _view(self, document: Document, one_list: Section[Any, Any]) -> Document:
        return document if one_list is self.whole else one_list.viewed(document)


class RuleKind(_SectionKindBase):
    """The kind of single rules. All other rules of the section stay unchanged.

    The order of rules changes only if a spec sets a position. ``one_list`` is the list with the rules: one of
    ``section.lists``. By default, it is the first list.
    """

    def __init__(self, section: Section[Any, Any], one_list: Section[Any, Any] | None = None) -> None:
        super().__init__(section, one_list or section)
        self.name = f"ans.{self.section.rule_name}"
        self.spec_type = self.section.rule_type

    def parse(self, data: Mapping[str, Any]) -> Any:
        """Parse a rule. Raises: SpecError with all invalid fields."""
        return self.section.read_rule(data)

    def validate(self, desired: Desired) -> None:
        """Raise SpecError for repeated rules, and for positions with ``state: exact``."""
        check_specs(self.section, desired, desired.specs, "")

    def unsupported(self, desired: Desired, backend: str) -> list[SpecProblem]:
        """Return a problem for each field that a backend does not support."""
        return unsupported_in_specs(self.section, desired.specs, "", backend)

    def narrow(self, store: Store, desired: Desired) -> Store:
        """Return a store that reads only what the plan for the rules needs."""
        return self.section.narrowed_store(store, desired)

    def resolve(self, store: Store, desired: Desired) -> Desired:
        """Replace names in the rules with IDs of the edge."""
        return replace(desired, specs=tuple(resolved_specs(self.section, store, desired, desired.specs, "")))

    def project(self, document: Document) -> list[dict[str, Any]]:
        """Return all user rules in order, as plain data that :meth:`parse` accepts."""
        return [self.section.plain_rule(rule, document) for rule in self._rules(document)]

    def select(self, document: Document, desired: Desired) -> list[dict[str, Any]]:
        """Return the rules that the specs identify, in the order of the specs."""
        return [
            self.section.plain_rule(rule, document)
            for rule in rules_named_by(self.section, self._rules(document), desired.specs)
        ]

    def plan(self, document: Document, desired: Desired) -> Plan:
        """Return the plan for the rules.

        Raises: AmbiguousMatchError, NotFoundError, SpecError for an invalid position or rule, ConflictError for a rule
        that is in use.
        """
        view = self._view(document, self.section)
        list_plan = self.section.plan_rules(view, desired, desired.specs, in_order=isinstance(desired, Exactly))
        if list_plan.changes:
            self.section.check_result(view, None, list_plan)
        changes = tuple(self.section.shown_change(change, view) for change in list_plan.changes)
        edit = SectionEdit()
        if changes and self.section is self.whole:
            edit = SectionEdit(steps=list_plan.steps)
        elif changes:
            edit = SectionEdit(other_steps={self.section.rules_field: list_plan.steps})
        if changes:
            self.whole.check_edit(document, edit, None)
        return Plan(self.name, changes, steps=edit, notes=list_plan.notes)

    def _rules(self, document: Document) -> Sequence[LiveRule]:
        return state_of(self._view(document, self.section)).user_rules


class SectionKind(_SectionKindBase):
    """The kind of a whole section: its settings and its lists of rules."""

    def __init__(self, section: Section[Any, Any]) -> None:
        super().__init__(section, section)
        self.name = f"ans.{section.name}"
        self.spec_type = section.spec_type

    @property
    def _lists(self) -> tuple[Section[Any, Any], ...]:
        return self.section.lists

    @paused_collection()
    def parse(self, data: Mapping[str, Any]) -> Any:
        """Parse a whole section. Raises: SpecError with all invalid fields."""
        return self.section.read(data)

    def validate(self, desired: Desired) -> None:
        """Raise SpecError unless the desired state is one spec without repeated rules."""
        if len(desired.specs) != 1:
            raise SpecError("", f"one {self.section.title} section was expected, not {len(desired.specs)}")
        spec = desired.specs[0]
        self.section.check_spec(spec, desired)
        for one_list in self.section.lists:
            check_specs(one_list, desired, one_list.rules_of(spec) or (), one_list.rules_field)

    def unsupported(self, desired: Desired, backend: str) -> list[SpecProblem]:
        """Return a problem for each setting or field that a backend does not support."""
        spec = desired.specs[0]
        problems = self.section.unsupported_settings(spec, backend)
        for one_list in self.section.lists:
            problems += unsupported_in_specs(one_list, one_list.rules_of(spec) or (), one_list.rules_field, backend)
        return problems

    def resolve(self, store: Store, desired: Desired) -> Desired:
        """Replace names in the settings and rules with IDs of the edge."""
        spec = desired.specs[0]
        self.section.prepare_store(store, self._complete_spec(desired, split_backend(store.backend)[0]))
        resolved_spec = self.section.resolve_settings(store, spec)
        for one_list in self.section.lists:
            rules = one_list.rules_of(spec)
            if rules:
                resolved = resolved_specs(one_list, store, desired, rules, one_list.rules_field)
                resolved_spec = resolved_spec if resolved is rules else one_list.with_rules(resolved_spec, resolved)
        return desired if resolved_spec is spec else replace(desired, specs=(resolved_spec,))

    @paused_collection()
    def project(self, document: Document) -> dict[str, Any]:
        """Return the settings and rules as plain data that :meth:`parse` accepts.

        Shape: ``{<setting>…, <rules>, "version"}``, with ``internal_rules`` if the edge creates rules itself.
        """
        section, state = self.section, state_of(document)
        shown = section.plain_settings(state.settings)
        for one_list in section.lists:
            rules = state_of(self._view(document, one_list)).user_rules
            shown[one_list.rules_field] = [one_list.plain_rule(rule, document) for rule in rules]
        if section.has_internal_rules:
            shown["internal_rules"] = [
                {**section.plain_rule(rule, document), "rule_type": rule.rule_type}
                for rule in state.rules
                if not rule.is_user
            ]
        shown["version"] = document.version
        return shown

    @paused_collection()
    def select(self, document: Document, desired: Desired) -> dict[str, Any]:
        """Return the settings, and the rules that the spec names, in server order.

        With ``state: exact``, all user rules of each list that the spec sets are returned.
        """
        shown = self.section.plain_settings(state_of(document).settings)
        for one_list in self.section.lists:
            specs = one_list.rules_of(desired.specs[0])
            rules: Sequence[LiveRule] = state_of(self._view(document, one_list)).user_rules
            if not isinstance(desired, Exactly) or specs is None:
                rules = rules_named_by(one_list, rules, specs or (), in_place=True)
            shown[one_list.rules_field] = [one_list.plain_rule(rule, document) for rule in rules]
        return shown

    def can_select_later(self, document: Document, desired: Desired) -> bool:
        """Return True if :meth:`select` can run after the plan is applied.

        The plan must have matched the rules, and the rules must not display names of objects, because the session can
        forget these names.
        """
        names = names_in(document)
        return isinstance(desired, (Present, Exactly)) and (names is None or names.is_empty)

    @paused_collection()
    def plan(self, document: Document, desired: Desired) -> Plan:
        """Return the plan for settings and rules.

        Raises: AmbiguousMatchError, NotFoundError, SpecError for an invalid position or rule, ConflictError for a rule
        that is in use.
        """
        section, spec = self.section, self._complete_spec(desired, document.backend)
        is_absent = isinstance(desired, Absent)
        settings = {} if is_absent else section.diff_settings(document, spec)
        list_plans = self._list_plans(document, desired, spec)
        changes = self._settings_change(document, settings)
        changes += [change for list_plan in list_plans.values() for change in list_plan.changes]
        if changes:
            for one_list in section.lists:
                view = self._view(document, one_list)
                one_list.check_result(view, None if is_absent else spec, list_plans.get(one_list.rules_field))
        steps = {name: list_plan.steps for name, list_plan in list_plans.items() if list_plan.changes}
        own_steps = steps.pop(section.rules_field, None)
        edit = SectionEdit({name: value for name, (_, value) in settings.items()}, own_steps, steps)
        if changes:
            section.check_edit(document, edit, None if is_absent else spec)
        return Plan(
            self.name,
            tuple(section.shown_change(change, document) for change in changes),
            steps=edit,
            notes=tuple(note for list_plan in list_plans.values() for note in list_plan.notes),
        )

    def _complete_spec(self, desired: Desired, backend: str) -> Any:
        """Return the spec of a section, with defaults if the state is exact."""
        spec = desired.specs[0]
        is_exact = isinstance(desired, Exactly) and not isinstance(desired, ExactLists)
        return self.section.exact_settings(spec, backend) if is_exact else spec

    def _list_plans(self, document: Document, desired: Desired, spec: Any) -> dict[str, ListPlan]:
        """Return the plan of each list that a spec sets, keyed by the field of the list."""
        list_plans: dict[str, ListPlan] = {}
        for one_list in self.section.lists:
            specs = one_list.rules_of(spec)
            if specs is not None:
                list_plans[one_list.rules_field] = one_list.plan_rules(
                    self._view(document, one_list),
                    desired,
                    specs,
                    in_order=True,
                    prefix=one_list.rules_field,
                    allow_empty=spec.allow_empty,
                )
        return list_plans

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
