"""Client of a program: settings, a session, and by name the services and resource kinds of plugins."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.desired import Absent, Desired, ExactLists, Exactly, Present
from vcloudair_core.engine.ensure import ensure, mark_unwritten
from vcloudair_core.engine.kind import ResourceKind, Store
from vcloudair_core.engine.lock import locker_of
from vcloudair_core.engine.validation import Problems, item_paths
from vcloudair_core.errors import PluginError, SpecError
from vcloudair_core.util.plugin_output import stdout_to_stderr

if TYPE_CHECKING:
    from vcloudair_core.engine.outcome import Outcome
    from vcloudair_core.engine.plan import Plan, PlanPolicy
    from vcloudair_core.plugin.records import KindRecord, ServiceRecord
    from vcloudair_core.services.ans.service import AnsService
    from vcloudair_core.services.dr.service import RecoveryService
    from vcloudair_core.services.metrics.service import MetricsService
    from vcloudair_core.services.query.service import QueryService
    from vcloudair_core.session.expected_changes import CheckRun
    from vcloudair_core.session.session import Session
    from vcloudair_core.settings.settings import Settings
    from vcloudair_core.staging.service import Staging
    from vcloudair_core.staging.stage_file import StagedChanges

_STATES: dict[str, Callable[[tuple[Any, ...]], Desired]] = {
    "present": Present,
    "absent": Absent,
    "exact": Exactly,
    "exact_lists": ExactLists,
}


class Client:
    """One signed-in view of one cloud. Use it as a context manager, or call :meth:`close`.

    Nothing is sent until it is needed: the session signs in with the first call.
    """

    def __init__(
        self,
        settings: Settings,
        session: Session,
        *,
        services: Mapping[str, ServiceRecord],
        kinds: Mapping[str, KindRecord],
        policy: PlanPolicy | None = None,
    ) -> None:
        self.settings = settings
        self.session = session
        self._services = services
        self._kinds = kinds
        self._policy = policy
        self._opened: dict[str, Any] = {}
        self._loaded: dict[str, ResourceKind] = {}
        self._lock = threading.Lock()
        self._check_run: CheckRun | None = None

    # -- by name -------------------------------------------------------------------------------------------------

    def service(self, name: str) -> Any:
        """Return the service that a plugin offers under a name, made once per client.

        The built-in services have attributes: :attr:`edges`, :attr:`query`, :attr:`metrics` and :attr:`dr`.

        Raises: PluginError when no plugin offers it.
        """
        with self._lock:
            if name not in self._opened:
                with stdout_to_stderr():
                    self._opened[name] = pick_record(self._services, name, "service").factory(self.session)
            return self._opened[name]

    @property
    def edges(self) -> AnsService:
        """Edge gateways: names, tunnels and sections. Raises PluginError when the plugin ``ans`` is not working."""
        edges: AnsService = self.service("ans")
        return edges

    @property
    def query(self) -> QueryService:
        """Queries of VMs, networks, tasks and more. Raises PluginError when the plugin ``query`` is not working."""
        query: QueryService = self.service("query")
        return query

    @property
    def metrics(self) -> MetricsService:
        """Metrics of VMs. Raises PluginError when the plugin ``metrics`` is not working."""
        metrics: MetricsService = self.service("metrics")
        return metrics

    @property
    def dr(self) -> RecoveryService:
        """Replications and DR actions. Raises PluginError when the plugin ``dr`` is not working."""
        dr: RecoveryService = self.service("dr")
        return dr

    def kind(self, name: str) -> ResourceKind:
        """Return the resource kind of a name such as ``ans.firewall``.

        Raises: PluginError when no plugin offers it, or what one offers is not a resource kind.
        """
        with self._lock:
            if name not in self._loaded:
                with stdout_to_stderr():
                    kind = pick_record(self._kinds, name, "resource kind").load()
                if not isinstance(kind, ResourceKind):
                    raise PluginError(
                        f"Resource kind {name!r} cannot be used: its plugin returned {type(kind).__name__!r}, "
                        "which is not a ResourceKind.",
                        hint="Derive the class from vcloudair_core.engine.kind.ResourceKind.",
                    )
                self._loaded[name] = kind
            return self._loaded[name]

    @property
    def kind_names(self) -> list[str]:
        """Names of all resource kinds, sorted."""
        return sorted(self._kinds)

    # -- the one flow --------------------------------------------------------------------------------------------

    def read(self, kind: str, target: Mapping[str, Any] | None = None) -> Any:
        """The live state of a resource in the words that :meth:`ensure` takes.

        Raises: PluginError, NotFoundError, AmbiguousMatchError, ApiError, TransportError, DecodeError.
        """
        chosen = self.kind(kind)
        with _aside(chosen):
            return chosen.project(self._open(chosen, target).read())

    def ensure(
        self,
        kind: str,
        specs: Mapping[str, Any] | Iterable[Mapping[str, Any]],
        *,
        state: str = "present",
        target: Mapping[str, Any] | None = None,
        check: bool = False,
        approve: Callable[[Plan], None] | None = None,
    ) -> Outcome:
        """Bring a resource to a state, or with ``check`` say what that would take.

        ``specs``: one mapping or several, in the kind's words. ``state``: ``present`` (these, others kept), ``absent``
        (these gone, others kept), ``exact`` (these and no others, and fields that are not given have their defaults),
        ``exact_lists`` (the same for the lists in them, while settings that are not given are kept). ``target``: what
        the kind acts on, such as ``{"edge": "web-edge"}``. ``approve`` sees every plan right before it is carried out,
        after the policies, and stops it by raising; it is not asked in check mode.

        Raises: SpecError before anything is sent; PlanRejectedError before anything is written; AmbiguousMatchError,
        NotConvergedError, ConflictError and every error of :meth:`read`.
        """
        chosen = self.kind(kind)
        with mark_unwritten(check), _aside(chosen):
            listed = [specs] if isinstance(specs, Mapping) else list(specs)
            desired = self._desired(kind, listed, state)
            chosen.validate(desired)  # before opening, which may look the target up: bad input sends nothing
            store = self._open(chosen, target)
            policy = self._policy if approve is None or check else _both(self._policy, approve)
            lock = locker_of(self.settings)
            with self._checking(check) as run:
                outcome = ensure(chosen, store, desired, check=check, policy=policy, lock=lock)
                if run is not None and outcome.changed:
                    secrets = chosen.secret_names()
                    run.record(store.target_key, kind, state, listed, secrets)
            return outcome

    def join_check_run(self, run_id: str) -> None:
        """Plan later check-mode calls on what those of the same run would have changed, in whatever process they were.

        ``run_id`` names the run. It is kept on this host for a day, without secrets. Calls that are not in check mode,
        and :meth:`read`, take no notice of it.
        """
        from vcloudair_core.session.expected_changes import CheckRun

        self._check_run = CheckRun(self.settings, run_id)

    def forget_check_run(self, run_id: str) -> None:
        """Forget the changes that check-mode calls of a run would have made, as a real one follows them."""
        from vcloudair_core.session.expected_changes import CheckRun

        CheckRun(self.settings, run_id).forget()

    @contextmanager
    def _checking(self, check: bool) -> Iterator[CheckRun | None]:
        """Let stores see the changes that are expected by now, within the block."""
        run = self._check_run if check else None
        self.session.check_run = run
        try:
            yield run
        finally:
            self.session.check_run = None

    def _desired(self, kind: str, specs: Mapping[str, Any] | Iterable[Mapping[str, Any]], state: str) -> Desired:
        desired_type = _STATES.get(state)
        if desired_type is None:
            raise SpecError("state", f"{state!r} is not one of {', '.join(_STATES)}")
        return desired_type(_parse(self.kind(kind), specs))

    # -- staging -------------------------------------------------------------------------------------------------

    def stage(
        self,
        kind: str,
        specs: Mapping[str, Any] | Iterable[Mapping[str, Any]],
        *,
        stage_id: str,
        state: str = "present",
        target: Mapping[str, Any] | None = None,
        check: bool = False,
    ) -> Outcome:
        """Plan a change on top of the changes staged before it, and keep it until :meth:`commit_stage`.

        Programs that use the same ``stage_id`` share their staged changes, in any number of processes of this user on
        this host. Other arguments are those of :meth:`ensure`; the outcome is what this change adds.

        Raises: StageError when the kind cannot be staged or the changes cannot be kept, and every error of
        :meth:`ensure` except those of writing.
        """
        from vcloudair_core.staging.service import StagedChange, specs_of

        listed = specs_of(specs)
        change = StagedChange(kind, state, listed, dict(target or {}), self._desired(kind, listed, state))
        with self._checking(check):
            return self._staging().add(change, stage_id, check=check)

    def commit_stage(
        self, stage_id: str, *, target: Mapping[str, Any] | None = None, check: bool = False
    ) -> list[Outcome]:
        """Write the staged changes, or with ``target`` only those of it. Returns one outcome per section.

        The list is empty when nothing is staged. After an error, what was not written stays staged.

        Raises: StageError, and every error of :meth:`ensure`.
        """
        with self._checking(check):
            return self._staging().commit(stage_id, target, check=check)

    def stages(self) -> list[StagedChanges]:
        """Return the staged changes of this user on this host that wait for a commit, oldest first. Sends nothing."""
        return self._staging().list()

    def discard_stage(self, stage_id: str) -> bool:
        """Discard staged changes without writing them. True when there were any. Sends nothing.

        Raises: ConfigurationError for a name that no stage can have, StageError when a commit keeps the stage in use.
        """
        return self._staging().discard(stage_id)

    def _staging(self) -> Staging:
        from vcloudair_core.staging.service import Staging

        return Staging(self.session, self.kind, self._desired, self._policy)

    def _open(self, kind: ResourceKind, target: Mapping[str, Any] | None) -> Store:
        store = kind.open(self.session, dict(target or {}))
        if not isinstance(store, Store):
            raise PluginError(
                f"Resource kind {kind.name!r} cannot be used: it opened {type(store).__name__!r}, "
                "which is not a Store.",
                hint="Derive the class from vcloudair_core.engine.kind.Store.",
            )
        return store

    # -- the end -------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Release connections, and end a session that was made here unless the session cache keeps it."""
        self.session.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _both(first: PlanPolicy | None, second: Callable[[Plan], None]) -> PlanPolicy:
    def apply(plan: Plan) -> Sequence[str] | None:
        warnings = first(plan) if first is not None else None
        second(plan)
        return warnings

    return apply


def _parse(kind: ResourceKind, specs: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> tuple[Any, ...]:
    items: Sequence[Any] = [specs] if isinstance(specs, Mapping) else list(specs)
    problems = Problems()
    parsed: list[Any] = []
    for position, (item, path) in enumerate(zip(items, item_paths(len(items)), strict=True)):
        if not isinstance(item, Mapping):
            problems.add(f"[{position}]", f"a mapping was expected, not {type(item).__name__}")
            continue
        with problems.catch(path):
            parsed.append(kind.parse(item))
    problems.raise_if_any()
    return tuple(parsed)


def _aside(kind: ResourceKind) -> AbstractContextManager[None]:
    """Keep what a kind of another plugin prints out of our output."""
    is_own = type(kind).__module__.partition(".")[0] == __name__.partition(".")[0]
    return nullcontext() if is_own else stdout_to_stderr()


def pick_record(records: Mapping[str, Any], name: str, what: str) -> Any:
    """The record of that name; ``what`` it is, for messages. Raises PluginError with the nearest name."""
    record = records.get(name)
    if record is None:
        near = difflib.get_close_matches(name, records, n=1)
        known = ", ".join(sorted(records)) or "none"
        raise PluginError(
            f"There is no {what} {name!r}.", hint=f"Did you mean {near[0]!r}?" if near else f"Known: {known}."
        )
    return record
