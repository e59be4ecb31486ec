"""Switches of a simulator as words on a command line: ``NAME=VALUE``."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import Field, fields
from typing import Any

from vcloudair_core.simulator.config import SimulatorConfig


def switches_of(arguments: Iterable[str]) -> dict[str, Any]:
    """Fields of a SimulatorConfig. Raises ValueError: no such switch, or not a value of its type."""
    known = {field.name: field for field in fields(SimulatorConfig)}
    switches: dict[str, Any] = {}
    for word in arguments:
        name, equals, text = word.partition("=")
        if not equals:
            raise ValueError(f"{word!r} is not NAME=VALUE")
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise ValueError(f"there is no switch {name!r}" + (f"; did you mean {near[0]!r}" if near else ""))
        switches[name] = _value(known[name], text)
    return switches


def switches_of_json(values: dict[str, Any]) -> dict[str, Any]:
    """Fields of a SimulatorConfig from JSON. Raises ValueError as :func:`switches_of` does."""
    return switches_of(f"{name}={_text(value)}" for name, value in values.items())


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
        raise ValueError(f"{field.name}: {text!r} is not of the type {kind}") from None
