"""Compare metrics with thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vcloudair_core.engine.validation import Problems
from vcloudair_core.services.metrics.model import Series, aggregate, matches, number_of


@dataclass(frozen=True)
class Threshold:
    """Limits for an aggregate of a metric, in the unit of the metric.

    ``metric`` is a name or pattern. At least one of ``max`` and ``min`` is set.
    """

    metric: str
    aggregate: str = "avg"
    max: float | None = None
    min: float | None = None

    def described(self) -> str:
        """Return a description such as ``p95 of cpu.ready.summation <= 500``."""
        limits = [f">= {self.min:g}"] if self.min is not None else []
        limits += [f"<= {self.max:g}"] if self.max is not None else []
        return f"{self.aggregate} of {self.metric} {' and '.join(limits)}"


@dataclass(frozen=True)
class Violation:
    """A threshold that a VM violates.

    ``value`` is None if the VM has no sample of the metric.
    """

    vm_id: str
    threshold: Threshold
    metric: str
    instance: str | None
    value: float | None


def parse_thresholds(items: Sequence[Mapping[str, Any]]) -> list[Threshold]:
    """Return thresholds from mappings.

    The keys are ``metric``, ``aggregate`` (``avg`` by default), ``max`` and ``min``.

    Raises: SpecError with all problems.
    """
    problems = Problems()
    thresholds = []
    for position, item in enumerate(items):
        path = f"thresholds[{position}]"
        how = str(item.get("aggregate") or "avg")
        try:
            aggregate([], how)
        except ValueError as exc:
            problems.add(f"{path}.aggregate", str(exc))
        if not str(item.get("metric") or "").strip():
            problems.add(f"{path}.metric", "is missing")
        limits = {name: _limit(item.get(name), f"{path}.{name}", problems) for name in ("max", "min")}
        if item.get("max") is None and item.get("min") is None:
            problems.add(path, "has neither max nor min")
        thresholds.append(Threshold(str(item.get("metric") or ""), how, **limits))
    problems.raise_if_any()
    return thresholds


def _limit(value: Any, path: str, problems: Problems) -> float | None:
    """Return a limit as a number. Numeric text is converted.

    NaN and other text are rejected, because no value would ever violate such a limit.
    """
    number = number_of(value)
    if value is not None and number is None:
        problems.add(path, f"a number was expected, not {value!r}")
    return number


def violations(
    vm_ids: Sequence[str], series: Sequence[Series], thresholds: Sequence[Threshold], *, missing_is_fine: bool = False
) -> list[Violation]:
    """Return the violations, in order of VMs and thresholds.

    A VM without the metric violates a threshold unless ``missing_is_fine`` is true.
    """
    violated = []
    for vm_id in vm_ids:
        for threshold in thresholds:
            matching = [item for item in series if item.vm_id == vm_id and matches(item.name, [threshold.metric])]
            if not matching and not missing_is_fine:
                violated.append(Violation(vm_id, threshold, threshold.metric, None, None))
            for item in matching:
                value = item.aggregate(threshold.aggregate)
                if value is None or not _is_within(value, threshold):
                    violated.append(Violation(vm_id, threshold, item.name, item.instance, value))
    return violated


def _is_within(value: float, threshold: Threshold) -> bool:
    return (threshold.max is None or value <= threshold.max) and (threshold.min is None or value >= threshold.min)
