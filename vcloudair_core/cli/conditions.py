"""Parsers for conditions (``name~web*``) and comma-separated lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vcloudair_core.errors import ConfigurationError

_OPERATORS = {"!=": "ne", ">=": "ge", "<=": "le", ">": "gt", "<": "lt", "~": "like", "=": "eq"}


def conditions(texts: Sequence[str]) -> dict[str, Any]:
    """Parse conditions: ``name~web*`` becomes ``{"name": {"like": "web*"}}``.

    Raises: ConfigurationError for an invalid condition.
    """
    operators_of: dict[str, dict[str, Any]] = {}
    for text in texts:
        matches = [(text.find(sign), -len(sign), sign) for sign in _OPERATORS if sign in text]
        if not matches or min(matches)[0] < 1:
            raise ConfigurationError(
                f"Invalid condition: {text!r}.", hint="Use the form --where name=value or --where 'name~web*'."
            )
        position, _, sign = min(matches)
        name, value = text[:position].strip(), text[position + len(sign) :]
        operators_of.setdefault(name, {}).setdefault(_OPERATORS[sign], []).append(value)
    return {
        name: {operator: values[0] if len(values) == 1 else values for operator, values in operators.items()}
        for name, operators in operators_of.items()
    }


def split_list(text: str) -> list[str]:
    """Return the items of a comma-separated list."""
    return [item.strip() for item in text.split(",") if item.strip()]
