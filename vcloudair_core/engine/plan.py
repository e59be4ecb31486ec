"""Plans: the changes that a kind computes, as data, text and JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.util.redaction import redact_tree

_VERBS = ("create", "update", "move", "delete")
_BARE = re.compile(r"[A-Za-z_][\w ./()-]*(?<! )\Z|\d+\.\d+\.\d+\.\d+[\d./-]*\Z", re.ASCII)
"""A pattern for text that needs no quotes in YAML: names and IPv4 addresses."""
_NOT_TEXT = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


@dataclass(frozen=True)
class Change:
    """A change of a plan, such as the update of one object.

    ``before`` and ``after`` are plain data with masked secrets. ``before`` is None for a new object, ``after`` is None
    for a deleted object. ``identity`` is the name of the object. If several objects have the same name, ``title``
    distinguishes them. ``fields`` has the names of the fields that an update changes. ``positions`` has the old and the
    new position in an ordered list, counted from 0 among the user rules. An object that is updated and moved has two
    changes.
    """

    action: str
    identity: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    fields: tuple[str, ...] = ()
    positions: tuple[int | None, int | None] = (None, None)
    title: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the change as JSON types, with masked secrets.

        Shape: ``{"action", "identity", "before", "after"}`` and, if set, ``title``, ``fields`` and ``positions``.
        """
        shown: dict[str, Any] = {
            "action": self.action,
            "identity": self.identity,
            "before": _safe(self.before),
            "after": _safe(self.after),
        }
        if self.title:
            shown["title"] = self.title
        if self.fields:
            shown["fields"] = list(self.fields)
        if self.positions != (None, None):
            shown["positions"] = {"before": self.positions[0], "after": self.positions[1]}
        return shown


@dataclass(frozen=True)
class Plan:
    """All changes of one resource.

    ``steps`` is private data for the method ``merge`` of the resource kind that created the plan. ``outlook`` is None,
    or a function that returns the whole planned section as plain data, for plan policies. ``notes`` are sentences about
    the plan for the user. ``planned`` is None, or a function that returns the planned document, for built-in plan
    policies.
    """

    kind: str
    changes: tuple[Change, ...] = ()
    target: str = ""
    steps: Any = field(default=None, repr=False, compare=False)
    outlook: Callable[[], Any] | None = field(default=None, repr=False, compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)
    planned: Callable[[], Any] | None = field(default=None, repr=False, compare=False)

    @property
    def is_empty(self) -> bool:
        """True if the plan has no changes."""
        return not self.changes

    def counts(self) -> dict[str, int]:
        """Return the number of changes for each action, including zeros."""
        counts = Counter(change.action for change in self.changes)
        return {verb: counts.get(verb, 0) for verb in _VERBS}

    def summary(self) -> str:
        """Return one line of text: ``1 to create, 2 to update, 1 to move, 3 to delete``."""
        parts = [f"{count} to {verb}" for verb, count in self.counts().items() if count]
        return ", ".join(parts) or "nothing to change"

    def diff(self) -> dict[str, str]:
        """Return the changed objects as text for Ansible's ``--diff``.

        Shape: ``{"before", "after", "before_header", "after_header"}``. Objects that are created, moved or deleted have
        a ``position``. Unchanged objects are left out.
        """
        before: list[str] = []
        after: list[str] = []
        for changes in self._by_object():
            moved = any(change.action != "update" for change in changes)
            first = next((change for change in changes if change.action != "move"), changes[0])
            positions = next((change.positions for change in changes if change.positions != (None, None)), (None, None))
            sides = _changed_first(first.before, first.after)
            for lines, shown, position in ((before, sides[0], positions[0]), (after, sides[1], positions[1])):
                if shown is not None:
                    lines += _block(first.title or first.identity, shown, position if moved else None)
        header = f"{self.target}, {self.kind}" if self.target else self.kind
        return {
            "before": "".join(before),
            "after": "".join(after),
            "before_header": header,
            "after_header": header,
        }

    def _by_object(self) -> list[list[Change]]:
        """Group the changes by object, such as the update and the move of an object."""
        grouped: dict[object, list[Change]] = {}
        for at, change in enumerate(self.changes):
            grouped.setdefault(
                at if change.action in ("create", "delete") else change.title or change.identity, []
            ).append(change)
        return list(grouped.values())

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as JSON types, with masked secrets.

        Shape: ``{"kind", "target", "summary", "changes": [...]}``.
        """
        return {
            "kind": self.kind,
            "target": self.target,
            "summary": self.summary(),
            "changes": [change.as_dict() for change in self.changes],
        }


PlanPolicy = Callable[[Plan], Sequence[str] | None]
"""A callback that receives a plan before the engine writes.

The callback returns warnings, or raises PlanRejectedError to reject the plan.
"""


def _changed_first(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    """Sort changed fields to the top of a diff, directly below the object's name.

    A diff with few context lines then still shows the name.
    """
    if before is None or after is None:
        return before, after
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    ordered = [*changed, *(name for name in {**before, **after} if name not in changed)]
    return (
        {name: before[name] for name in ordered if name in before},
        {name: after[name] for name in ordered if name in after},
    )


def _safe(shown: Mapping[str, Any] | None) -> Any:
    return None if shown is None else redact_tree(dict(shown))


def _block(title: str, shown: Mapping[str, Any], position: int | None) -> list[str]:
    lines = [f"{_scalar(title)}:\n"]
    if position is not None:
        lines.append(f"  position: {position}\n")
    safe: Mapping[str, Any] = _safe(shown)
    for key, value in safe.items():
        if key == "name" and value == title:
            continue
        if isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
            lines.append(f"  {key}:\n")
            lines += [f"    - {_flow(item)}\n" for item in value]
        else:
            lines.append(f"  {key}: {_flow(value)}\n")
    return lines


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    """Return a value as YAML, with quotes only if they are needed."""
    if isinstance(value, str) and _BARE.match(value) and value.lower() not in _NOT_TEXT:
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
