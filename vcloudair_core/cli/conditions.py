"""Conditions and lists as they are written on a command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vcloudair_core.errors import ConfigurationError

_OPERATORS = {"!=": "ne", ">=": "ge", "<=": "le", ">": "gt", "<": "lt", "~": "like", "=": "eq"}


def conditions(texts: Sequence[str]) -> dict[str, Any]:
    """``name~web*`` as ``{"name": {"like": "web*"}}``. Raises ConfigurationError for a word that is no condition."""
    operators_of: dict[str, dict[str, Any]] = {}
    for word in texts:
        places = [(word.find(sign), -len(sign), sign) for sign in _OPERATORS if sign in word]
        if not places or min(places)[0] < 1:
            raise ConfigurationError(f"{word!r} is no condition.", hint="Write --where name=value, or name~web* .")
        place, _, sign = min(places)
        name, value = word[:place].strip(), word[place + len(sign) :]
        operators_of.setdefault(name, {}).setdefault(_OPERATORS[sign], []).append(value)
    return {
        name: {operator: values[0] if len(values) == 1 else values for operator, values in operators.items()}
        for name, operators in operators_of.items()
    }


def words(text: str) -> list[str]:
    """Words with commas between them."""
    return [word.strip() for word in text.split(",") if word.strip()]
