"""The findings of a check, and the events that are new among them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.errors import VcloudAirError


@dataclass(frozen=True)
class Finding:
    """The state of an object. ``state`` is empty when nothing is wrong; each change of it is an event.

    ``scope`` is the part of the cloud that was read for it, and ``name`` is unique within a scope. ``fields`` are for
    the event: JSON types only, no secrets.
    """

    scope: str
    name: str
    state: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class CheckResult:
    """The result of a check: ``findings`` of all readable scopes, and the errors of the others."""

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
        """Return the events of a check. Shape: ``{"type": ..., **fields}`` each."""
        findings = {(finding.scope, finding.name): finding for finding in seen.findings}
        for memory in (self._told, self._waiting):
            for key in [key for key in memory if key not in findings and key[0] not in seen.unread]:
                del memory[key]  # it is gone, or nobody's business any more
        events = [event for key, finding in findings.items() for event in self._news(key, finding)]
        is_told, self._is_told = self._is_told, True
        return events if is_told else []

    def _news(self, key: tuple[str, str], finding: Finding) -> list[dict[str, Any]]:
        before = self._told.get(key, "")
        if finding.state == before:
            self._waiting.pop(key, None)
            return []
        state, looks = self._waiting.get(key, (finding.state, 0))
        looks = looks + 1 if state == finding.state else 1
        if looks < self._confirm:
            self._waiting[key] = (finding.state, looks)
            return []
        self._waiting.pop(key, None)
        self._told[key] = finding.state
        kind = self._began if finding.state else self._ended
        return [{"type": kind, **finding.fields}] if kind else []
