"""The resource kind of IP sets, security groups and application profiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.desired import Absent, Desired, Exactly
from vcloudair_core.engine.fields import plain
from vcloudair_core.engine.kind import Document, ResourceKind, Store
from vcloudair_core.engine.matching import named_rules, refuse_duplicates
from vcloudair_core.engine.plan import Change, Plan
from vcloudair_core.engine.rulelist import ListPlan, RuleListKind, plan_absent, plan_present
from vcloudair_core.engine.validation import Problems, item_paths, read_spec
from vcloudair_core.errors import SpecError, SpecProblem
from vcloudair_core.services.ans.edge.backend import BACKENDS, split_backend
from vcloudair_core.services.ans.edge.limits import problems_of
from vcloudair_core.services.ans.groups.descriptor import SECURITY_GROUP, GroupType
from vcloudair_core.services.ans.groups.model import USER, GroupDocument, GroupEdit, GroupObject, Use, id_tail
from vcloudair_core.services.ans.groups.planning import MemberNames, check_types, refuse_in_use, removal_changes
from vcloudair_core.services.ans.section.descriptor import with_defaults
from vcloudair_core.services.ans.section.expected_section import expect_document

if TYPE_CHECKING:
    from vcloudair_core.services.ans.groups.store import GroupStore
    from vcloudair_core.session.expected_changes import CheckRun
    from vcloudair_core.session.session import Session


class GroupKind(ResourceKind):
    """The resource kind of one type of objects. Objects that no spec names are kept.

    Before an object is deleted, the rules that can refer to it are read. If a rule refers to the object, the deletion
    is refused, or with ``force`` the references are removed first.
    """

    def __init__(self, group_type: GroupType) -> None:
        self.group_type = group_type
        self.name = f"ans.{group_type.name}"
        self.spec_type = group_type.spec_type
        self._list_kind = RuleListKind(
            group_type.noun,
            with_defaults,
            is_ordered=False,
            exact=lambda spec, current: with_defaults(spec),
        )

    def open(self, session: Session, target: Mapping[str, Any]) -> GroupStore:
        """Return the store of the edge gateway, VDC or VDC group in ``target``.

        Shape of ``target``: ``{"edge": name or UUID, "vdc": name or UUID, "vdc_group": name, UUID or URN}``. A VDC
        group takes precedence over an edge gateway.
        """
        from vcloudair_core.services.ans.groups.owner import target_owner
        from vcloudair_core.services.ans.groups.store import GroupStore

        return GroupStore(session, target_owner(session, target, self.group_type), self.group_type, self._expected)

    def _expected(self, store: Store, document: Document, run: CheckRun) -> Document:
        return expect_document(store, (self,), document, run)

    # -- before the first read ------------------------------------------------------------------------------------

    def parse(self, data: Mapping[str, Any]) -> Any:
        """Parse an object. Raises: SpecError with all invalid fields."""
        problems = Problems()
        spec: Any = read_spec(self.spec_type, data, "", problems)
        problems.raise_if_any()
        return spec

    def validate(self, desired: Desired) -> None:
        """Raise SpecError if two specs have the same name."""
        problems = Problems()
        refuse_duplicates(desired.specs, item_paths(len(desired.specs)), problems)
        problems.raise_if_any()

    def unsupported(self, desired: Desired, backend: str) -> list[SpecProblem]:
        """Return a problem for each option that the backend does not support."""
        name, version = split_backend(backend)
        limits = self.group_type.limits.get(name, ())
        return [
            problem.below(path)
            for path, spec in zip(item_paths(len(desired.specs)), desired.specs, strict=True)
            for problem in problems_of(spec, limits, version, BACKENDS[name].title)
        ]

    def narrow(self, store: Store, desired: Desired) -> Store:
        """Return a store that reads only the objects that the desired state names.

        Raises: SpecError if an edge gateway would own a dynamic security group.
        """
        store.refuse_spec_of_owner(desired)  # type: ignore[attr-defined]
        narrowed: Store = store.narrowed(desired)  # type: ignore[attr-defined]
        return narrowed

    # -- planning -------------------------------------------------------------------------------------------------

    def project(self, document: Document) -> list[dict[str, Any]]:
        """Return all objects as plain data that :meth:`parse` accepts, sorted by name."""
        current = _document(document)
        return [self._shown(current, rule.spec) for rule in sorted(current.live, key=lambda rule: rule.spec.name or "")]

    def select(self, document: Document, desired: Desired) -> list[dict[str, Any]]:
        """Return the objects that the specs name, in the order of the specs."""
        current = _document(document)
        return [
            self._shown(current, rule.spec) for rule in named_rules(self.group_type.noun, current.live, desired.specs)
        ]

    def plan(self, document: Document, desired: Desired) -> Plan:
        """Return the changes to objects, and to rules that refer to deleted objects.

        Raises: ObjectInUseError if an object to delete is in use; SpecError; NotFoundError or AmbiguousMatchError if a
        network name is unknown or ambiguous.
        """
        current = _document(document)
        specs = tuple(desired.specs)
        if self.group_type.name == SECURITY_GROUP and not isinstance(desired, Absent):
            check_types(current, specs)
            specs = MemberNames(current).with_ids(specs)
        list_plan = self._list_plan(current, desired, specs)
        self._check_new(list_plan, specs)
        edit = _edit_of(current, list_plan)
        is_forced = {spec.name for spec in specs if spec.force}
        if isinstance(desired, Exactly) and is_forced:
            is_forced |= {item.spec.name for item in edit.deleted}
        refuse_in_use(current, edit.deleted, is_forced, self.group_type.noun)
        sections = tuple(section for section in current.sections if edit.deleted and section.uses)
        changes = [*removal_changes(sections), *(self._shown_change(current, change) for change in list_plan.changes)]
        return Plan(self.name, tuple(changes), steps=replace(edit, sections=sections), notes=list_plan.notes)

    def _list_plan(self, document: GroupDocument, desired: Desired, specs: Sequence[Any]) -> ListPlan:
        live, is_exact = document.live, isinstance(desired, Exactly)
        if isinstance(desired, Absent):
            return plan_absent(self._list_kind, live, specs).without_places()
        if is_exact and live and not specs:
            raise SpecError("", f"the list is empty, which would delete all {self.group_type.plural} of the owner")
        paths = item_paths(len(specs))
        list_plan = plan_present(
            self._list_kind, live, specs, in_order=False, purge=is_exact, path=lambda position: paths[position]
        )
        return list_plan.without_places()

    def _check_new(self, list_plan: ListPlan, specs: Sequence[Any]) -> None:
        """Raise SpecError for a new object that lacks the required field."""
        required = self.group_type.required
        for step in list_plan.steps:
            if step.slot is None and required and not getattr(step.spec, required):
                names = [spec.name for spec in specs]
                path = item_paths(len(specs))[names.index(step.spec.name)]
                noun = self.group_type.noun
                raise SpecError(f"{path}.{required}".lstrip("."), f"is required for the new {noun} {step.spec.name!r}")

    def merge(self, document: Document, plan: Plan) -> Document:
        """Return the document with the plan applied."""
        current, edit = _document(document), plan.steps
        assert isinstance(edit, GroupEdit)
        changed = {item.object_id: replace(item, spec=spec) for item, spec, _ in edit.changed}
        deleted = {id(item) for item in edit.deleted}
        kept = [changed.get(item.object_id, item) for item in current.objects if id(item) not in deleted]
        new = [GroupObject("", spec) for spec in edit.created]
        return replace(current, objects=(*kept, *new), sections=(), edit=edit)

    # -- display --------------------------------------------------------------------------------------------------

    def _shown(self, document: GroupDocument, spec: Any) -> dict[str, Any]:
        return self._with_names(document)(plain(spec))

    def _shown_change(self, document: GroupDocument, change: Change) -> Change:
        named = self._with_names(document)
        before, after = (side and named(side) for side in (change.before, change.after))
        return replace(change, before=before, after=after)

    def _with_names(self, document: GroupDocument) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        """Return a function that replaces URNs with network names, and omits empty lists."""
        names = MemberNames(document)

        def named(shown: Mapping[str, Any]) -> dict[str, Any]:
            kept = {name: value for name, value in shown.items() if value != []}
            if "members" in kept:
                kept["members"] = [names.shown(urn) for urn in kept["members"]]
            return kept

        return named


def listed(group_type: GroupType, document: Document, owner: str, uses: Sequence[Use]) -> list[dict[str, Any]]:
    """Return the objects of a document, with owner and uses, as plain data.

    Shape: ``[{"type", "name", "owner", "rules", "uses": [...], <fields of the spec>}]``.
    """
    kind, current = GroupKind(group_type), _document(document)
    rows = []
    for item in sorted(current.objects, key=lambda item: item.spec.name or ""):
        if item.object_type == USER:
            own = [use.as_dict() for use in uses if id_tail(item.object_id) in use.object_ids]
            shown = kind._shown(current, item.spec)
            rows.append({"type": group_type.name, **shown, "owner": owner, "rules": len(own), "uses": own})
    return rows


def _document(document: Document) -> GroupDocument:
    assert isinstance(document, GroupDocument), type(document).__name__
    return document


def _edit_of(document: GroupDocument, list_plan: ListPlan) -> GroupEdit:
    """Return the objects to create, change and delete."""
    slots = {step.slot for step in list_plan.steps}
    objects = document.objects
    return GroupEdit(
        created=tuple(step.spec for step in list_plan.steps if step.slot is None),
        changed=tuple(
            (objects[step.slot], replace(objects[step.slot].spec, **step.values()), step.changed)
            for step in list_plan.steps
            if step.slot is not None and step.changed
        ),
        deleted=tuple(objects[rule.slot] for rule in document.live if rule.slot not in slots),
    )
