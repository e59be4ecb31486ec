"""The descriptor of a section: names, codecs and planning rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from vcloudair_core.engine.desired import Desired
from vcloudair_core.engine.fields import diff_fields, fields_of, plain
from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.engine.matching import BY_NAME, Identities, LiveRule, refuse_duplicates
from vcloudair_core.engine.plan import Change, Plan
from vcloudair_core.engine.rulelist import ListPlan, RuleListKind, plan_desired
from vcloudair_core.engine.validation import Problems, item_paths, read_spec
from vcloudair_core.errors import SpecProblem
from vcloudair_core.services.ans.edge.backend import BACKENDS, NSXT, split_backend
from vcloudair_core.services.ans.edge.limits import EDGE_GATEWAYS, Limit, problems_of
from vcloudair_core.services.ans.nsxt.ignored_logging import with_kept_logging
from vcloudair_core.services.ans.section.document import SectionCodec, SectionDocument, SectionEdit, state_of
from vcloudair_core.services.ans.section.store import SectionStore, StageableSectionStore

if TYPE_CHECKING:
    from vcloudair_core.services.ans.section.document import SectionState

SpecT = TypeVar("SpecT")
RuleT = TypeVar("RuleT")


def with_defaults(spec: Any, *, skip: Iterable[str] = ()) -> Any:
    """Return a copy of a spec in which every field that is not set has its default.

    The default is the ``absent`` value of the field.
    """
    skipped = set(skip)
    defaults = {
        name: info.absent
        for name, info in fields_of(type(spec)).items()
        if info.absent is not None and name not in skipped and getattr(spec, name) is None
    }
    return replace(spec, **defaults) if defaults else spec


@dataclass(frozen=True)
class NsxtSection:
    """The parts of a section that are specific to NSX-T edge gateways.

    ``codec(version)``: imports and returns the codec of an API version. ``store()``: imports and returns the store
    class.
    """

    codec: Callable[[str], SectionCodec[Any]]
    store: Callable[[], type[SectionStore]]


@dataclass(frozen=True, eq=False)
class Section(Generic[SpecT, RuleT]):
    """A section of an edge gateway: its names, codecs and planning rules.

    ``name``: the key in edge documents; the whole section is the kind ``ans.<name>``.
    ``rule_name``: the kind of one rule is ``ans.<rule_name>``.
    ``title`` and ``noun``: display names of the section and of a rule: ``NAT``, ``NAT rule``.
    ``rules_field``: the field of ``spec_type`` that holds the rules.
    ``codecs``: factories that import the codec for each backend and media type.
    ``parse`` and ``parse_rule``: parsers for sections whose field declarations do not describe the input completely.
    ``path``: the path of the section below the edge gateway.
    ``identities``: the ways to identify rules.
    ``is_ordered``: True if the order of rules matters.
    ``completed``: returns the spec of a new rule with defaults for all fields that are not set.
    ``effective``: adapts a spec to the existing rule that it updates.
    ``exact``: returns the spec of a rule for ``state: exact``, with defaults for omitted fields.
    ``network_fields``: the fields that hold addresses and networks.
    ``idle_keys``: fields that do not request a change on their own.
    ``module``: the Ansible module of the section, if any.
    ``has_internal_rules``: True if the edge creates rules itself.
    ``store_type``: the store class of sections that cannot be staged or that need data from other calls.
    ``nsxt``: the codec and store of NSX-T edge gateways, if any.
    ``rule_limits`` and ``setting_limits``: the options that a backend does not support.
    ``alternatives``: for backends without the section, a sentence that tells the user what to do instead.
    ``reasons``: for such backends, a sentence that tells the user why the section is not supported.
    ``not_in_documents``: backends whose edge documents do not contain the section.
    ``owner_noun``: the display name, in plural, of the objects that have the section.
    ``other_lists``: a descriptor for each other list of records in the same document, such as the static bindings of
    DHCP. Its codecs read and write only this list. Its name and spec type are those of the section.

    Override methods where a section needs more than the defaults.
    """

    name: str
    rule_name: str
    title: str
    noun: str
    spec_type: type[SpecT]
    rule_type: type[RuleT]
    codecs: Mapping[tuple[str, str], Callable[[], SectionCodec[Any]]]
    parse: Callable[[Mapping[str, Any]], SpecT] | None = None
    parse_rule: Callable[[Mapping[str, Any]], RuleT] | None = None
    path: str = ""
    rules_field: str = "rules"
    identities: Identities = BY_NAME
    is_ordered: bool = True
    completed: Callable[[RuleT], RuleT] = with_defaults
    effective: Callable[[RuleT, RuleT], RuleT] = field(default=lambda spec, current: spec)
    exact: Callable[[RuleT, RuleT], RuleT] = field(default=lambda spec, current: with_defaults(spec))
    network_fields: tuple[str, ...] = ()
    idle_keys: tuple[str, ...] = ()
    module: str = ""
    has_internal_rules: bool = False
    store_type: type[SectionStore] = StageableSectionStore
    nsxt: NsxtSection | None = None
    rule_limits: Mapping[str, Sequence[Limit]] = field(default_factory=dict)
    setting_limits: Mapping[str, Sequence[Limit]] = field(default_factory=dict)
    alternatives: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    not_in_documents: tuple[str, ...] = ()
    owner_noun: str = EDGE_GATEWAYS
    other_lists: tuple[Section[Any, Any], ...] = ()

    @property
    def lists(self) -> tuple[Section[Any, Any], ...]:
        """The descriptors of all lists of the section. The first is this descriptor."""
        return (self, *self.other_lists)

    @property
    def backends(self) -> tuple[str, ...]:
        """The backends that have the section."""
        names = [backend for backend, _ in self.codecs]
        return tuple(dict.fromkeys([*names, *([NSXT] if self.nsxt is not None else [])]))

    def is_on(self, backend: str) -> bool:
        """Return True if a backend has the section."""
        return backend in self.backends

    @property
    def output_keys(self) -> tuple[str, ...]:
        """The keys that only the server sets. In input, these keys are ignored."""
        return ("internal_rules", "version") if self.has_internal_rules else ("version",)

    def rules_of(self, spec: Any) -> Sequence[Any] | None:
        """Return the rules of a section spec; None if the rules are not set."""
        rules: Sequence[Any] | None = getattr(spec, self.rules_field)
        return rules

    def with_rules(self, spec: Any, rules: Sequence[Any]) -> Any:
        """Return a copy of a section spec with ``rules`` as the rules."""
        return replace(spec, **{self.rules_field: tuple(rules)})

    def read(self, data: Mapping[str, Any]) -> SpecT:
        """Parse the spec of the whole section. Raises: SpecError with all invalid fields."""
        if self.parse is not None:
            return self.parse(data)
        problems = Problems()
        spec = read_spec(self.spec_type, data, "", problems, ignored=self.output_keys)
        if problems.is_empty:
            for one_list in self.lists:
                rules = one_list.rules_of(spec) or ()
                one_list.check_rules(rules, item_paths(len(rules), one_list.rules_field), problems)
        problems.raise_if_any()
        return spec

    def read_rule(self, data: Mapping[str, Any]) -> RuleT:
        """Parse the spec of one rule. Raises: SpecError with all invalid fields."""
        if self.parse_rule is not None:
            return self.parse_rule(data)
        problems = Problems()
        spec = read_spec(self.rule_type, data, "", problems)
        problems.raise_if_any()
        return spec

    # -- before the first read ------------------------------------------------------------------------------------

    def check_rules(self, specs: Sequence[Any], paths: Sequence[str], problems: Problems) -> None:
        """Add a problem for each spec that identifies the same rule as an earlier spec."""
        refuse_duplicates(specs, paths, problems, self.identities)

    def check_spec(self, spec: Any, desired: Desired) -> None:
        """Raise SpecError if the spec of the whole section can never be applied."""

    def unsupported_settings(self, spec: Any, backend: str) -> list[SpecProblem]:
        """Return a problem for each setting that a backend does not support."""
        return self._unsupported(spec, self.setting_limits, backend)

    def unsupported_in_rule(self, spec: Any, backend: str) -> list[SpecProblem]:
        """Return a problem for each field of a rule that a backend does not support."""
        return self._unsupported(spec, self.rule_limits, backend)

    def _unsupported(self, spec: Any, limits: Mapping[str, Sequence[Limit]], backend: str) -> list[SpecProblem]:
        name, version = split_backend(backend)
        if name not in limits:
            return []
        return problems_of(spec, limits[name], version, BACKENDS[name].title, self.owner_noun)

    def narrowed_store(self, store: Store, desired: Desired) -> Store:
        """Return a store that reads only what the plan for single rules needs.

        Called before the first read.
        """
        return store

    def prepare_store(self, store: Store, spec: Any) -> None:
        """Tell a store which section settings a spec sets. Called before the first read."""

    def resolve_settings(self, store: Store, spec: Any) -> Any:
        """Replace names in the settings with IDs of the edge.

        Returns the same object if the settings contain no names.
        """
        return spec

    def resolve_rules(self, store: Store, specs: Sequence[Any], paths: Sequence[str]) -> Sequence[Any]:
        """Replace names in rules with IDs of the edge.

        Returns the same ``specs`` object if the rules contain no names.
        """
        return specs

    # -- plans -----------------------------------------------------------------------------------------------------

    def viewed(self, document: Document) -> Document:
        """Return a copy of a section document that uses the codec of this list.

        The codecs of lists on NSX-T must not depend on the API version.
        """
        assert isinstance(document, SectionDocument)
        if document.backend == NSXT and self.nsxt is not None:
            return replace(document, codec=self.nsxt.codec(""))
        return replace(document, codec=self.codecs[document.backend, document.media_type]())

    def exact_settings(self, spec: Any, backend: str) -> Any:
        """Return the spec of a section for ``state: exact``, with defaults.

        Settings that users cannot change on ``backend`` stay omitted.
        """
        return with_defaults(spec)

    def diff_settings(self, document: Document, spec: Any) -> dict[str, tuple[Any, Any]]:
        """Return the settings that differ.

        Shape: ``{field: (current value, desired value)}``.
        """
        return diff_fields(state_of(document).settings, spec)

    def rule_list(self, document: Document) -> RuleListKind:
        """Return the rule list kind, which plans the rules of a document."""
        return RuleListKind(
            self.noun, self.completed, self.effective, self.identities, is_ordered=self.is_ordered, exact=self.exact
        )

    def plan_rules(
        self,
        document: Document,
        desired: Desired,
        specs: Sequence[Any],
        *,
        in_order: bool,
        prefix: str = "",
        allow_empty: bool | None = None,
    ) -> ListPlan:
        """Plan the list of rules. Raises: the errors of :func:`plan_desired`."""
        return self.plan_list(
            self.rule_list(document),
            document,
            desired,
            specs,
            in_order=in_order,
            prefix=prefix,
            allow_empty=allow_empty,
        )

    def plan_list(
        self,
        kind: RuleListKind,
        document: Document,
        desired: Desired,
        specs: Sequence[Any],
        *,
        in_order: bool,
        prefix: str = "",
        allow_empty: bool | None = None,
    ) -> ListPlan:
        """Plan the list of rules with a rule list kind.

        Raises: the errors of :func:`plan_desired`.
        """
        kind = with_kept_logging(kind, document)
        return plan_desired(
            kind,
            state_of(document).user_rules,
            desired,
            specs,
            in_order=in_order and kind.is_ordered,
            prefix=prefix,
            allow_empty=allow_empty,
        )

    def check_result(self, document: Document, spec: Any, list_plan: ListPlan | None) -> None:
        """Raise SpecError if the server would reject the section after the plan.

        ``spec`` is the spec of the whole section, or None if only rules are planned. ``list_plan`` is None if the rules
        do not change.
        """

    def check_edit(self, document: Document, edit: SectionEdit, spec: Any) -> None:
        """Raise an error if the server would reject the section because of several lists.

        Called for each edit with changes, after :meth:`check_result` of each list. ``spec`` is the spec of the whole
        section, or None if only rules are planned.

        Raises: SpecError for invalid input; ConflictError if an object cannot be deleted.
        """

    def shown_change(self, change: Change, document: Document) -> Change:
        """Return a change of a document in the form that plans display."""
        return change

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """Return the document with an edit applied."""
        assert isinstance(document, SectionDocument)
        merged = document.codec.merge(document, edit)
        for one_list in self.other_lists:
            if one_list.rules_field in edit.other_steps:
                steps = SectionEdit(steps=edit.other_steps[one_list.rules_field])
                merged = replace(merged, tree=one_list.merge(one_list.viewed(merged), steps).tree)
        return merged

    def has_effect(self, spec: Any) -> bool:
        """Return False if the section of a spec does not affect traffic.

        If the result is False, a conversion to a backend that lacks the section omits it without a warning.
        """
        return True

    def rules_lost(self, written: Document, current: Document) -> list[Any]:
        """Return the specs of rules without IDs in ``written`` that ``current`` lacks.

        Override this method if the server assigns no IDs. ``written`` is the document of the last write.
        """
        return []

    # -- display --------------------------------------------------------------------------------------------------

    def plain_settings(self, settings: Any) -> dict[str, Any]:
        """Return the settings as plain data, with defaults and without secrets."""
        shown: dict[str, Any] = {}
        for name, info in fields_of(type(settings)).items():
            value = getattr(settings, name)
            value = info.absent if value is None else value
            if not (info.secret or info.input_only or value is None):
                shown[name] = plain(value)
        return shown

    def plain_rule(self, rule: LiveRule, document: Document) -> dict[str, Any]:
        """Return a rule of a document as plain data that :meth:`read_rule` accepts."""
        shown: dict[str, Any] = plain(rule.spec)
        return shown

    def warnings(self, store: Store, state: SectionState[Any], plan: Plan) -> tuple[str, ...]:
        """Return warnings about a plan as sentences. May read other sections of the edge.

        ``state`` is the section after the plan.
        """
        return ()
