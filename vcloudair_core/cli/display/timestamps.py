"""Timestamps in output: ISO 8601 in UTC, such as ``2026-11-29T19:57:38Z``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any


def utc_second(value: Any) -> Any:
    """Convert a time with UTC offset to a timestamp.

    Any other value is returned unchanged.
    """
    moment = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(f"{value[:-1]}+00:00" if value.endswith("Z") else value)
        except ValueError:
            return value
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        return value
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def with_utc_seconds(tree: Any, keys: frozenset[str]) -> Any:
    """Return a copy of a result, with the values of ``keys`` converted to timestamps."""
    if isinstance(tree, Mapping):
        return {key: utc_second(value) if key in keys else with_utc_seconds(value, keys) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [with_utc_seconds(item, keys) for item in tree]
    return tree
