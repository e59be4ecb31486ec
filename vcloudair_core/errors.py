"""Exception classes of this library.

::

    VcloudAirError(message, hint)
      ConfigurationError                     a setting is missing, invalid or unreadable
      SpecError(field, reason, problems)     the desired state is invalid; raised before anything is written
      PluginError(plugin)                    a plugin is broken, registered twice or missing
      TransportError(may_have_executed)      no response arrived
        ConnectionFailedError · TimeoutExpiredError · TlsError
      ApiError(status, code, request_id, method, path)   the server returned an error
        InvalidRequestError · AuthenticationError · PermissionDeniedError · NotFoundError · ConflictError · BusyError
        ServerError
      DecodeError(excerpt)                   the response does not follow the protocol
      IncompleteResultError                  the result changed while its pages were read
      TaskError(task)
        TaskFailedError · TaskTimeoutError · OutcomeUnknownError
      EngineError
        AmbiguousMatchError(candidates) · PlanRejectedError(reason, plugin) · NotConvergedError(residual)
        LockTimeoutError · StageError · ObjectInUseError(uses)

:class:`VcloudAirError` is the base class of all these errors. ``str(error)`` is a text without secrets. The text says
what failed, names the object and the reason, and ends with a hint. ``as_dict()`` returns the same information as a
mapping.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

NOT_UNDERSTOOD = (
    "Try again. If the error persists, check that url is the address of the API, and check the proxy if you use one."
)
"""The default hint for a response that cannot be decoded."""


_ENDED = re.compile(r"[.!?…:][\"'”)]*(?: \([^()]*\))?\Z")
"""Pattern for the end of a sentence, with optional closing quotes and parentheses."""


def sentences(*parts: str) -> str:
    """Join texts as sentences, adding missing periods.

    Empty and repeated texts are skipped.
    """
    joined = ""
    for text in (text.strip() for text in parts):
        if not joined:
            joined = text
        elif text and not joined.endswith(text):
            joined = f"{joined if _ENDED.search(joined) else f'{joined}.'} {text}"
    return joined


UNKNOWN = "unknown"
"""Value of ``written`` if the response to a write was lost."""


class VcloudAirError(RuntimeError):
    """Base class of all errors of this library.

    ``message`` states what failed and why. ``hint`` states what to do next, and can be empty. The class is a subclass
    of RuntimeError, so that ``except RuntimeError`` in programs for vcloudair 0.5 catches the errors.

    ``written`` is True if the operation changed something, and False if nothing was changed. It is :data:`UNKNOWN` if
    the response to a write was lost, and None for operations that do not write.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.context = ""
        self.written: bool | str | None = None

    def add_context(self, text: str) -> None:
        """Add a sentence about the progress, shown between message and hint."""
        self.context = sentences(self.context, text)

    @property
    def explanation(self) -> str:
        """Message and context, without the hint."""
        return sentences(self.message, self.context)

    def __str__(self) -> str:
        return sentences(self.explanation, self.hint)

    def details(self) -> dict[str, Any]:
        """Return the additional fields of a subclass as JSON values, without secrets."""
        return {}

    def as_dict(self) -> dict[str, Any]:
        """Return the error as JSON values. Empty details and an empty context are omitted.

        Format: ``{"error": class name, "message": str, "hint": str, "context": str, "written": ..., ...details()}``.
        """
        known = {"error": type(self).__name__, "message": self.message, "hint": self.hint}
        more = {"context": self.context, **self.details()}
        shown = known | {key: value for key, value in more.items() if value not in (None, "", [], {})}
        return shown if self.written is None else shown | {"written": self.written}

    @property
    def written_text(self) -> str:
        """Sentence that describes ``written``.

        The sentence is empty for operations that do not write.
        """
        if self.written == UNKNOWN:
            return (
                "The write may have succeeded. To see the current state, run the command or task in check mode "
                "(`vca edge plan`)."
            )
        return "" if self.written is None else f"{'Something' if self.written else 'Nothing'} was written."


class ConfigurationError(VcloudAirError):
    """A setting is missing, invalid or unreadable, or conflicts with another setting."""


@dataclass(frozen=True)
class SpecProblem:
    """A problem with one option of the desired state.

    Attributes:
        path: The path of the option in the input, such as ``firewall.rules[3].destination_port``. It is empty for a
            problem with the whole input.
        reason: The text after the path and a colon, without a final period. In the message
            ``rules[3].action: is required``, the reason is ``is required``.
        hint: A sentence about the solution, which can be empty.
        file: The name of the input file. It is empty if the input is not a file.
        line: The line of the option in the file, counted from 1. It is 0 if unknown.
    """

    path: str
    reason: str
    hint: str = ""
    file: str = ""
    line: int = 0

    @property
    def place(self) -> str:
        """File, line and path of the option, such as ``edge.yml:14: firewall.rules[3]``.

        The file and line are omitted if unknown.
        """
        where = f"{self.file}:{self.line}" if self.file else f"line {self.line}"
        return ": ".join(text for text in (where if self.line else "", self.path) if text)

    def below(self, path: str) -> SpecProblem:
        """Return a copy with ``path`` as the prefix of the problem's path."""
        return replace(self, path=path + self.path if self.path[:1] in ("", "[") else f"{path}.{self.path}".lstrip("."))

    def as_dict(self) -> dict[str, Any]:
        """Return ``path``, ``reason`` and, if known, ``hint``, ``file`` and ``line``."""
        more = {"hint": self.hint, "file": self.file, "line": self.line}
        return {"path": self.path, "reason": self.reason} | {name: value for name, value in more.items() if value}

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.place else self.reason


MAX_SHOWN, MAX_SHOWN_IN_DOCUMENTS = 11, 100
"""Maximum number of problems in a message about a spec, and about a document."""


class SpecError(VcloudAirError):
    """The desired state is invalid. The error is raised before anything is written.

    Attributes:
        problems: All problems of the input.
        field: The path of the first problem. If the input is a file, the file and line precede the path.
        reason: The reason of the first problem.
    """

    def __init__(self, field: str, reason: str, *, hint: str = "", problems: Sequence[SpecProblem] = ()) -> None:
        """Create an error for one problem. For several problems, use :meth:`of`."""
        self.problems = tuple(problems) or (SpecProblem(field, reason, hint),)
        self.field = field
        self.reason = reason
        hints = dict.fromkeys(problem.hint for problem in self.problems)
        super().__init__(_list_problems(self.problems), hint=sentences(*hints))

    @classmethod
    def of(cls, problems: Sequence[SpecProblem]) -> SpecError:
        """Return an error for one or more problems. The order of the problems is kept."""
        return cls(problems[0].place, problems[0].reason, problems=problems)

    def within(self, path: str) -> SpecError:
        """Return a copy with ``path`` as the prefix of the path of every problem."""
        return SpecError.of([problem.below(path) for problem in self.problems])

    def details(self) -> dict[str, Any]:
        return {
            "field": self.field,
            "reason": self.reason,
            "problems": [problem.as_dict() for problem in self.problems],
        }


def _list_problems(problems: Sequence[SpecProblem]) -> str:
    """Format problems on one line.

    If any problem has a line number, each problem is on its own line.
    """
    is_document = any(problem.line for problem in problems)
    limit = MAX_SHOWN_IN_DOCUMENTS if is_document else MAX_SHOWN
    shown = [str(problem) for problem in problems[:limit]]
    if len(problems) > limit:
        shown.append(f"and {len(problems) - limit} more")
    return ("\n" if is_document else "; ").join(shown)


class PluginError(VcloudAirError):
    """A plugin is broken or registered twice, or no plugin offers the requested name."""

    def __init__(self, message: str, *, plugin: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.plugin = plugin

    def details(self) -> dict[str, Any]:
        return {"plugin": self.plugin}


class TransportError(VcloudAirError):
    """No response arrived.

    ``may_have_executed`` is True if the request may have reached the server. A client that repeats a write
    must first read the object to check whether the first write was executed.
    """

    def __init__(self, message: str, *, may_have_executed: bool = False, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.may_have_executed = may_have_executed

    def details(self) -> dict[str, Any]:
        return {"may_have_executed": self.may_have_executed}


class ConnectionFailedError(TransportError):
    """The connection failed, or was interrupted before the response was complete."""


class TimeoutExpiredError(TransportError):
    """The connect or read timeout expired."""


class TlsError(TransportError):
    """The TLS handshake failed, or the certificate is not trusted. Nothing was sent."""


class ApiError(VcloudAirError):
    """The server returned an error response.

    ``status`` is the HTTP status, or 0 if unknown. ``code`` is the error code of the server, such as ``BUSY_ENTITY`` or
    ``12001``, or empty. ``request_id`` identifies the request. The provider's support can search for this ID.
    ``method`` and ``path`` describe the request. ``vendor_code`` is the error code of an extension, such as
    ``OngoingFailover``. ``is_from_gateway`` is True if the body is HTML or text from a gateway in front of the API.
    Such a gateway may have forwarded the request.
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
        """Message and context with the request ID, without the hint."""
        text = super().explanation
        return f"{text} (request ID {self.request_id})" if self.request_id else text

    def details(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "code": self.code,
            "request_id": self.request_id,
            "method": self.method,
            "path": self.path,
        }


class InvalidRequestError(ApiError):
    """400, 405, 406, 415, 422: the request is invalid, and repeating it fails again."""


class AuthenticationError(ApiError):
    """401 or a rejected sign-in: wrong user, password or org, or an expired token."""


class PermissionDeniedError(ApiError):
    """403: the user lacks a right, or the object does not exist."""


class NotFoundError(ApiError):
    """404, or no object has the requested name."""


class ConflictError(ApiError):
    """409: the object has changed, or its state does not allow the request."""


class BusyError(ApiError):
    """The object is busy, or the server is overloaded (429, ``BUSY_ENTITY``, 503)."""


class ServerError(ApiError):
    """5xx: an error of the server."""


class DecodeError(VcloudAirError):
    """The response cannot be decoded, for example because it is HTML or truncated XML."""

    def __init__(self, message: str, *, excerpt: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint or NOT_UNDERSTOOD)
        self.excerpt = excerpt

    def details(self) -> dict[str, Any]:
        return {"excerpt": self.excerpt}


class IncompleteResultError(VcloudAirError):
    """The result changed while its pages were read.

    No partial result is returned.
    """


class TaskError(VcloudAirError):
    """A task did not succeed. ``task`` is its last known state as a mapping."""

    def __init__(self, message: str, *, task: Mapping[str, Any] | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.task = dict(task or {})

    def details(self) -> dict[str, Any]:
        return {"task": self.task}


class TaskFailedError(TaskError):
    """The task ended with the status error, canceled or aborted."""


class TaskTimeoutError(TaskError):
    """The task did not end before the timeout. It may still be running."""


class OutcomeUnknownError(TaskError):
    """An action may or may not have been started, or its result is unknown.

    The action is not started again until the user decides.
    """


class EngineError(VcloudAirError):
    """A resource could not be converged to its desired state."""


class AmbiguousMatchError(EngineError):
    """More than one object matches. ``candidates`` describes each of them."""

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


class ObjectInUseError(EngineError):
    """An object cannot be deleted, because rules use it. ``uses`` describes each rule."""

    def __init__(self, message: str, *, uses: Sequence[Mapping[str, Any]] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.uses = [dict(use) for use in uses]

    def details(self) -> dict[str, Any]:
        return {"uses": self.uses}


class NotConvergedError(EngineError):
    """The state still differs from the desired state after the write.

    ``residual`` lists the remaining changes.
    """

    def __init__(self, message: str, *, residual: Sequence[Mapping[str, Any]] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.residual = [dict(change) for change in residual]

    def details(self) -> dict[str, Any]:
        return {"residual": self.residual}


class LockTimeoutError(EngineError):
    """Another process on this host did not release its lock in time. Nothing was sent."""


class StageError(EngineError):
    """A stage cannot be read, saved or used. None of the staged changes was written."""
