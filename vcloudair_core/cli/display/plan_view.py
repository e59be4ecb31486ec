"""Print plans: a line per object, with the changed fields below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from vcloudair_core.cli.display.output import console
from vcloudair_core.util.escaping import on_one_line

if TYPE_CHECKING:
    from vcloudair_core.engine.plan import Change, Plan

_SIGNS = {"create": ("+", "green"), "update": ("~", "yellow"), "move": (">", "cyan"), "delete": ("-", "red")}
_NOISE: tuple[Any, ...] = (None, "", [], {}, False, ["any"], [{"protocol": "any"}])
"""Values that are not printed, because they are defaults."""

_IDENTIFYING = ("name", "rule_id", "site_id")
"""Fields that are not printed for new and deleted objects.

The title already shows the name.
"""


def show_plan(plan: Plan) -> None:
    """Print a plan and its summary to stdout."""
    out = console()
    out.print(on_one_line(plan.target or plan.kind), style="bold", highlight=False)
    for change in plan.changes:
        sign, color = _SIGNS.get(change.action, ("?", ""))
        for number, line in enumerate(_lines(change)):
            out.print(
                f"  {sign if number == 0 else ' '} {on_one_line(line)}", style=color, markup=False, highlight=False
            )
    out.print(on_one_line(plan.summary()), highlight=False, markup=False)


def _lines(change: Change) -> Iterator[str]:
    name = change.title or change.identity
    if change.action == "move":
        yield f"{name}: from position {change.positions[0]} to {change.positions[1]}"
        return
    yield name
    if change.action in ("create", "delete"):
        content = (change.after if change.action == "create" else change.before) or {}
        shown = {key: value for key, value in content.items() if value not in _NOISE and key not in _IDENTIFYING}
        if shown:
            yield "  " + ", ".join(f"{key}: {_text(value)}" for key, value in shown.items())
    if change.action == "update":
        before, after = change.before or {}, change.after or {}
        for field in change.fields:
            for key, old, new in _differing(field, before.get(field), after.get(field)):
                yield f"  {key}: {_text(old)} -> {_text(new)}"


def _differing(field: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield (path, old, new) for a field, or for each changed key of a mapping."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in {**old, **new}:
            if old.get(key) != new.get(key):
                yield f"{field}.{key}", old.get(key), new.get(key)
    else:
        yield field, old, new


def _text(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return " ".join(f"{key}={_text(item)}" for key, item in value.items() if item not in _NOISE)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_text(item) for item in value) + "]"
    return str(value)
