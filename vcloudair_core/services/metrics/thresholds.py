"""Whether machines keep within limits: a gate in a deployment. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vcloudair_core.engine.validation import Problems
from vcloudair_core.services.metrics.model import Series, aggregate, matches, number_of


@dataclass(frozen=True)
class Threshold:
    """``metric`` is a name or a pattern; one of the limits at least is set, both in the unit of the metric."""

    metric: str
    aggregate: str = "avg"
    max: float | None = None
    min: float | None = None

    def described(self) -> str:
        """In words: ``p95 of cpu.ready.summation <= 500``."""
        limits = [f">= {self.min:g}"] if self.min is not None else []
        limits += [f"<= {self.max:g}"] if self.max is not None else []
        return f"{self.aggregate} of {self.metric} {' and '.join(limits)}"


@dataclass(frozen=True)
class Violation:
    """A limit that is not kept, or that nothing can be said of: ``value`` is None then."""

    vm_id: str
    threshold: Threshold
    metric: str
    instance: str | None
    value: float | None


def parse_thresholds(given: Sequence[Mapping[str, Any]]) -> list[Threshold]:
    """Thresholds as plain data. Raises SpecError that names every one that is wrong."""
    problems = Problems()
    found = []
    for position, one in enumerate(given):
        path = f"thresholds[{position}]"
        word = str(one.get("aggregate") or "avg")
        try:
            aggregate([], word)
        except ValueError as exc:
            problems.add(f"{path}.aggregate", str(exc))
        if not str(one.get("metric") or "").strip():
            problems.add(f"{path}.metric", "is missing")
        limits = {name: _limit(one.get(name), f"{path}.{name}", problems) for name in ("max", "min")}
        if one.get("max") is None and one.get("min") is None:
            problems.add(path, "has neither max nor min")
        found.append(Threshold(str(one.get("metric") or ""), word, **limits))
    problems.raise_if_any()
    return found


def _limit(value: Any, path: str, problems: Problems) -> float | None:
    """A number, also as text: what is compared with a text, or with what is not a number, is never violated."""
    number = number_of(value)
    if value is not None and number is None:
        problems.add(path, f"a number was expected, not {value!r}")
    return number


def violations(
    machines: Sequence[str], series: Sequence[Series], thresholds: Sequence[Threshold], *, missing_is_fine: bool = False
) -> list[Violation]:
    """What is not kept, by machine and threshold. A machine without the metric breaks it unless ``missing_is_fine``."""
    found = []
    for vm_id in machines:
        for threshold in thresholds:
            meant = [one for one in series if one.vm_id == vm_id and matches(one.name, [threshold.metric])]
            if not meant and not missing_is_fine:
                found.append(Violation(vm_id, threshold, threshold.metric, None, None))
            for one in meant:
                value = one.aggregate(threshold.aggregate)
                if value is None or not _is_within(value, threshold):
                    found.append(Violation(vm_id, threshold, one.name, one.instance, value))
    return found


def _is_within(value: float, threshold: Threshold) -> bool:
    return (threshold.max is None or value <= threshold.max) and (threshold.min is None or value >= threshold.min)
