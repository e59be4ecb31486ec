"""Check the JSON bodies of requests to VMware Cloud Director Availability.

The wording of the messages is inferred. Source: protocol/vcda.md §4.1, §6.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Union

Shape = Union[type, tuple[str, ...], list[Any], Mapping[str, Any], Callable[[Any], str], "Required", "MapOf"]
"""Allowed values of a field.

A shape is a type, the allowed texts, a list of one shape, a mapping of fields, or a function that returns a reason.
"""

_TYPE_NAMES = {str: "a string", bool: "true or false", int: "a whole number"}


@dataclass(frozen=True)
class Required:
    """A field that must be present and not null."""

    shape: Any


@dataclass(frozen=True)
class MapOf:
    """A JSON object with any keys, whose values all have one shape."""

    shape: Any


class BadRequestError(Exception):
    """A body that cannot be parsed. The response is 400 with the code BadRequest."""


def json_object(body: bytes, content_type: str) -> dict[str, Any]:
    """Return the JSON object in a body.

    Raises BadRequestError for any other body or Content-Type.
    """
    if "json" not in content_type.lower():
        raise BadRequestError(f"The Content-Type '{content_type}' is not supported.")
    try:
        value = json.loads(body)
    except ValueError as exc:
        raise BadRequestError(f"The body is not valid JSON: {exc}.") from None
    if not isinstance(value, dict):
        raise BadRequestError("The body must be a JSON object.")
    return value


def check(value: Any, shape: Shape, *, refuses_unknown: bool = False, path: str = "") -> None:
    """Raise ValueError if a value does not have a shape. The message names the field.

    Null is accepted unless the shape is :class:`Required`. Unknown fields are accepted unless ``refuses_unknown`` is
    true.
    """
    if isinstance(shape, Required):
        if value is None:
            raise ValueError(f"The field '{path}' is missing.")
        shape = shape.shape
    if value is None:
        return
    if isinstance(shape, list):
        _expect(isinstance(value, list), path, "a list", value)
        for number, entry in enumerate(value):
            check(entry, shape[0], refuses_unknown=refuses_unknown, path=f"{path}[{number}]")
    elif isinstance(shape, (Mapping, MapOf)):
        _expect(isinstance(value, dict), path, "an object", value)
        _check_fields(value, shape, refuses_unknown, path)
    elif isinstance(shape, tuple):
        _expect(value in shape, path, f"one of {', '.join(shape)}", value)
    elif isinstance(shape, type):
        is_right = isinstance(value, shape) and isinstance(value, bool) is (shape is bool)
        _expect(is_right, path, _TYPE_NAMES[shape], value)
    elif callable(shape) and (reason := shape(value)):
        raise ValueError(f"The field '{path}' {reason}.")


def _check_fields(value: dict[str, Any], shape: Mapping[str, Any] | MapOf, refuses_unknown: bool, path: str) -> None:
    inner = f"{path}." if path else ""
    if isinstance(shape, MapOf):
        for name, field in value.items():
            check(field, shape.shape, refuses_unknown=refuses_unknown, path=f"{inner}{name}")
        return
    for name, field_shape in shape.items():
        check(value.get(name), field_shape, refuses_unknown=refuses_unknown, path=f"{inner}{name}")
    unknown = [name for name in value if name not in shape]
    if unknown and refuses_unknown:
        raise ValueError(f"The field '{inner}{unknown[0]}' is unknown.")


def _expect(is_right: bool, path: str, expected: str, value: Any) -> None:
    if not is_right:
        raise ValueError(f"The field '{path or 'body'}' must be {expected}, not {json.dumps(value)}.")


def number_from(least: int, most: int) -> Callable[[Any], str]:
    """Return a check that accepts whole numbers from ``least`` to ``most``."""

    def reason(value: Any) -> str:
        if not isinstance(value, int) or isinstance(value, bool):
            return f"must be a whole number, not {json.dumps(value)}"
        return "" if least <= value <= most else f"must be from {least} to {most}"

    return reason


def ip_address(value: Any) -> str:
    """Return the reason why a value is not an IP address, or an empty string.

    An empty value is accepted.
    """
    try:
        ipaddress.ip_address(value or "0.0.0.0")  # noqa: S104 - an empty value means no address
    except ValueError:
        return f"is not an IP address: {json.dumps(value)}"
    return ""
