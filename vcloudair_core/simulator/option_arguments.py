"""Parse simulator options from the command line or from JSON.

A command-line argument has the format ``NAME=VALUE``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import Field, fields
from typing import Any

from vcloudair_core.simulator.config import SimulatorConfig


def options_from_arguments(arguments: Iterable[str]) -> dict[str, Any]:
    """Return values of :class:`SimulatorConfig` fields, by option name.

    Raises ValueError for an unknown option, or for a value of the wrong type.
    """
    known = {field.name: field for field in fields(SimulatorConfig)}
    options: dict[str, Any] = {}
    for argument in arguments:
        name, equals, text = argument.partition("=")
        if not equals:
            raise ValueError(f"expected NAME=VALUE, not {argument!r}")
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise ValueError(f"unknown option {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        options[name] = _value(known[name], text)
    return options


def options_from_json(values: dict[str, Any]) -> dict[str, Any]:
    """Return values of :class:`SimulatorConfig` fields, by option name.

    Raises ValueError for an unknown option, or for a value of the wrong type.
    """
    return options_from_arguments(f"{name}={_text(value)}" for name, value in values.items())


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _value(field: Field[Any], text: str) -> Any:
    kind = str(field.type).partition(" ")[0]
    if text == "" and "None" in str(field.type):
        return None
    try:
        if kind == "bool":
            return {"true": True, "false": False}[text.lower()]
        if kind.startswith("tuple"):
            return tuple(item.strip() for item in text.split(",") if item.strip())
        return {"int": int, "float": float}.get(kind, str)(text)
    except (KeyError, ValueError):
        raise ValueError(f"{field.name} must be of type {kind}, not {text!r}") from None
