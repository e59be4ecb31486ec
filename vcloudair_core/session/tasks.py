"""Read, poll and cancel asynchronous server tasks.

The status determines the result of a task. Progress is ignored. Source: protocol/tasks.md §3.
"""

from __future__ import annotations

import logging
import random
import re
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from vcloudair_core.errors import (
    ApiError,
    BusyError,
    DecodeError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
    TaskError,
    TaskFailedError,
    TaskTimeoutError,
    TransportError,
    VcloudAirError,
)
from vcloudair_core.session.origins import UntrustedOriginError
from vcloudair_core.session.task_codec import Task, decode_task
from vcloudair_core.util.redaction import redact_text, redact_tree
from vcloudair_core.util.xml import html_error, html_title

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session
    from vcloudair_core.transport.messages import Response

__all__ = [
    "Task",
    "cancel_task",
    "notify_observers",
    "read_task",
    "task_duration_s",
    "task_of_response",
    "wait_for_task",
]

_log = logging.getLogger(__name__)

POLL_INTERVALS_S: tuple[float, ...] = (0.1, 0.4, 1.0, 2.0, 3.0, 5.0)
"""Waits between polls in seconds, with ±20 % jitter. The last value is repeated.

The first poll finds short tasks done. The other polls are at the times that suit long tasks.
"""

STUCK_AFTER_S = 600.0
"""Default timeout in seconds for a task that does not change."""

_JITTER = 0.2
_MAX_UNREADABLE_POLLS = 2
"""Maximum number of consecutive polls that return an unreadable document."""

_TASK_PATH = re.compile(r"/api/task/[^/?#]+/?$")


def task_of_response(response: Response) -> Task | None:
    """Return the task that a request started, or None if the request is complete.

    The body can be a ``Task`` or an entity. The first unfinished task of an entity is returned. If the body has no
    task, the ``Location`` header is used. In this case, only ``href`` is known. Source: protocol/tasks.md §1.

    Raises: DecodeError for an HTML page, because the page does not show the result of the request.
    """
    location = response.headers.get("Location", "").strip()
    if html_title(response.body):
        raise html_error(response.body, "the response to the request", "a task")
    if response.body.strip() and "json" not in response.media_type:
        try:
            task = decode_task(response.body)
        except DecodeError:
            # The response to a write can be plain text. In that case, only Location can name a task.
            task = None
        if task is not None:
            return task if task.href else replace(task, href=location)
    return Task(href=location, status="queued") if _TASK_PATH.search(location) else None


def read_task(session: Session, task: Task | str) -> Task:
    """Read the current state of a task.

    Raises DecodeError and the errors of :meth:`Session.call`.
    """
    href = task if isinstance(task, str) else task.href
    current = decode_task(session.call("GET", href).body)
    if current is None:
        raise DecodeError("Reading the task failed. The server sent a document without a task.")
    return current


def wait_for_task(
    session: Session, task: Task | None, *, timeout_s: float = STUCK_AFTER_S, total_s: float | None = None
) -> Task | None:
    """Wait until a task succeeds, and return its last state.

    If ``task`` is None, return None.

    ``timeout_s`` limits the time without a change of the task. ``total_s`` limits the whole wait. Both are in seconds.
    A poll is repeated if it fails with 5xx, a broken connection or an unreadable document.

    Raises: TaskFailedError if the final status is error, canceled or aborted; TaskTimeoutError if a limit is reached;
    TaskError if the task can no longer be read; AuthenticationError and other errors of a poll.
    """
    if task is None:
        return None
    clock = session.clock
    started = changed_at = clock.now()
    polls = damaged = 0
    while True:
        if polls or not task.is_finished:
            notify_observers(session, task)
        if task.is_finished:
            return _ended(session, task)
        waited = clock.now() - changed_at
        if waited >= timeout_s or (total_s is not None and clock.now() - started >= total_s):
            raise _too_long(task, clock.now() - started, waited)
        interval = POLL_INTERVALS_S[min(polls, len(POLL_INTERVALS_S) - 1)]
        clock.sleep(interval * random.uniform(1 - _JITTER, 1 + _JITTER))  # noqa: S311 - spreads load, guards nothing
        polls += 1
        try:
            latest = _poll(session, task)
            damaged = 0
        except DecodeError:
            damaged += 1
            if damaged > _MAX_UNREADABLE_POLLS:
                raise
            latest = None
        if latest is not None and latest != task:
            changed_at = clock.now()
            task = latest


def cancel_task(session: Session, task: Task) -> None:
    """Request the cancellation of a task.

    The task can still end with success or an error.

    Raises: InvalidRequestError if the task cannot be canceled, and the errors of :meth:`Session.call`.
    """
    # Repeating a cancellation has no further effect, so it can be retried.
    session.call("POST", f"{task.href.rstrip('/')}/action/cancel", repeatable=True)


def task_duration_s(task: Task) -> float | None:
    """Return a task's duration in seconds by server time, or None if it is unknown."""
    try:
        began, ended = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (task.start, task.end))
        return max(0.0, (ended - began).total_seconds()) or None
    except (ValueError, TypeError):
        return None


def _poll(session: Session, task: Task) -> Task | None:
    """Return the latest state of a task, or None if the poll failed temporarily."""
    try:
        latest = read_task(session, task)
    except (TransportError, ServerError, BusyError) as exc:
        if not _is_transient(exc):
            raise
        _log.debug("Polling %s failed and is repeated: %s", task.operation_name or "a task", type(exc).__name__)
        return None
    except (NotFoundError, PermissionDeniedError) as exc:
        raise TaskError(
            f"{_task_of(task)} can no longer be read ({exc.status}).",
            task=task.as_dict(),
            hint="Check the state of the object to see the result.",
        ) from exc
    # Keep the working link, because the server can omit the link or use another host in it.
    return replace(latest, href=task.href)


def _is_transient(exc: VcloudAirError) -> bool:
    """Return True if a failed poll can be repeated.

    A poll of a link to an untrusted origin cannot be repeated.
    """
    if isinstance(exc, ApiError):
        return exc.status in (408, 429, 500, 502, 503, 504)
    return not isinstance(exc, UntrustedOriginError)


def notify_observers(session: Session, task: Task) -> None:
    """Call the task observers of plugins. Log their errors and continue."""
    for observer in session.task_observers:
        try:
            observer(task)
        except Exception:  # noqa: BLE001 - an observer must never break what it observes
            _log.warning("Calling a task observer failed.", exc_info=True)


def _ended(session: Session, task: Task) -> Task:
    if task.is_successful:
        return task
    word = {"error": "failed", "canceled": "was canceled", "aborted": "was aborted"}[task.status.lower()]
    code = f" [{task.error_code}]" if task.error_code else ""
    reason = f": {task.error_message}" if task.error_message else ""
    message = f"{_label(task)} {word}{code}{reason}".rstrip(".") + "."
    secrets = session.settings.secrets()
    raise TaskFailedError(
        redact_text(message, secrets),
        task=redact_tree(task.as_dict(), secrets),
        hint="Check the object before you try again. A failed task can leave partial changes.",
    )


def _too_long(task: Task, total_s: float, waited_s: float) -> TaskTimeoutError:
    return TaskTimeoutError(
        f"{_label(task)} did not finish within {total_s:.0f} s. Its status is {task.status or 'unknown'!r}, "
        f"without a change for {waited_s:.0f} s.",
        task=task.as_dict(),
        hint="Wait longer, or check the object. The task may still be running.",
    )


def _task_of(task: Task) -> str:
    name = task.operation or task.operation_name
    return f"The task of {name}" if name else "The task"


def _label(task: Task) -> str:
    return task.operation or task.operation_name or "The task"
