"""Every error that this library raises on purpose, in one tree.

::

    VcloudAirError(message, hint)
      ConfigurationError                     a setting is missing, contradictory or unreadable
      SpecError(field, reason, problems)     desired state that can never be right; raised before anything is written
      PluginError(plugin)                    a plugin is broken, doubled, or asks for what is not there
      TransportError(may_have_executed)      no answer arrived
        ConnectionFailedError · TimeoutExpiredError · TlsError
      ApiError(status, code, request_id, method, path)   the server answered, and said no
        InvalidRequestError · AuthenticationError · PermissionDeniedError · NotFoundError · ConflictError · BusyError
        ServerError
      DecodeError(excerpt)                   an answer that is not what the protocol says
      IncompleteResultError                  a result of many pages that changed while it was read
      TaskError(task)
        TaskFailedError · TaskTimeoutError · OutcomeUnknownError
      EngineError
        AmbiguousMatchError(candidates) · PlanRejectedError(reason, plugin) · NotConvergedError(residual)
        LockTimeoutError · StageError

Catch :class:`VcloudAirError` to catch them all. ``str(error)`` is one or two sentences for a person, without secrets:
what failed, on what, and (after the message) what to do next. ``as_dict()`` is the same for a program.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

NOT_UNDERSTOOD = (
    "Try again; if it stays, something between here and the server spoils its answers, or url is not that of the API."
)
"""The hint for a response of which nothing better can be said."""


_ENDED = re.compile(r"[.!?…:][\"'”)]*(?: \([^()]*\))?\Z")
"""The end of a sentence, with closing quotes and a remark such as a request id behind it."""


def sentences(*parts: str) -> str:
    """Join texts, each closed with a full stop before the next one; empty and repeated ones are left out."""
    joined = ""
    for text in (text.strip() for text in parts):
        if not joined:
            joined = text
        elif text and not joined.endswith(text):
            joined = f"{joined if _ENDED.search(joined) else f'{joined}.'} {text}"
    return joined


UNKNOWN = "unknown"
"""The state of a write whose response was lost."""


class VcloudAirError(RuntimeError):
    """The root of the tree.

    ``message`` says what failed and on what; ``hint`` (may be empty) says what to do next. A RuntimeError, so that the
    ``except RuntimeError`` of a program for vcloudair 0.5 catches it.

    ``written`` tells how far work that writes got: True when something was written, False when nothing was,
    :data:`UNKNOWN` when nobody can tell from here. It is None for work that does not write.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.context = ""
        self.written: bool | str | None = None

    def add_context(self, text: str) -> None:
        """Add what was under way and how far it got: a sentence, shown between message and hint."""
        self.context = sentences(self.context, text)

    @property
    def explanation(self) -> str:
        """The text without the hint: what failed, and how far it got."""
        return sentences(self.message, self.context)

    def __str__(self) -> str:
        return sentences(self.explanation, self.hint)

    def details(self) -> dict[str, Any]:
        """The fields that a subclass adds. Shape: JSON types only, no secrets."""
        return {}

    def as_dict(self) -> dict[str, Any]:
        """Shape: ``{"error": class name, "message": str, "hint": str, "context": str, ...details()}``.

        Empty details and an empty context are left out.
        """
        known = {"error": type(self).__name__, "message": self.message, "hint": self.hint}
        more = {"context": self.context, **self.details()}
        shown = known | {key: value for key, value in more.items() if value not in (None, "", [], {})}
        return shown if self.written is None else shown | {"written": self.written}

    @property
    def written_text(self) -> str:
        """A sentence that says whether something was written; empty for work that does not write."""
        if self.written == UNKNOWN:
            return "The write may have happened. Run it again in check mode (`vca edge plan`) to see what is there now."
        return "" if self.written is None else f"{'Something' if self.written else 'Nothing'} was written."


class ConfigurationError(VcloudAirError):
    """A setting is missing, contradicts another, or cannot be read."""


@dataclass(frozen=True)
class SpecProblem:
    """A problem of one option of a desired state.

    Attributes:
        path: The path of the option in the input: ``firewall.rules[3].destination_port``; empty for the whole input.
        reason: A clause that completes the path: ``is required``.
        hint: A sentence with the way out; may be empty.
        file: The name of the file that holds the input; empty when it is not a file.
        line: The line of the option in a document, counted from 1; 0 when it is not known.
    """

    path: str
    reason: str
    hint: str = ""
    file: str = ""
    line: int = 0

    @property
    def place(self) -> str:
        """The path with file and line, as far as they are known: ``edge.yml:14: firewall.rules[3]``."""
        where = f"{self.file}:{self.line}" if self.file else f"line {self.line}"
        return ": ".join(text for text in (where if self.line else "", self.path) if text)

    def below(self, path: str) -> SpecProblem:
        """Return the problem with its path below another one."""
        return replace(self, path=path + self.path if self.path[:1] in ("", "[") else f"{path}.{self.path}".lstrip("."))

    def as_dict(self) -> dict[str, Any]:
        """Shape: ``{"path", "reason"}`` and, if known, ``hint``, ``file`` and ``line``."""
        more = {"hint": self.hint, "file": self.file, "line": self.line}
        return {"path": self.path, "reason": self.reason} | {name: value for name, value in more.items() if value}

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.place else self.reason


MOST_SHOWN, MOST_SHOWN_OF_FILES = 11, 100
"""So many problems are in a message. ``problems`` has them all."""


class SpecError(VcloudAirError):
    """Desired state that can never be right. Raised before anything is written.

    Attributes:
        problems: All problems of the input.
        field: The place of the first problem: its path, after file and line where the input is a file.
        reason: The reason of the first problem.
    """

    def __init__(self, field: str, reason: str, *, hint: str = "", problems: Sequence[SpecProblem] = ()) -> None:
        """Make the error of one problem. For several, see :meth:`of`."""
        self.problems = tuple(problems) or (SpecProblem(field, reason, hint),)
        self.field = field
        self.reason = reason
        hints = dict.fromkeys(problem.hint for problem in self.problems)
        super().__init__(_list_problems(self.problems), hint=sentences(*hints))

    @classmethod
    def of(cls, problems: Sequence[SpecProblem]) -> SpecError:
        """Return the error of one or more problems, in their order."""
        return cls(problems[0].place, problems[0].reason, problems=problems)

    def within(self, path: str) -> SpecError:
        """Return the same error with the path of every problem below ``path``."""
        return SpecError.of([problem.below(path) for problem in self.problems])

    def details(self) -> dict[str, Any]:
        return {
            "field": self.field,
            "reason": self.reason,
            "problems": [problem.as_dict() for problem in self.problems],
        }


def _list_problems(problems: Sequence[SpecProblem]) -> str:
    """Return problems of values on one line, and problems of documents on a line each, as compilers do."""
    is_document = any(problem.line for problem in problems)
    limit = MOST_SHOWN_OF_FILES if is_document else MOST_SHOWN
    shown = [str(problem) for problem in problems[:limit]]
    if len(problems) > limit:
        shown.append(f"and {len(problems) - limit} more")
    return ("\n" if is_document else "; ").join(shown)


class PluginError(VcloudAirError):
    """A plugin is broken, registered twice, or a name was asked for that no plugin offers."""

    def __init__(self, message: str, *, plugin: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.plugin = plugin

    def details(self) -> dict[str, Any]:
        return {"plugin": self.plugin}


class TransportError(VcloudAirError):
    """No answer arrived.

    ``may_have_executed`` is true when the request could have reached the server: a write must then be resolved by
    reading, never by blindly sending it again.
    """

    def __init__(self, message: str, *, may_have_executed: bool = False, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.may_have_executed = may_have_executed

    def details(self) -> dict[str, Any]:
        return {"may_have_executed": self.may_have_executed}


class ConnectionFailedError(TransportError):
    """No connection could be made, or it broke before the whole answer was here."""


class TimeoutExpiredError(TransportError):
    """The server took longer than the connect or read time-out."""


class TlsError(TransportError):
    """The server's certificate could not be verified, or TLS could not be agreed on. Nothing was sent."""


class ApiError(VcloudAirError):
    """The server answered with an error.

    ``status`` is the HTTP status (0 if unknown), ``code`` the server's own code (``BUSY_ENTITY``, ``12001``, or empty),
    ``request_id`` the server's id of the request (give it to the provider's support), ``method`` and ``path`` the call.
    ``vendor_code`` is the code of an extension, such as ``OngoingFailover``. ``is_from_gateway`` is true when the body
    is a page or text of something in front of the API, which may have forwarded the request before it answered.
    """

    vendor_code: str = ""
    is_from_gateway: bool = False

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: str = "",
        request_id: str = "",
        method: str = "",
        path: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code
        self.request_id = request_id
        self.method = method
        self.path = path

    @property
    def explanation(self) -> str:
        """The text of every error, with the id of the request."""
        text = super().explanation
        return f"{text} (request id {self.request_id})" if self.request_id else text

    def details(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "code": self.code,
            "request_id": self.request_id,
            "method": self.method,
            "path": self.path,
        }


class InvalidRequestError(ApiError):
    """400, 405, 406, 415, 422: the server refused the request as it stands. Sending it again will not help."""


class AuthenticationError(ApiError):
    """401, or a sign-in that was refused: wrong user, password, org or an expired token."""


class PermissionDeniedError(ApiError):
    """403: the session lacks a right, or the object does not exist (the server does not tell which)."""


class NotFoundError(ApiError):
    """404, or an object that was looked up by name and is not there."""


class ConflictError(ApiError):
    """409: somebody else changed the object since it was read."""


class BusyError(ApiError):
    """The object is locked by another operation, or the server asks to slow down (429, ``BUSY_ENTITY``, 503)."""


class ServerError(ApiError):
    """5xx: the server failed."""


class DecodeError(VcloudAirError):
    """An answer that is not what the protocol says: HTML in place of XML, half a document, a missing element."""

    def __init__(self, message: str, *, excerpt: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint or NOT_UNDERSTOOD)
        self.excerpt = excerpt

    def details(self) -> dict[str, Any]:
        return {"excerpt": self.excerpt}


class IncompleteResultError(VcloudAirError):
    """A result of many pages that changed while it was read. Nothing of it is given out as if it were whole."""


class TaskError(VcloudAirError):
    """An asynchronous task did not end in success. ``task`` is its last known state as a mapping."""

    def __init__(self, message: str, *, task: Mapping[str, Any] | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.task = dict(task or {})

    def details(self) -> dict[str, Any]:
        return {"task": self.task}


class TaskFailedError(TaskError):
    """The task ended as error, canceled or aborted."""


class TaskTimeoutError(TaskError):
    """The task did not end in the time that it was given. It may still be running."""


class OutcomeUnknownError(TaskError):
    """An action may or may not have been started. It is not started again before somebody decides."""


class EngineError(VcloudAirError):
    """Desired and actual state could not be brought together."""


class AmbiguousMatchError(EngineError):
    """More than one object answers to the identity that was given. ``candidates`` tells them apart."""

    def __init__(self, message: str, *, candidates: Sequence[Mapping[str, Any]] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.candidates = [dict(candidate) for candidate in candidates]

    def details(self) -> dict[str, Any]:
        return {"candidates": self.candidates}


class PlanRejectedError(EngineError):
    """A plan policy rejected the plan. Nothing was changed."""

    def __init__(self, reason: str, *, plugin: str = "", hint: str = "") -> None:
        super().__init__(f"The plan was rejected by {plugin}: {reason}" if plugin else reason, hint=hint)
        self.reason = reason
        self.plugin = plugin

    def details(self) -> dict[str, Any]:
        return {"reason": self.reason, "plugin": self.plugin}


class NotConvergedError(EngineError):
    """After the write the server's state still differs from the desired one. ``residual`` lists what is left."""

    def __init__(self, message: str, *, residual: Sequence[Mapping[str, Any]] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.residual = [dict(change) for change in residual]

    def details(self) -> dict[str, Any]:
        return {"residual": self.residual}


class LockTimeoutError(EngineError):
    """Another process on this machine has been writing to the same thing for too long. Nothing was sent."""


class StageError(EngineError):
    """A stage cannot be read, kept or used. Nothing of it was written."""
