"""Check for conflicts between command-line options and values in a document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vcloudair_core.errors import ConfigurationError


@dataclass(frozen=True)
class Stated:
    """A value in a document.

    ``place`` is the location of the value, such as ``plan.yml:3: max_concurrent``.
    """

    value: Any
    place: str


def _equal(inside: Any, outside: Any) -> bool:
    return bool(inside == outside)


def reject_contradiction(option: str, value: Any, stated: Stated, *, same: Callable[[Any, Any], bool] = _equal) -> None:
    """Raise ConfigurationError if an option and a document have different values.

    Args:
        option: The name of the option, such as ``--max-concurrent``.
        value: The value of the option, or None if it is not set.
        stated: The value in the document. ``stated.value`` is None if the document has no value.
        same: A function that returns True if two values are equivalent.
    """
    if value is None or stated.value is None or same(stated.value, value):
        return
    raise ConfigurationError(
        f"{stated.place} is {_shown(stated.value)}, but the option {option} is {_shown(value)}.",
        hint="Remove the option, or use the same value in both places.",
    )


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
