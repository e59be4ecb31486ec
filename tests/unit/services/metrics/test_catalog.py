"""Check that an unknown metric name is a usage error that suggests similar names."""

from __future__ import annotations

import pytest

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.services.metrics.catalog import check_names, nearest_names


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("cpuusage", "cpu.usage.average"),
        ("cpu.usage", "cpu.usage.average"),
        ("CPU.Usage.Maximum", "cpu.usage.maximum"),
        ("memusage", "mem.usage.average"),
        ("disk.reads", "disk.read.average"),
        ("net.recieved.average", "net.received.average"),
        ("cpuready", "cpu.ready.summation"),
    ],
)
def test_the_most_similar_name_comes_first(name: str, nearest: str) -> None:
    assert nearest_names(name)[0] == nearest
    with pytest.raises(ConfigurationError) as caught:
        check_names([name])
    assert caught.value.message == f"Unknown metric: {name!r}."
    assert caught.value.hint.startswith(f"Did you mean {nearest!r}")


def test_without_similar_names_the_hint_has_the_command_that_lists_metrics() -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_names(["cpu.ready.summation", "weather", "tides"])
    assert caught.value.message == "Unknown metric: 'weather', 'tides'."
    assert "vca metrics names" in caught.value.hint


@pytest.mark.parametrize("name", ["cpu.ready.summation", "cpu.*", "*.latest"])
def test_known_names_and_patterns_may_have_no_samples(name: str) -> None:
    check_names([name])
