"""Client of an org, with the services and resource kinds of plugins.

The engine is imported at first use, because clients that only read do not need it.
"""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import NotFoundError, PermissionDeniedError, PluginError, SpecError, VcloudAirError
from vcloudair_core.util.plugin_output import stdout_to_stderr

if TYPE_CHECKING:
    from vcloudair_core.engine.desired import Desired
    from vcloudair_core.engine.kind import ResourceKind, Store
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

_STATES = {"present": "Present", "absent": "Absent", "exact": "Exactly", "exact_lists": "ExactLists"}
"""Class of the desired state, by the name of the state."""


class Client:
    """Client of one org in a cloud.

    Use the client as a context manager, or call :meth:`close`.

    The client signs in before its first API call.
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

    # -- services and kinds --------------------------------------------------------------------------------------

    def service(self, name: str) -> Any:
        """Return a service by name. Each service is created once per client.

        The built-in services have attributes: :attr:`edges`, :attr:`query`, :attr:`metrics` and :attr:`dr`.

        Raises: PluginError if no plugin offers the service.
        """
        with self._lock:
            if name not in self._opened:
                with stdout_to_stderr():
                    self._opened[name] = pick_record(self._services, name, "service").factory(self.session)
            return self._opened[name]

    @property
    def edges(self) -> AnsService:
        """Service for edge gateways: names, tunnels and sections.

        Raises: PluginError if the plugin ``ans`` is not available.
        """
        edges: AnsService = self.service("ans")
        return edges

    @property
    def query(self) -> QueryService:
        """Service for queries of VMs, networks, tasks and other records.

        Raises: PluginError if the plugin ``query`` is not available.
        """
        query: QueryService = self.service("query")
        return query

    @property
    def metrics(self) -> MetricsService:
        """Service for VM metrics.

        Raises PluginError if the plugin ``metrics`` is not available.
        """
        metrics: MetricsService = self.service("metrics")
        return metrics

    @property
    def dr(self) -> RecoveryService:
        """Service for replications and DR actions.

        Raises: PluginError if the plugin ``dr`` is not available.
        """
        dr: RecoveryService = self.service("dr")
        return dr

    def kind(self, name: str) -> ResourceKind:
        """Return a resource kind by name, such as ``ans.firewall``.

        Raises: PluginError if no plugin offers the kind, or if the plugin returns an object that is not a resource
            kind.
        """
        from vcloudair_core.engine.kind import ResourceKind

        with self._lock:
            if name not in self._loaded:
                with stdout_to_stderr():
                    kind = pick_record(self._kinds, name, "resource kind").load()
                if not isinstance(kind, ResourceKind):
                    raise PluginError(
                        f"Resource kind {name!r} cannot be used. Its plugin returned a {type(kind).__name__!r} instead "
                        "of a ResourceKind.",
                        hint="Derive the class from vcloudair_core.plugins.ResourceKind.",
                    )
                self._loaded[name] = kind
            return self._loaded[name]

    @property
    def kind_names(self) -> list[str]:
        """Names of all resource kinds, sorted."""
        return sorted(self._kinds)

    # -- read and converge ---------------------------------------------------------------------------------------

    def read(self, kind: str, target: Mapping[str, Any] | None = None) -> Any:
        """Return the live state of a resource, in the format of :meth:`ensure` specs.

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
        """Converge a resource to the desired state. With ``check``, only plan the changes.

        Args:
            kind: The resource kind, such as ``ans.firewall``.
            specs: One or several mappings with the fields of the kind.
            state: ``present`` adds or changes the elements in the specs, and keeps other elements. ``absent`` removes
                the elements in the specs, and keeps other elements. ``exact`` adds or changes the elements in the
                specs, removes other elements, and resets omitted fields to their defaults. ``exact_lists`` removes
                other elements only from lists that the specs contain, and keeps omitted settings.
            target: The object that the kind acts on, such as ``{"edge": "web-edge"}``.
            check: Plan the changes, but do not write them.
            approve: A function that is called with every plan, after the plan policies and before the write. To reject
                a plan, it raises an error. It is not called in check mode.

        Raises: SpecError before anything is sent; PlanRejectedError before anything is written; AmbiguousMatchError,
        NotConvergedError, ConflictError and the errors of :meth:`read`.
        """
        from vcloudair_core.audit.trail import audited
        from vcloudair_core.engine.ensure import ensure, mark_unwritten
        from vcloudair_core.engine.lock import locker_of

        chosen = self.kind(kind)
        with mark_unwritten(check), _aside(chosen):
            listed = [specs] if isinstance(specs, Mapping) else list(specs)
            desired = self._desired(kind, listed, state)
            chosen.validate(desired)  # before opening the target, so that no request is sent for invalid input
            store = self._open(chosen, target)
            policy = self._policy if approve is None or check else _both(self._policy, approve)
            lock = locker_of(self.settings)
            with self._checking(check) as run:
                with audited(self.session, kind) as observer:
                    outcome = ensure(chosen, store, desired, check=check, policy=policy, lock=lock, observer=observer)
                    observer.outcome = outcome
                if run is not None and outcome.changed:
                    secrets = chosen.secret_names()
                    run.record(store.target_key, kind, state, listed, secrets)
            return outcome

    def join_check_run(self, run_id: str) -> None:
        """Plan later check-mode calls as if earlier calls of the run had been applied.

        Calls in different processes belong to the same run if they use the same ``run_id``. The planned changes are
        stored on this host for a day, without secrets. :meth:`read` and calls outside check mode ignore the planned
        changes.
        """
        from vcloudair_core.session.expected_changes import CheckRun

        self._check_run = CheckRun(self.settings, run_id)

    def forget_check_run(self, run_id: str) -> None:
        """Delete the recorded check-mode changes of a run. Call this before a real run."""
        from vcloudair_core.session.expected_changes import CheckRun

        CheckRun(self.settings, run_id).forget()

    def share_run(self, run_id: str) -> None:
        """Share identities of edge gateways with other clients of a run.

        Clients share them if their processes are forks of the same process, and if they have the same ``run_id``,
        settings and token. An identity is shared for a minute. The configuration is always read from the server.
        """
        from vcloudair_core.session.cache.run_cache import RunCache

        self.session.run_cache = RunCache(self.session, run_id)

    def forget_shared(self, error: VcloudAirError) -> bool:
        """Delete the shared identities that may have caused an error.

        Return True if a new client may succeed: the server did not find an object, nothing was written, and this client
        used a shared identity.
        """
        cache = self.session.run_cache
        is_possible = isinstance(error, (NotFoundError, PermissionDeniedError)) and not error.written
        return is_possible and cache is not None and cache.forget()

    @contextmanager
    def _checking(self, check: bool) -> Iterator[CheckRun | None]:
        """In the ``with`` block, plan as if earlier check-mode calls had been applied.

        Yields None outside check mode, and if no check-mode run was joined.
        """
        run = self._check_run if check else None
        self.session.check_run = run
        try:
            yield run
        finally:
            self.session.check_run = None

    def _desired(self, kind: str, specs: Mapping[str, Any] | Iterable[Mapping[str, Any]], state: str) -> Desired:
        from vcloudair_core.engine import desired

        name = _STATES.get(state)
        if name is None:
            raise SpecError("state", f"{state!r} is not one of {', '.join(_STATES)}")
        desired_type: Callable[[tuple[Any, ...]], Desired] = getattr(desired, name)
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
        """Plan a change on top of earlier staged changes, and stage the change.

        Processes of this user on this host share the staged changes of a ``stage_id``. For the other arguments, see
        :meth:`ensure`. The outcome describes only this change. It does not include earlier staged changes.

        Raises: StageError if the kind cannot be staged or the stage cannot be saved, and the errors that :meth:`ensure`
        raises before a write.
        """
        from vcloudair_core.staging.service import StagedChange, specs_of

        listed = specs_of(specs)
        change = StagedChange(kind, state, listed, dict(target or {}), self._desired(kind, listed, state))
        with self._checking(check):
            return self._staging().add(change, stage_id, check=check)

    def commit_stage(
        self, stage_id: str, *, target: Mapping[str, Any] | None = None, check: bool = False
    ) -> list[Outcome]:
        """Write the staged changes of a stage, and return an outcome per section.

        If ``target`` is set, write only the changes of this target.

        The list is empty if nothing is staged. After an error, unwritten changes stay staged.

        Raises: StageError, and the errors of :meth:`ensure`.
        """
        with self._checking(check):
            return self._staging().commit(stage_id, target, check=check)

    def stages(self) -> list[StagedChanges]:
        """Return the uncommitted stages of this user on this host, oldest first."""
        return self._staging().list()

    def discard_stage(self, stage_id: str) -> bool:
        """Discard the changes of a stage. Return True if the stage existed.

        Raises: ConfigurationError for an invalid ``stage_id``; StageError if a commit in progress takes too long.
        """
        return self._staging().discard(stage_id)

    def _staging(self) -> Staging:
        from vcloudair_core.staging.service import Staging

        return Staging(self.session, self.kind, self._desired, self._policy)

    def _open(self, kind: ResourceKind, target: Mapping[str, Any] | None) -> Store:
        from vcloudair_core.engine.kind import Store

        store = kind.open(self.session, dict(target or {}))
        if not isinstance(store, Store):
            raise PluginError(
                f"Resource kind {kind.name!r} cannot be used. It opened a {type(store).__name__!r} instead of a Store.",
                hint="Derive the class from vcloudair_core.plugins.Store.",
            )
        return store

    # -- closing -------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Log out unless the session is cached, and close all connections."""
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
    from vcloudair_core.engine.validation import Problems, item_paths, kind_of

    items: Sequence[Any] = [specs] if isinstance(specs, Mapping) else list(specs)
    problems = Problems()
    parsed: list[Any] = []
    for position, (item, path) in enumerate(zip(items, item_paths(len(items)), strict=True)):
        if not isinstance(item, Mapping):
            problems.add(f"[{position}]", f"a mapping was expected, not {kind_of(item)}")
            continue
        with problems.catch(path):
            parsed.append(kind.parse(item))
    problems.raise_if_any()
    return tuple(parsed)


def _aside(kind: ResourceKind) -> AbstractContextManager[None]:
    """Redirect standard output to standard error while the code of a plugin runs.

    Built-in kinds are not redirected.
    """
    is_own = type(kind).__module__.partition(".")[0] == __name__.partition(".")[0]
    return nullcontext() if is_own else stdout_to_stderr()


def pick_record(records: Mapping[str, Any], name: str, what: str) -> Any:
    """Return a record by name.

    ``what`` is the type of record for error messages, such as ``service``.

    Raises: PluginError with the closest name if no record has this name.
    """
    record = records.get(name)
    if record is None:
        near = difflib.get_close_matches(name, records, n=1)
        names = ", ".join(sorted(records)) or "none"
        raise PluginError(
            f"Unknown {what}: {name!r}.", hint=f"Did you mean {near[0]!r}?" if near else f"Use one of: {names}."
        )
    return record
