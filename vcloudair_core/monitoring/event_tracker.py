"""What one look at a cloud found, and which of it is news. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.errors import VcloudAirError


@dataclass(frozen=True)
class Finding:
    """What is so of one thing. ``state`` is empty when nothing is wrong; of two states that differ each is news.

    ``scope`` is the part of the cloud that was read for it, and ``name`` tells things of one scope apart. ``words`` are
    for the event: JSON types only, no secrets.
    """

    scope: str
    name: str
    state: str
    words: Mapping[str, Any]


@dataclass(frozen=True)
class CheckResult:
    """One look: ``findings`` of all the scopes that could be read, and why the others could not."""

    findings: tuple[Finding, ...]
    unread: Mapping[str, VcloudAirError] = field(default_factory=dict)


class Tracker:
    """Remembers what was told, so that each occurrence is told once.

    ``began`` is the type of the event of something that is wrong, ``ended`` that of its end; empty when there is none.
    ``confirm``: how many looks in a row have to agree. ``is_past_told``: whether what the first look finds is news.
    What a look could not read stays as it was told.
    """

    def __init__(self, began: str, ended: str = "", *, confirm: int = 1, is_past_told: bool = True) -> None:
        self._began, self._ended = began, ended
        self._confirm = confirm
        self._is_told = is_past_told
        self._told: dict[tuple[str, str], str] = {}
        self._waiting: dict[tuple[str, str], tuple[str, int]] = {}

    def take(self, seen: CheckResult) -> list[dict[str, Any]]:
        """The events of a look. Shape: ``{"type": ..., **words}`` each."""
        found = {(one.scope, one.name): one for one in seen.findings}
        for memory in (self._told, self._waiting):
            for key in [key for key in memory if key not in found and key[0] not in seen.unread]:
                del memory[key]  # it is gone, or nobody's business any more
        events = [event for key, one in found.items() for event in self._news(key, one)]
        is_told, self._is_told = self._is_told, True
        return events if is_told else []

    def _news(self, key: tuple[str, str], one: Finding) -> list[dict[str, Any]]:
        before = self._told.get(key, "")
        if one.state == before:
            self._waiting.pop(key, None)
            return []
        state, looks = self._waiting.get(key, (one.state, 0))
        looks = looks + 1 if state == one.state else 1
        if looks < self._confirm:
            self._waiting[key] = (one.state, looks)
            return []
        self._waiting.pop(key, None)
        self._told[key] = one.state
        kind = self._began if one.state else self._ended
        return [{"type": kind, **one.words}] if kind else []
