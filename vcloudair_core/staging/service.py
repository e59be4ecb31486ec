"""Staging and committing with a client: what joins stage files to kinds, stores and the one flow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, cast

from vcloudair_core.engine.desired import Desired, Present
from vcloudair_core.engine.ensure import Veto, ensure, telling_written
from vcloudair_core.engine.fields import secret_names
from vcloudair_core.engine.kind import Document, Keepable, Store
from vcloudair_core.engine.lock import locker_of
from vcloudair_core.engine.outcome import Outcome
from vcloudair_core.engine.sequence import DesiredResource, SequenceKind
from vcloudair_core.errors import StageError, VcloudAirError
from vcloudair_core.settings.directories import state_folder
from vcloudair_core.staging.stage_file import (
    CHECK,
    StageContent,
    StagedSection,
    StageFile,
    cloud_of,
    left_behind,
    name_of,
    stages_in,
)

if TYPE_CHECKING:
    from vcloudair_core.client import Client


class KeepableStore(Store, Keepable, Protocol):
    """A store whose documents a stage can hold."""


@dataclass(frozen=True)
class StagedChange:
    """What one task asks for: plain data, and the same parsed."""

    kind: str
    state: str
    specs: list[Mapping[str, Any]]
    target: Mapping[str, Any]
    desired: Desired


class Staging:
    """The stages of one client. ``veto`` sees every plan; ``parsed`` makes a desired state of a kind's plain data."""

    def __init__(self, client: Client, veto: Veto | None, parsed: Callable[[str, Any, str], Desired]) -> None:
        self._client = client
        self._veto = veto
        self._parsed = parsed
        self._cloud = cloud_of(client.settings)
        self.folder = state_folder(client.settings) / "stages"

    def add(self, wish: StagedChange, stage_id: str, *, check: bool) -> Outcome:
        """Plan a wish on what the stage holds, and put it on the stage.

        Costs one read when the section is new to the stage, and nothing otherwise. In check mode it goes on a stage of
        its own, which no commit writes.
        """
        kind = self._client.kind(wish.kind)
        kind.validate(wish.desired)
        with StageFile(self.folder, _name(stage_id, check)).opened() as content:
            key = name_of(self._cloud, wish.target)
            store = kind.open(self._client.session, content.names.get(key, wish.target))
            if not isinstance(store, Keepable):
                raise StageError(f"{wish.kind} cannot be staged.", hint="Leave stage out for it.")
            staged, document = self._document(content, cast(KeepableStore, store), wish.target)
            content.names[key] = staged.target
            operation = DesiredResource(kind, wish.desired).resolved(store)
            plan = kind.plan(document, operation.desired)
            merged = document if plan.is_empty else kind.merge(document, plan)
            plan = replace(plan, target=staged.title, outlook=lambda: kind.project(merged))
            warnings = [] if plan.is_empty or self._veto is None else list(self._veto(plan) or ())
            warnings += plan.notes
            warnings += left_behind(stages_in(self.folder), content, staged.lock_key)
            staged.working = store.dump(merged)
            staged.operations.append({"kind": wish.kind, "state": wish.state, "specs": list(wish.specs)})
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
        self, content: StageContent, store: KeepableStore, target: Mapping[str, Any]
    ) -> tuple[StagedSection, Document]:
        """The section as the stage has it, or read for the first time."""
        known = content.section(self._cloud, store.lock_key, store.section)
        if known is not None:
            return known, store.load(known.working)
        document = store.read()
        body = store.dump(document)
        lasting = {**target, **store.lasting_target}
        made = StagedSection(lasting, store.section, store.target, store.lock_key, body, body, cloud=self._cloud)
        return made, document

    def commit(self, stage_id: str, target: Mapping[str, Any] | None, *, check: bool) -> list[Outcome]:
        """Write every staged section, or those of ``target``, once each. What was written leaves the stage.

        Raises what :func:`~vcloudair_core.engine.ensure.ensure` raises; then the section that failed and those after
        it stay on the stage.
        """
        outcomes: list[Outcome] = []
        file = StageFile(self.folder, _name(stage_id, check))
        with file.committing():
            while True:
                # One section at a time, so that what was written is off the stage before the next one can fail.
                with file.opened() as content:
                    part = self._next(content, target)
                    if part is None:
                        return outcomes
                    outcomes.append(self._commit_after(outcomes, part, check))
                    content.sections.remove(part)
                    self._expect(part)

    def _expect(self, part: StagedSection) -> None:
        """Let later tasks of a check-mode run know what a commit would have written."""
        run = self._client.session.check_run
        if run is None:
            return
        for asked in part.operations:
            names = secret_names(self._client.kind(asked["kind"]).spec_type)
            run.record(part.lock_key, asked["kind"], asked["state"], asked["specs"], names)

    def _next(self, content: StageContent, target: Mapping[str, Any] | None) -> StagedSection | None:
        # In one order, whatever came first: what lets traffic in (firewall) is there before what leads it on (nat).
        ours = [part for part in content.sections if part.cloud == self._cloud]
        sections = sorted(ours, key=lambda part: (part.lock_key, part.section))
        if not target:
            return next(iter(sections), None)
        known = content.names.get(name_of(self._cloud, target))
        for part in sections:
            if part.target == known or (known is None and _same_thing(self._client, part, target)):
                return part
        return None

    def _commit_after(self, done: Sequence[Outcome], part: StagedSection, check: bool) -> Outcome:
        """Commit one section; an error says whether this one, or one of those before it, was written."""
        try:
            with telling_written(check):
                return self._commit(part, check)
        except VcloudAirError as exc:
            if any(outcome.attempts for outcome in done):
                exc.written = True
            raise

    def _commit(self, part: StagedSection, check: bool) -> Outcome:
        operations = [
            DesiredResource(
                self._client.kind(asked["kind"]), self._parsed(asked["kind"], asked["specs"], asked["state"])
            )
            for asked in part.operations
        ]
        store = _FromSnapshot(operations[0].kind.open(self._client.session, part.target), part.snapshot)
        kind = SequenceKind([operation.resolved(store) for operation in operations])
        lock = locker_of(self._client.settings)
        return ensure(kind, store, Present(), check=check, veto=self._veto, lock=lock)

    def list(self) -> list[StageContent]:
        """Every stage of this user that waits for a commit; those of check mode too."""
        return stages_in(self.folder)

    def discard(self, stage_id: str) -> bool:
        """Drop a stage. True when there was one."""
        found = [StageFile(self.folder, name).discard() for name in (stage_id, stage_id + CHECK)]
        return any(found)


class _FromSnapshot:
    """A store whose first read is what the stage remembers. A write reads again before: the stage may be old."""

    def __init__(self, store: Store, snapshot: bytes) -> None:
        self._store = store
        self._snapshot: bytes | None = snapshot
        self.is_remembered = False
        self.clock = getattr(store, "clock", None)

    @property
    def target(self) -> str:
        return self._store.target

    @property
    def lock_key(self) -> str:
        return self._store.lock_key

    @property
    def is_version_checked(self) -> bool:
        return bool(getattr(self._store, "is_version_checked", True))

    def read(self) -> Document:
        self.is_remembered = self._snapshot is not None
        if self._snapshot is None:
            return self._store.read()
        assert isinstance(self._store, Keepable)
        document, self._snapshot = self._store.load(self._snapshot), None
        return document

    def commit(self, document: Document) -> None:
        self._store.commit(document)

    def __getattr__(self, name: str) -> Any:
        # Kinds that look further, at an edge's interfaces or its firewall, know their stores better than we do.
        return getattr(self._store, name)


def _same_thing(client: Client, part: StagedSection, target: Mapping[str, Any]) -> bool:
    kind = client.kind(part.operations[0]["kind"])
    return kind.open(client.session, target).lock_key == part.lock_key


def _name(stage_id: str, check: bool) -> str:
    return stage_id + CHECK if check else stage_id


def specs_of(specs: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """One mapping or several as a list."""
    return [specs] if isinstance(specs, Mapping) else list(specs)
