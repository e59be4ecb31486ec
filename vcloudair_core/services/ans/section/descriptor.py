"""The descriptor of a section: all that tells one section of an edge gateway from another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from vcloudair_core.engine.desired import Desired
from vcloudair_core.engine.fields import diff_fields, fields_of, plain
from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.engine.matching import BY_NAME, Identities, LiveRule, refuse_doubles
from vcloudair_core.engine.plan import Change, Plan
from vcloudair_core.engine.rulelist import ListPlan, RuleListKind, plan_desired
from vcloudair_core.engine.validation import Problems, item_paths, read_spec
from vcloudair_core.errors import SpecProblem
from vcloudair_core.services.ans.section.document import SectionCodec, SectionDocument, SectionEdit, state_of
from vcloudair_core.services.ans.section.store import SectionStore, StageableSectionStore

if TYPE_CHECKING:
    from vcloudair_core.services.ans.section.document import SectionState

SpecT = TypeVar("SpecT")
RuleT = TypeVar("RuleT")


def with_defaults(spec: Any, *, skip: Iterable[str] = ()) -> Any:
    """Return a spec with the default of every field that it does not give and that has one (``absent``)."""
    left_out = set(skip)
    defaults = {
        name: info.absent
        for name, info in fields_of(type(spec)).items()
        if info.absent is not None and name not in left_out and getattr(spec, name) is None
    }
    return replace(spec, **defaults) if defaults else spec


@dataclass(frozen=True, eq=False)
class Section(Generic[SpecT, RuleT]):
    """One section of an edge gateway: its words, its codecs, and how its rules are planned.

    ``name`` is the key in edge documents, and the whole section is the kind ``ans.<name>``; ``rule_name`` names the
    kind of one rule. ``title`` and ``noun`` are for people: ``NAT``, ``NAT rule``. ``rules_field`` is the field
    of ``spec_type`` that holds the rules. ``codecs`` makes the codec of each backend and media type; a factory imports
    the codec. ``parse`` and ``parse_rule`` read input that the declarations of the fields do not describe in full.
    ``path`` is where the section is below the edge gateway. ``identities`` says how rules are told apart,
    ``is_ordered`` whether their order means anything. ``completed`` gives a new rule its defaults, ``effective`` fits a
    spec to the rule that exists, ``exact`` fills the fields that an exact list does not give. ``network_fields`` are
    the fields that hold addresses and networks. ``idle_keys`` are the fields that by themselves ask for nothing.
    ``module`` is the Ansible module of the section, if it has one. ``has_internal_rules``: the edge makes rules of its
    own.
    ``store_type`` is for sections that cannot be staged, or keep something beside the section.

    Override a method where a section means more than the defaults say.
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

    def is_on(self, backend: str) -> bool:
        """Return True when edges of a backend have the section, as far as there is a codec for it."""
        return any(name == backend for name, _ in self.codecs)

    @property
    def output_keys(self) -> tuple[str, ...]:
        """The keys of the whole section that only the server writes: accepted as input, and ignored."""
        return ("internal_rules", "version") if self.has_internal_rules else ("version",)

    def rules_of(self, spec: Any) -> Sequence[Any] | None:
        """Return the rules of a spec of the whole section, None when it does not give them."""
        rules: Sequence[Any] | None = getattr(spec, self.rules_field)
        return rules

    def with_rules(self, spec: Any, rules: Sequence[Any]) -> Any:
        """Return a spec of the whole section with other rules."""
        return replace(spec, **{self.rules_field: tuple(rules)})

    def read(self, data: Mapping[str, Any]) -> SpecT:
        """Return a spec of the whole section. Raises: SpecError that names every field that is wrong."""
        if self.parse is not None:
            return self.parse(data)
        problems = Problems()
        spec = read_spec(self.spec_type, data, "", problems, ignored=self.output_keys)
        rules = self.rules_of(spec) or ()
        if problems.is_empty:
            self.check_rules(rules, item_paths(len(rules), self.rules_field), problems)
        problems.raise_if_any()
        return spec

    def read_rule(self, data: Mapping[str, Any]) -> RuleT:
        """Return the spec of one rule. Raises: SpecError that names every field that is wrong."""
        if self.parse_rule is not None:
            return self.parse_rule(data)
        problems = Problems()
        spec = read_spec(self.rule_type, data, "", problems)
        problems.raise_if_any()
        return spec

    # -- before anything is read -----------------------------------------------------------------------------------

    def check_rules(self, specs: Sequence[Any], paths: Sequence[str], problems: Problems) -> None:
        """Note specs that name the same rule."""
        refuse_doubles(specs, paths, problems, self.identities)

    def check_spec(self, spec: Any, desired: Desired) -> None:
        """Refuse a spec of the whole section that no section can satisfy. Raises: SpecError."""

    def unsupported_settings(self, spec: Any, backend: str) -> list[SpecProblem]:
        """Return the settings that a backend cannot express, each with the way out as its hint."""
        return []

    def unsupported_in_rule(self, spec: Any, backend: str) -> list[SpecProblem]:
        """Return the fields of a rule that a backend cannot express, each with the way out as its hint."""
        return []

    def resolve_rules(self, store: Store, specs: Sequence[Any], paths: Sequence[str]) -> Sequence[Any]:
        """Replace names in rules by what they stand for on the edge. Returns ``specs`` itself when there are none."""
        return specs

    # -- plans -----------------------------------------------------------------------------------------------------

    def exact_settings(self, spec: Any) -> Any:
        """Return a spec of the whole section with the default of every setting, for an exact state."""
        return with_defaults(spec)

    def diff_settings(self, document: Document, spec: Any) -> dict[str, tuple[Any, Any]]:
        """Compare the settings. Shape: ``{field: (current value, desired value)}`` of those that differ."""
        return diff_fields(state_of(document).settings, spec)

    def rule_list(self, document: Document) -> RuleListKind:
        """Return how the list of rules is planned for a document."""
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
        """Plan the list of rules. Raises what :func:`plan_desired` raises."""
        return plan_desired(
            self.rule_list(document),
            state_of(document).user_rules,
            desired,
            specs,
            in_order=in_order and self.is_ordered,
            prefix=prefix,
            allow_empty=allow_empty,
        )

    def check_result(self, document: Document, spec: Any, listed: ListPlan | None) -> None:
        """Refuse a result that the server would refuse. Raises: SpecError.

        ``spec`` is that of the whole section, None for rules alone; ``listed`` is None when the rules are left alone.
        """

    def shown_change(self, change: Change) -> Change:
        """Return a change as people see it."""
        return change

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """Return the document with an edit carried out."""
        assert isinstance(document, SectionDocument)
        return document.codec.merge(document, edit)

    # -- for people ------------------------------------------------------------------------------------------------

    def settings_words(self, settings: Any) -> dict[str, Any]:
        """Return the settings as plain data, with defaults for what the server does not say, without secrets."""
        shown: dict[str, Any] = {}
        for name, info in fields_of(type(settings)).items():
            value = getattr(settings, name)
            value = info.absent if value is None else value
            if not (info.secret or info.input_only or value is None):
                shown[name] = plain(value)
        return shown

    def rule_words(self, rule: LiveRule) -> dict[str, Any]:
        """Return a rule as plain data; acceptable as input again."""
        shown: dict[str, Any] = plain(rule.spec)
        return shown

    def warnings(self, store: Store, state: SectionState[Any], plan: Plan) -> tuple[str, ...]:
        """Return warnings about a plan, as sentences; ``state`` is the section after it. May read other sections."""
        return ()
