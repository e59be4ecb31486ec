"""Record the writes of a session, and pass the records to plugins."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vcloudair_core.audit.log_file import LogFile, known_folder
from vcloudair_core.audit.record import (
    CHANGED,
    END,
    FAILED,
    UNCHANGED,
    UNKNOWN,
    error_of,
    new_record,
    now_utc,
    plan_of,
    target_of,
    without_secrets,
)
from vcloudair_core.engine.ensure.failures import may_have_executed
from vcloudair_core.engine.ensure.observer import WriteObserver
from vcloudair_core.engine.plan import Plan
from vcloudair_core.errors import UNKNOWN as WRITTEN_UNKNOWN
from vcloudair_core.errors import VcloudAirError
from vcloudair_core.session.request_ids import collect_request_ids

if TYPE_CHECKING:
    from vcloudair_core.engine.kind import Document, Store
    from vcloudair_core.engine.outcome import Outcome
    from vcloudair_core.session.session import Session

_log = logging.getLogger(__name__)


class AuditTrail:
    """The audit log of one session. Sends no request."""

    def __init__(self, session: Session) -> None:
        self.session = session
        folder, reason = known_folder(session.settings)
        self._file = LogFile(folder)
        self._is_on = bool(session.settings.audit_log)
        self._lock = threading.Lock()
        if self._is_on and reason:
            self._file.warn(reason)

    def start(self, kind: str, target: str, **more: Any) -> dict[str, Any]:
        """Record the start of a write, and return the record, which :meth:`end` completes."""
        record = new_record(self.session, kind, target, **more)
        self._write(record)
        return record

    def end(self, record: dict[str, Any], **more: Any) -> None:
        """Record the end of a write, and pass the record to plugins."""
        wall = self.session.clock.wall()
        record.update(more, event=END, time=now_utc(wall))
        shown = self._write(record)
        for observer in self.session.write_observers if shown is not None else ():
            try:
                observer(dict(shown or {}))
            except Exception:  # noqa: BLE001 - an observer must never break what it observes
                _log.warning("Calling an observer of writes failed.", exc_info=True)

    def _write(self, record: Mapping[str, Any]) -> dict[str, Any] | None:
        """Write a record, and return it without secrets.

        Return None after an unexpected error.
        """
        try:
            shown = without_secrets(record, self.session)
            if self._is_on:
                with self._lock:
                    self._file.append(shown)
        except Exception as exc:  # noqa: BLE001 - an audit record must never stop a change
            self._file.warn(f"{type(exc).__name__}: {exc}")
            return None
        return shown


class AuditedWrite(WriteObserver):
    """Observer that records the writes of one ``ensure`` call.

    Attributes:
        outcome: The result of the ``ensure`` call. The caller sets it after the call.
    """

    def __init__(self, session: Session, kind: str) -> None:
        self.outcome: Outcome | None = None
        self._session = session
        self._kind = kind
        self._record: dict[str, Any] | None = None
        self._began = 0.0
        self._written: bool | str = False
        self._has_lost = False

    def writing(self, store: Store, plan: Plan) -> None:
        """Record the start of the first write, and count the writes.

        The record contains the plan of the last write that started before anything was changed.
        """
        with never_failing(store.target):
            if self._record is None:
                self._began = self._session.clock.now()
                names = {**_described(store, plan), **self._plan(plan)}
                self._record = trail_of(self._session).start(self._kind, store.target, **names)
            elif not self._written:
                self._record.update(self._plan(plan))
            self._record["writes"] += 1
        self._written = self._written or WRITTEN_UNKNOWN

    def wrote(self, written: bool | str, failure: VcloudAirError | None) -> None:
        """Store the result of a write until :meth:`close` records it."""
        self._written = written
        self._has_lost |= failure is not None and may_have_executed(failure)

    def commit(self, store: Store, document: Document) -> None:
        """Write a document without a plan.

        Programs for vcloudair 0.5 change a section in place, so there is no plan.

        Raises: the errors of :meth:`Store.commit`.
        """
        self.writing(store, Plan(self._kind, target=store.target))
        try:
            store.commit(document, document)
        except VcloudAirError as exc:
            is_lost = may_have_executed(exc)
            self.wrote(exc.written or (WRITTEN_UNKNOWN if is_lost else False), exc)
            raise
        self.wrote(True, None)

    def close(self, request_ids: list[str], error: BaseException | None) -> None:
        """Record the end of the writes, if there were any."""
        if self._record is None:
            return
        written = self._written
        if isinstance(error, VcloudAirError) and error.written is not None:
            written = error.written or written
        elif error is None and self.outcome is not None:
            written = self.outcome.changed
        lost = ""
        if self._has_lost or written == WRITTEN_UNKNOWN:
            lost = "unresolved" if written == WRITTEN_UNKNOWN else "resolved"
        with never_failing(str(self._record["target"])):
            trail_of(self._session).end(
                self._record,
                result=_result(written, error),
                written=written,
                lost_response=lost,
                request_ids=list(request_ids),
                seconds=round(self._session.clock.now() - self._began, 3),
                error=error_of(error),
            )

    def _plan(self, plan: Plan) -> dict[str, Any]:
        if plan.is_empty:  # a program writes a whole section, so the changes are not known
            return {"summary": "whole section", "changes": [], "changes_omitted": 0}
        try:
            return plan_of(plan, self._session)
        except Exception as exc:  # noqa: BLE001 - a plan of a plugin must not stop the write
            _log.warning("Recording the plan of %s failed. %s: %s", plan.target, type(exc).__name__, exc)
            return {"summary": "", "changes": [], "changes_omitted": len(plan.changes)}


@contextmanager
def never_failing(target: str) -> Iterator[None]:
    """Log errors of the ``with`` block as warnings.

    A mistake in the audit log must never stop a change.
    """
    try:
        yield
    except Exception as exc:  # noqa: BLE001 - see above
        _log.warning("Recording the write of %s failed. %s: %s", target, type(exc).__name__, exc)


@contextmanager
def audited(session: Session, kind: str) -> Iterator[AuditedWrite]:
    """Record the writes of the ``with`` block.

    The block passes the yielded observer to the engine. If nothing is written in the block, nothing is recorded.
    """
    observer = AuditedWrite(session, kind)
    with collect_request_ids() as request_ids:
        try:
            yield observer
        except BaseException as exc:
            observer.close(request_ids, exc)
            raise
        observer.close(request_ids, None)


def _described(store: Store, plan: Plan) -> dict[str, str]:
    """Return the names of the write's target, or ``{}`` if a plugin's store fails."""
    try:
        return target_of(store)
    except Exception as exc:  # noqa: BLE001 - a store of a plugin must not stop the write
        _log.debug("Reading the names of %s failed. %s", plan.target, type(exc).__name__)
        return {}


def _result(written: bool | str, error: BaseException | None) -> str:
    if written == WRITTEN_UNKNOWN:
        return UNKNOWN
    if error is not None:
        return FAILED
    return CHANGED if written else UNCHANGED


class _Trails:
    """Session state that holds the audit trail of the session."""

    def __init__(self) -> None:
        self.trail: AuditTrail | None = None


def trail_of(session: Session) -> AuditTrail:
    """Return the audit trail of a session. It is created once."""
    state = session.state_of(_Trails)
    if state.trail is None:
        state.trail = AuditTrail(session)
    return state.trail
