"""Stage changes of several tasks, and commit them with one write per section."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.audit.trail import audited
from vcloudair_core.engine.desired import Desired, Present
from vcloudair_core.engine.ensure import ensure, mark_unwritten
from vcloudair_core.engine.ensure.preparation import refuse_unsupported
from vcloudair_core.engine.kind import Document, ResourceKind, StageableStore, Store
from vcloudair_core.engine.lock import locker_of
from vcloudair_core.engine.outcome import Outcome
from vcloudair_core.engine.plan import PlanPolicy
from vcloudair_core.engine.sequence import DesiredResource, SequenceKind
from vcloudair_core.errors import StageError, VcloudAirError
from vcloudair_core.staging.stage_file import (
    CHECK,
    StagedChanges,
    StagedSection,
    StageFile,
    cloud_of,
    find_uncommitted_stages,
    name_of,
    stage_folder,
    stages_in,
)

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session


@dataclass(frozen=True)
class StagedChange:
    """The change that one task stages.

    ``specs`` contains the specs of the task as plain data. ``desired`` is the desired state, parsed from the specs.
    """

    kind: str
    state: str
    specs: list[Mapping[str, Any]]
    target: Mapping[str, Any]
    desired: Desired


class Staging:
    """Staging for one session: stage changes, commit them or discard them.

    ``kind_of(name)`` returns a resource kind. ``parse`` converts specs and a state to the desired state of a kind.
    ``policy`` checks every plan.
    """

    def __init__(
        self,
        session: Session,
        kind_of: Callable[[str], ResourceKind],
        parse: Callable[[str, Any, str], Desired],
        policy: PlanPolicy | None,
    ) -> None:
        self._session = session
        self._kind_of = kind_of
        self._parse = parse
        self._policy = policy
        self._cloud = cloud_of(session.settings)
        self.folder = stage_folder(session.settings)

    def add(self, change: StagedChange, stage_id: str, *, check: bool) -> Outcome:
        """Plan a change on top of the staged changes, and add the change to the stage.

        The section is read from the server only if the stage does not contain it yet. Check mode uses a separate stage,
        which is never committed.
        """
        kind = self._kind_of(change.kind)
        kind.validate(change.desired)
        with StageFile(self.folder, _name(stage_id, check)).opened() as content:
            key = name_of(self._cloud, change.target)
            store = kind.open(self._session, content.names.get(key, change.target))
            if not isinstance(store, StageableStore):
                raise StageError(
                    f"Resource kind {change.kind!r} cannot be staged.", hint="Apply the change without a stage."
                )
            refuse_unsupported(kind, store, change.desired)
            staged, document = self._document(content, store, change.target)
            content.names[key] = staged.target
            operation = DesiredResource(kind, change.desired).resolved(store)
            plan = kind.plan(document, operation.desired)
            merged = document if plan.is_empty else kind.merge(document, plan)
            plan = replace(plan, target=staged.title, outlook=lambda: kind.project(merged))
            warnings = [] if plan.is_empty or self._policy is None else list(self._policy(plan) or ())
            warnings += plan.notes
            others = stages_in(self.folder, without=(_name(stage_id, check),))
            warnings += find_uncommitted_stages(others, content, staged.target_key)
            staged.working = store.dump(merged)
            staged.operations.append({"kind": change.kind, "state": change.state, "specs": list(change.specs)})
            if staged not in content.sections:
                content.sections.append(staged)
            return Outcome(
                changed=not plan.is_empty,
                plan=plan,
                before=operation.select(document),
                after=operation.select(merged),
                is_check=True,
                warnings=tuple(warnings),
            )

    def _document(
        self, content: StagedChanges, store: StageableStore, target: Mapping[str, Any]
    ) -> tuple[StagedSection, Document]:
        """Return the staged section and its document.

        If the section is not staged yet, read it from the server and add it to ``content``.
        """
        known = content.section(self._cloud, store.target_key, store.section)
        if known is not None:
            return known, store.load(known.working)
        document = store.read()
        body = store.dump(document)
        lasting = {**target, **store.lasting_target}
        made = StagedSection(lasting, store.section, store.target, store.target_key, body, body, cloud=self._cloud)
        return made, document

    def commit(self, stage_id: str, target: Mapping[str, Any] | None, *, check: bool) -> list[Outcome]:
        """Write each staged section with one write.

        If ``target`` is not None, only the sections of this target are written.

        Written sections are removed from the stage. If a write fails, its section and the later sections stay staged.

        Raises: StageError, and the errors of :func:`~vcloudair_core.engine.ensure.ensure`.
        """
        outcomes: list[Outcome] = []
        file = StageFile(self.folder, _name(stage_id, check))
        with file.committing():
            while True:
                # Open the file for each section, so that a written section is removed before the next one can fail.
                with file.opened() as content:
                    section = self._next(content, target)
                    if section is None:
                        return outcomes
                    outcomes.append(self._commit_after(outcomes, section, check))
                    content.sections.remove(section)
                    self._expect(section)

    def _expect(self, section: StagedSection) -> None:
        """Record the changes of a section for later tasks of a check-mode run."""
        run = self._session.check_run
        if run is None:
            return
        for change in section.operations:
            names = self._kind_of(change["kind"]).secret_names()
            run.record(section.target_key, change["kind"], change["state"], change["specs"], names)

    def _next(self, content: StagedChanges, target: Mapping[str, Any] | None) -> StagedSection | None:
        # Use a fixed order: the firewall, which allows traffic, is written before NAT, which forwards it.
        ours = [section for section in content.sections if section.cloud == self._cloud]
        sections = sorted(ours, key=lambda section: (section.target_key, section.section))
        if not target:
            return next(iter(sections), None)
        known = content.names.get(name_of(self._cloud, target))
        for section in sections:
            if section.target == known or (known is None and self._is_of(section, target)):
                return section
        return None

    def _is_of(self, section: StagedSection, target: Mapping[str, Any]) -> bool:
        kind = self._kind_of(section.operations[0]["kind"])
        return kind.open(self._session, target).target_key == section.target_key

    def _commit_after(self, done: Sequence[Outcome], section: StagedSection, check: bool) -> Outcome:
        """Commit a section.

        ``done`` contains the outcomes of the sections that were committed earlier. If one of them was written, a raised
        error has ``written`` set to True.
        """
        try:
            with mark_unwritten(check):
                return self._commit(section, check)
        except VcloudAirError as exc:
            if any(outcome.attempts for outcome in done):
                exc.written = True
            raise

    def _commit(self, section: StagedSection, check: bool) -> Outcome:
        operations = [
            DesiredResource(
                self._kind_of(change["kind"]), self._parse(change["kind"], change["specs"], change["state"])
            )
            for change in section.operations
        ]
        opened = operations[0].kind.open(self._session, section.target)
        kind = SequenceKind([operation.resolved(opened) for operation in operations])
        store = _FromSnapshot(opened, section.snapshot)
        lock = locker_of(self._session.settings)
        with audited(self._session, kind.name) as observer:
            policy = self._policy
            outcome = ensure(kind, store, Present(), check=check, policy=policy, lock=lock, observer=observer)
            observer.outcome = outcome
            return outcome

    def list(self) -> list[StagedChanges]:
        """Return the uncommitted stages of this user, including check-mode stages."""
        return stages_in(self.folder)

    def discard(self, stage_id: str) -> bool:
        """Discard a stage and its check-mode stage. Return True if either stage existed."""
        is_discarded = [StageFile(self.folder, name).discard() for name in (stage_id, stage_id + CHECK)]
        return any(is_discarded)


class _FromSnapshot(Store):
    """A store whose first read returns the snapshot in the stage.

    Later reads go to the server, because the snapshot can be outdated.
    """

    def __init__(self, store: Store, snapshot: bytes) -> None:
        self._store = store
        self._snapshot: bytes | None = snapshot
        self._is_remembered = False
        self.section = store.section
        self.backend = store.backend
        self.clock = store.clock

    @property
    def target(self) -> str:
        return self._store.target

    @property
    def lock_key(self) -> str:
        return self._store.lock_key

    @property
    def target_key(self) -> str:
        return self._store.target_key

    @property
    def is_version_checked(self) -> bool:
        return self._store.is_version_checked

    @property
    def is_written_whole(self) -> bool:
        return self._store.is_written_whole

    @property
    def is_remembered(self) -> bool:
        return self._is_remembered

    def read(self) -> Document:
        self._is_remembered = self._snapshot is not None
        if self._snapshot is None:
            return self._store.read()
        assert isinstance(self._store, StageableStore)
        document, self._snapshot = self._store.load(self._snapshot), None
        return document

    def commit(self, base: Document, document: Document) -> None:
        self._store.commit(base, document)

    def __getattr__(self, name: str) -> Any:
        # Some kinds need more attributes of their store, such as the interfaces or the firewall of an edge gateway.
        return getattr(self._store, name)


def _name(stage_id: str, check: bool) -> str:
    return stage_id + CHECK if check else stage_id


def specs_of(specs: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return one spec or several specs as a list."""
    return [specs] if isinstance(specs, Mapping) else list(specs)
