"""Timestamps as every command prints them: ISO 8601 in UTC, to the second, such as ``2026-11-29T19:57:38Z``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any


def utc_second(value: Any) -> Any:
    """Return a time as text in UTC. What is no time, or has no offset, is returned as it is."""
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
    """Return a copy of a result in which the values of ``keys``, at any depth, are such times."""
    if isinstance(tree, Mapping):
        return {key: utc_second(value) if key in keys else with_utc_seconds(value, keys) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [with_utc_seconds(item, keys) for item in tree]
    return tree
