"""From an answer that says no to the error that a caller can act on: the only place that maps statuses to classes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from vcloudair_core.errors import (
    ApiError,
    AuthenticationError,
    BusyError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
)
from vcloudair_core.session.error_codec import ErrorBody, decode_fault
from vcloudair_core.util.redaction import Secret, redact_text

if TYPE_CHECKING:
    from vcloudair_core.transport.messages import Request, Response

BUSY_CODES = frozenset({"BUSY_ENTITY", "OPERATION_LIMITS_EXCEEDED"})
"""Refused before anything was carried out: any method may be sent again. Source: protocol/tasks.md §4.2, §5."""

MESSAGE_LENGTH = 400

_BUSY_TEXT = re.compile(r"is busy completing an operation|is busy, cannot proceed with the operation", re.IGNORECASE)
# NSX's words for a whole-section write from an old read. Source: protocol/ans.md §6 (text).
_STALE_TEXT = re.compile(
    r"older version \S+ than the current|fetch the latest copy|concurrent(?:ly)? modif", re.IGNORECASE
)
_SUPPORTED = re.compile(r"Supported API versions are:?\s*\[((?:[^\[\]]|\[D\])*)\]", re.IGNORECASE)
# Numbers that say no more than the status does.
_STATUS_WORDS = frozenset(str(status) for status in range(100, 600))


def raise_for_response(response: Response, request: Request, *, secrets: Iterable[Secret | str] = ()) -> None:
    """Returns for 2xx; raises the ApiError that fits otherwise. See :func:`error_of`."""
    error = error_of(response, request, secrets=secrets)
    if error is not None:
        raise error


def error_of(response: Response, request: Request, *, secrets: Iterable[Secret | str] = ()) -> ApiError | None:
    """The error in a response, or None for 2xx. Known ``secrets`` are hidden in what the server wrote."""
    if response.is_success:
        return None
    fault = decode_fault(response)
    kind, hint = _kind_and_hint(response, fault)
    message = redact_text(fault.message, secrets)
    message = message if len(message) <= MESSAGE_LENGTH else message[: MESSAGE_LENGTH - 1] + "…"
    code = redact_text(fault.code, secrets)[:80]
    error = kind(
        _sentence(response, request, message or response.reason, code),
        status=response.status,
        code=code,
        request_id=redact_text(response.request_id or fault.request_id, secrets)[:160],
        method=request.method,
        path=request.path,
        hint=hint,
    )
    error.vendor_code = redact_text(fault.vendor_code, secrets)[:80]
    error.is_from_gateway = bool(response.body.strip()) and not fault.is_structured
    return error


def is_session_over(error: ApiError, response: Response | None) -> bool:
    """True when signing in again may help: 401, or a 403 with an empty body. Source: protocol/sessions.md §4.4."""
    if error.status == 401:
        return True
    return error.status == 403 and response is not None and not response.body.strip()


def supported_versions(message: str) -> str:
    """The list in a 406 message, or an empty string. Source: protocol/sessions.md §4.2."""
    match = _SUPPORTED.search(message)
    return match.group(1).strip() if match else ""


def _sentence(response: Response, request: Request, message: str, code: str) -> str:
    where = f"{request.method} {request.path}"
    label = f" [{code}]" if code and code not in _STATUS_WORDS and code not in message else ""
    if not message:
        return f"The server answered {where} with {response.status}{label} and no explanation."
    end = "" if message.endswith((".", "!", "?", "…")) else "."
    return f"The server answered {where} with {response.status}{label}: {message}{end}"


def _kind_and_hint(response: Response, fault: ErrorBody) -> tuple[type[ApiError], str]:
    status = response.status
    if fault.code in BUSY_CODES or (status in (400, 409) and _BUSY_TEXT.search(fault.message)):
        return BusyError, "Another operation holds it; it is free when that one ends. Try again later."
    if status in (400, 409, 412) and _STALE_TEXT.search(fault.message):
        return ConflictError, "Somebody changed it in between. Read it again and repeat the change."
    if status == 406:
        known = supported_versions(fault.message)
        return InvalidRequestError, f"Set api_version to one of: {known}." if known else "Set another api_version."
    return _BY_STATUS.get(status) or _by_class(status)


def _by_class(status: int) -> tuple[type[ApiError], str]:
    if 300 <= status < 400:
        return ApiError, "The server sends the request elsewhere, which is followed only for reading. Check url."
    if 400 <= status < 500:
        return InvalidRequestError, "Sending it again will not help: change what is asked for."
    if status >= 500:
        return ServerError, "The fault is on the server's side. Try again; if it stays, tell its operator."
    return ApiError, "That is no answer of this protocol. Is url the address of the API?"


_BY_STATUS: dict[int, tuple[type[ApiError], str]] = {
    401: (AuthenticationError, "The session is over or the credentials are wrong. Sign in again."),
    403: (
        PermissionDeniedError,
        "The role lacks a right, or there is no such object: the server does not tell which. Check the name or id "
        "first, then the rights of the user's role.",
    ),
    404: (NotFoundError, "Check the name or id, and that url is the address of the API."),
    407: (AuthenticationError, "The proxy wants a user name and password: see HTTPS_PROXY."),
    409: (ConflictError, "Somebody changed it in between, or its state does not allow this. Read it again."),
    410: (NotFoundError, "It is gone for good."),
    413: (InvalidRequestError, "The request is too large for this server."),
    429: (BusyError, "The server asks to slow down. Try again later, or with fewer requests at once."),
    502: (ServerError, "A proxy in front of the server got no good answer from it. Try again in a while."),
    503: (BusyError, "The server is starting, in maintenance or overloaded. Try again in a while."),
    504: (ServerError, "A proxy in front of the server ran out of patience; it may still be working."),
}
