"""Options beside a document: a value that both give must be the same, wherever the option stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vcloudair_core.errors import ConfigurationError


@dataclass(frozen=True)
class Stated:
    """A value that a document gives. ``place`` is its place, such as ``plan.yml:3: max_concurrent``."""

    value: Any
    place: str


def _equal(inside: Any, outside: Any) -> bool:
    return bool(inside == outside)


def reject_contradiction(option: str, value: Any, stated: Stated, *, same: Callable[[Any, Any], bool] = _equal) -> None:
    """Raise ConfigurationError when an option and a document give different values.

    Args:
        option: The option as it is spelled, such as ``--max-concurrent``.
        value: The value of the option; None when it was not given.
        stated: The value of the document; its value may be None.
        same: Tell whether two values mean the same.
    """
    if value is None or stated.value is None or same(stated.value, value):
        return
    raise ConfigurationError(
        f"{stated.place} is {_shown(stated.value)}, and the option {option} says {_shown(value)}.",
        hint="Leave the option out, or give the same value in both.",
    )


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
