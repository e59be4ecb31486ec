"""Record the rules that a client writes, to compare them with the edges later."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

MOST = 5
"""Maximum number of rules of one client on one edge."""


@dataclass(frozen=True)
class Step:
    """A change of a rule, or no change.

    ``spec`` and ``state`` are arguments of ``client.ensure``.
    """

    spec: dict[str, Any]
    state: str
    changes: bool


@dataclass
class Book:
    """The rules that one client has written: actions by edge and rule name."""

    owner: str
    edges: dict[str, dict[str, str]] = field(default_factory=dict)
    made: int = 0

    def next_step(self, edge: str, chance: random.Random) -> Step:
        """Return a random step: add, change, keep or remove a rule."""
        rules = self.edges.setdefault(edge, {})
        choices = ["new"] if not rules else ["new", "other", "same", "gone"] if len(rules) < MOST else ["other", "gone"]
        choice = chance.choice(choices)
        if choice == "new":
            self.made += 1
            return Step(self._spec(f"{self.owner}-{self.made:05}", "accept"), "present", True)
        name = chance.choice(list(rules))
        if choice == "gone":
            return Step({"name": name}, "absent", True)
        action = rules[name] if choice == "same" else {"accept": "deny", "deny": "accept"}[rules[name]]
        return Step(self._spec(name, action), "present", choice == "other")

    def note(self, edge: str, step: Step) -> None:
        """Record a step that succeeded."""
        rules = self.edges[edge]
        if step.state == "absent":
            del rules[step.spec["name"]]
        else:
            rules[step.spec["name"]] = step.spec["action"]

    def _spec(self, name: str, action: str) -> dict[str, Any]:
        number = int(name.rpartition("-")[2])
        source = f"10.{number // 250 % 250}.{number % 250}.{int(self.owner[1:]) + 1}"
        return {"name": name, "action": action, "source": source, "protocol": "tcp", "dest_port": "443"}
