"""Read and validate the JSON bodies of NSX-T writes.

A strict server refuses fields that the API version lacks. Source: protocol/nsxt.md §1, §5.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vcloudair_core.simulator.releases import is_at_least

Check = Callable[[Any], "str | None"]
"""Function that returns the reason why a value is invalid, or None."""


class RefusedBodyError(Exception):
    """An invalid request. The text of the exception is the error message."""

    def __init__(self, message: str, status: int = 400, code: str = "BAD_REQUEST") -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass(frozen=True)
class JsonField:
    """A field of a JSON object.

    Attributes:
        kind: JSON type of the value. The value can also be null.
        since: First API version of the field.
        choices: Allowed values of a string.
        length: Maximum number of characters or elements, or None.
        items: Fields of the object, or of each object in a list.
        check: Additional check of the value.
        is_required: True if the field must have a value.
    """

    kind: type
    since: tuple[int, ...] = (0,)
    choices: tuple[str, ...] = ()
    length: int | None = None
    items: Mapping[str, JsonField] | None = None
    check: Check | None = None
    is_required: bool = False


REFERENCE = {"id": JsonField(str), "name": JsonField(str)}
"""Fields of a reference to an object."""
VERSION = JsonField(dict, items={"version": JsonField(int)})
"""The field ``version`` of rules and tunnels."""
_TYPE_NAMES = {str: "a string", bool: "a boolean", int: "an integer", list: "an array", dict: "an object"}


def read_object(context: Any) -> dict[str, Any]:
    """Return the JSON object in the body of a request.

    Raises RefusedBodyError for a wrong Content-Type (415) or an invalid body (400).
    """
    sent = context.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if sent not in ("", "application/json"):
        raise RefusedBodyError(f"Content-Type '{sent}' is not supported", 415, "UNSUPPORTED_MEDIA_TYPE")
    try:
        body = json.loads(context.request.body)
    except ValueError as exc:
        raise RefusedBodyError(f"Bad request: the body is not JSON: {exc}") from exc
    if not isinstance(body, dict):
        raise RefusedBodyError("Bad request: the body is not a JSON object")
    return body


def checked(context: Any, body: Mapping[str, Any], fields: Mapping[str, JsonField], where: str = "") -> dict[str, Any]:
    """Return the fields of a JSON object after validation.

    ``where`` is the path of the object in the body. Raises RefusedBodyError for an unknown field or an invalid value.
    """
    known = {name: field for name, field in fields.items() if is_at_least(context.version, field.since)}
    unknown = [name for name in body if name not in known]
    if unknown and context.simulator.config.unknown_json_fields == "refuse":
        names = ", ".join(f"'{name}'" for name in known)
        raise RefusedBodyError(f"JSON property '{where}{unknown[0]}' not recognized. Known properties are: {names}.")
    for name, field in known.items():
        value = body.get(name)
        if value is None and field.is_required:
            raise RefusedBodyError(f"validation error on field '{where}{name}': must not be null")
        if value is not None:
            _check_value(context, value, field, f"{where}{name}")
    return {name: value for name, value in body.items() if name in known}


def _check_value(context: Any, value: Any, field: JsonField, path: str) -> None:
    is_of_kind = isinstance(value, field.kind) and (field.kind is bool or not isinstance(value, bool))
    if not is_of_kind:
        raise RefusedBodyError(f"validation error on field '{path}': expected {_TYPE_NAMES[field.kind]}")
    if field.choices and value not in field.choices:
        allowed = ", ".join(field.choices)
        raise RefusedBodyError(f"validation error on field '{path}': '{value}' is not one of [{allowed}]")
    if field.length is not None and len(value) > field.length:
        raise RefusedBodyError(f"validation error on field '{path}': size must be between 0 and {field.length}")
    if field.items is not None:
        objects = value if isinstance(value, list) else [value]
        for element in objects:
            if not isinstance(element, dict):
                raise RefusedBodyError(f"validation error on field '{path}': expected an object")
            checked(context, element, field.items, f"{path}.")
    reason = field.check(value) if field.check else None
    if reason:
        raise RefusedBodyError(f"validation error on field '{path}': {reason}")
