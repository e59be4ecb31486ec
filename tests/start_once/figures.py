"""Count the results of the stress test, and format the counts as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.start_once.cloud import Cloud


@dataclass
class Figures:
    """The counts of requests, actions, kills and unknown verdicts in one mode.

    ``starts`` has the number of POSTs for each VM. ``carried_out`` has the number of executed actions for each VM.
    ``kills_in_window`` is the number of kills between a ``vm_starting`` event and the recorded response. ``unknown`` is
    the number of ``unknown`` verdicts, which an operator had to resolve.
    """

    name: str
    runs: int = 0
    vms: int = 0
    kills: int = 0
    kills_in_window: int = 0
    unknown: int = 0
    starts: list[int] = field(default_factory=list)
    carried_out: list[int] = field(default_factory=list)
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)

    def add(self, other: Figures) -> None:
        """Add the counts of another run."""
        for name in ("runs", "vms", "kills", "kills_in_window", "unknown", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.starts += other.starts
        self.carried_out += other.carried_out
        self.failures += other.failures

    def note(self, cloud: Cloud) -> None:
        """Add the counts of each VM in a cloud."""
        posts, carried_out = cloud.posts(), cloud.carried_out()
        self.starts += [posts[name] for name in cloud.names]
        self.carried_out += [carried_out[name] for name in cloud.names]

    def row(self) -> tuple[str, ...]:
        """Return the cells of the table row."""
        counts = (self.runs, self.kills, self.kills_in_window, self.vms)
        ends = (str(self.unknown), f"{self.seconds:.0f}", str(len(self.failures)))
        return (self.name, *map(str, counts), _range(self.starts), _range(self.carried_out), *ends)


def _range(counts: list[int]) -> str:
    if not counts:
        return "-"
    return str(min(counts)) if min(counts) == max(counts) else f"{min(counts)}-{max(counts)}"


HEAD = ("mode", "runs", "kills", "in window", "VMs", "POSTs per VM", "carried out", "unknown", "seconds", "failed")


def table(figures: Iterable[Figures]) -> str:
    """Return the counts as a text table with a row of totals."""
    rows = list(figures)
    total = Figures("all")
    for one in rows:
        total.add(one)
    lines = [HEAD, *(one.row() for one in rows), total.row()]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if not column else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )
