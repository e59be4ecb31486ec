"""Waiting for what the server does after it has answered. The status decides, never Progress (protocol/tasks.md §3)."""

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

POLL_INTERVALS_S = (0.5, 1.0, 2.0, 3.0, 5.0)
"""Waits between polls; the last one is repeated. Each is spread by ±20 %."""

STUCK_AFTER_S = 600.0
"""A task that shows no change for this long is given up on."""

_JITTER = 0.2
_MAX_UNREADABLE_POLLS = 2
"""So many answers in a row that are no task may be bad luck; more are somebody else who answers."""

_TASK_PATH = re.compile(r"/api/task/[^/?#]+/?$")


def task_of_response(response: Response) -> Task | None:
    """The task that an answer started, or None when the call is over.

    From the body when it is a Task; else from the ``Tasks`` of the entity in it, of several the first that is not over;
    else from ``Location``, in which case nothing is known of it yet but where it is. Source: protocol/tasks.md §1.

    Raises DecodeError for an HTML page: somebody else has answered, and nobody knows what became of the request.
    """
    location = response.headers.get("Location", "").strip()
    if html_title(response.body):
        raise html_error(response.body, "the answer to the request", "a task")
    if response.body.strip() and "json" not in response.media_type:
        try:
            task = decode_task(response.body)
        except DecodeError:
            # A write may be answered with plain text; only Location can then name a task.
            task = None
        if task is not None:
            return task if task.href else replace(task, href=location)
    return Task(href=location, status="queued") if _TASK_PATH.search(location) else None


def read_task(session: Session, task: Task | str) -> Task:
    """The task as it stands now. Raises what :meth:`Session.call` raises, and DecodeError."""
    href = task if isinstance(task, str) else task.href
    current = decode_task(session.call("GET", href).body)
    if current is None:
        raise DecodeError("Not a task: the server sent another document under a task's link.")
    return current


def wait_for_task(
    session: Session, task: Task | None, *, timeout_s: float = STUCK_AFTER_S, total_s: float | None = None
) -> Task | None:
    """Wait until a task is over and return its last state; None goes in and out when there is nothing to wait for.

    ``timeout_s`` counts from the last change of anything in the task; ``total_s`` bounds the whole wait. Trouble with a
    single poll (5xx, a broken connection, half a document) says nothing of the task and is waited out.

    Raises: TaskFailedError on error, canceled and aborted; TaskTimeoutError; TaskError when the task is not to be seen
    any more; AuthenticationError and whatever else a poll may end in.
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
    """Ask the server to cancel. The task then ends as canceled, or all the same as success or error.

    Raises: InvalidRequestError when it cannot be cancelled, and what :meth:`Session.call` raises.
    """
    # Asking twice is asking once: a lost answer may be repeated.
    session.call("POST", f"{task.href.rstrip('/')}/action/cancel", repeatable=True)


def task_duration_s(task: Task) -> float | None:
    """Return the duration of a task by the server's own clock, where it reports one."""
    try:
        began, ended = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (task.start, task.end))
        return max(0.0, (ended - began).total_seconds()) or None
    except (ValueError, TypeError):
        return None


def _poll(session: Session, task: Task) -> Task | None:
    """The latest state, or None when this poll told nothing."""
    try:
        latest = read_task(session, task)
    except (TransportError, ServerError, BusyError) as exc:
        if not _is_transient(exc):
            raise
        _log.debug("a poll of %s told nothing: %s", task.operation_name or "a task", type(exc).__name__)
        return None
    except (NotFoundError, PermissionDeniedError) as exc:
        raise TaskError(
            f"{_task_of(task)} is not to be seen any more ({exc.status}).",
            task=task.as_dict(),
            hint="Look at the object itself to learn how it ended.",
        ) from exc
    # The link that works is kept: a server may leave its own out, or name another host in it.
    return replace(latest, href=task.href)


def _is_transient(exc: VcloudAirError) -> bool:
    """True for trouble with a poll that says nothing of the task; not for a link that leads to a foreign host."""
    if isinstance(exc, ApiError):
        return exc.status in (408, 429, 500, 502, 503, 504)
    return not isinstance(exc, UntrustedOriginError)


def notify_observers(session: Session, task: Task) -> None:
    """Let plugins know how a task is. What goes wrong there is logged and does no harm."""
    for observer in session.task_observers:
        try:
            observer(task)
        except Exception:  # noqa: BLE001 - an observer must never break what it observes
            _log.warning("An observer of tasks failed.", exc_info=True)


def _ended(session: Session, task: Task) -> Task:
    if task.is_successful:
        return task
    word = {"error": "failed", "canceled": "was canceled", "aborted": "was aborted"}[task.status.lower()]
    code = f" [{task.error_code}]" if task.error_code else ""
    why = f": {task.error_message}" if task.error_message else ""
    message = f"{_what(task)} {word}{code}{why}".rstrip(".") + "."
    secrets = session.settings.secrets()
    raise TaskFailedError(
        redact_text(message, secrets),
        task=redact_tree(task.as_dict(), secrets),
        hint="Look at the object before trying again: a task that failed half-way may have changed something.",
    )


def _too_long(task: Task, total_s: float, waited_s: float) -> TaskTimeoutError:
    return TaskTimeoutError(
        f"{_what(task)} is not over after {total_s:.0f} s; it has been {task.status or 'silent'!r} "
        f"without any change for {waited_s:.0f} s.",
        task=task.as_dict(),
        hint="It may still be running at the server. Wait longer, or look at the object.",
    )


def _task_of(task: Task) -> str:
    name = task.operation or task.operation_name
    return f"The task of {name}" if name else "The task"


def _what(task: Task) -> str:
    return task.operation or task.operation_name or "The task"
