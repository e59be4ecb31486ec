"""Map HTTP error responses to exception classes and hints."""

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
from vcloudair_core.session.error_codec import ErrorBody, decode_error_body
from vcloudair_core.util.redaction import Secret, redact_text

if TYPE_CHECKING:
    from vcloudair_core.transport.messages import Request, Response

BUSY_CODES = frozenset({"BUSY_ENTITY", "OPERATION_LIMITS_EXCEEDED"})
"""Error codes of requests that were rejected before execution.

Retrying these requests is always safe.

Source: protocol/tasks.md §4.2, §5.
"""

MESSAGE_LENGTH = 400

_BUSY_TEXT = re.compile(r"is busy completing an operation|is busy, cannot proceed with the operation", re.IGNORECASE)
# Messages of NSX about a section that was changed since it was read. Source: protocol/ans.md §6 (text).
_STALE_TEXT = re.compile(
    r"older version \S+ than the current|fetch the latest copy|concurrent(?:ly)? modif", re.IGNORECASE
)
_SUPPORTED = re.compile(r"Supported API versions are:?\s*\[((?:[^\[\]]|\[D\])*)\]", re.IGNORECASE)
# Error codes that only repeat the HTTP status.
_RIGHTS = re.compile(r"following rights \[([^\]]+)\]")
"""Pattern for the missing rights in the message of a 403 response.

Source: protocol/nsxt.md §1.3.
"""
_STATUS_WORDS = frozenset(str(status) for status in range(100, 600))


def raise_for_response(response: Response, request: Request, *, secrets: Iterable[Secret | str] = ()) -> None:
    """Raise the ApiError for a response whose status is not 2xx.

    See :func:`error_from_response`.
    """
    error = error_from_response(response, request, secrets=secrets)
    if error is not None:
        raise error


def error_from_response(
    response: Response, request: Request, *, secrets: Iterable[Secret | str] = ()
) -> ApiError | None:
    """Return the error for a response, or None for a 2xx status.

    ``secrets`` are redacted in text that the server sent.
    """
    if response.is_success:
        return None
    fault = decode_error_body(response)
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
    """Return True if the session has ended: a 401, or a 403 with an empty body.

    Source: protocol/sessions.md §4.4.
    """
    if error.status == 401:
        return True
    return error.status == 403 and response is not None and not response.body.strip()


def supported_versions(message: str) -> str:
    """Return the API versions that the message of a 406 lists, as text.

    Return an empty string if the message lists no versions.

    Source: protocol/sessions.md §4.2.
    """
    match = _SUPPORTED.search(message)
    return match.group(1).strip() if match else ""


def _sentence(response: Response, request: Request, message: str, code: str) -> str:
    where = f"{request.method} {request.path}"
    label = f" [{code}]" if code and code not in _STATUS_WORDS and code not in message else ""
    if not message:
        return f"The server answered {where} with {response.status}{label} and no error message."
    end = "" if message.endswith((".", "!", "?", "…")) else "."
    return f"The server answered {where} with {response.status}{label}: {message}{end}"


def _kind_and_hint(response: Response, fault: ErrorBody) -> tuple[type[ApiError], str]:
    status = response.status
    if fault.code in BUSY_CODES or (status in (400, 409) and _BUSY_TEXT.search(fault.message)):
        return BusyError, "Wait until the other operation on this object ends, then try again."
    if status in (400, 409, 412) and _STALE_TEXT.search(fault.message):
        return ConflictError, "Read the object again and repeat the change. The object was changed in the meantime."
    if status == 406:
        known = supported_versions(fault.message)
        return InvalidRequestError, f"Set api_version to one of: {known}." if known else "Set another api_version."
    missing = _RIGHTS.search(fault.message) if status == 403 else None
    if missing:
        hint = (
            f"Ask the administrator of the org for a role with the right {missing.group(1)}, or check the name or ID."
        )
        return PermissionDeniedError, hint
    return _BY_STATUS.get(status) or _by_class(status)


def _by_class(status: int) -> tuple[type[ApiError], str]:
    if 300 <= status < 400:
        return ApiError, "Check url. Redirects are followed only for GET and HEAD."
    if 400 <= status < 500:
        return InvalidRequestError, "Change the request. Sending the same request again will fail again."
    if status >= 500:
        return ServerError, "Try again. If the error persists, report it to the operator of the server."
    return ApiError, "Check that url is the address of the API. This status is not part of the protocol."


_BY_STATUS: dict[int, tuple[type[ApiError], str]] = {
    401: (AuthenticationError, "Sign in again. The session has ended, or the credentials are wrong."),
    403: (
        PermissionDeniedError,
        "Check the name or ID first, then the rights of the user's role. The server returns the same error for a "
        "missing object and a missing right.",
    ),
    404: (NotFoundError, "Check the name or ID, and that url is the address of the API."),
    407: (AuthenticationError, "Set the user name and password of the proxy in HTTPS_PROXY."),
    409: (
        ConflictError,
        "Read the object again. The object was changed in the meantime, or its state does not allow this request.",
    ),
    410: (NotFoundError, "Check the name or ID. The object was permanently removed."),
    413: (InvalidRequestError, "Send a smaller request."),
    429: (BusyError, "Wait and try again, or send fewer requests at the same time."),
    502: (ServerError, "Try again later. A proxy received an invalid response from the server."),
    503: (BusyError, "Try again later. The server is starting, in maintenance or overloaded."),
    504: (
        ServerError,
        "Check the object before you try again. The proxy timed out, but the server may still execute the request.",
    ),
}
