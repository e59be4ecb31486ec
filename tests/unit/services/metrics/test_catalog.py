"""Names of metrics that nobody has are usage errors, with the nearest known names."""

from __future__ import annotations

import pytest

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.services.metrics.catalog import check_names, nearest_names


@pytest.mark.parametrize(
    ("word", "nearest"),
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
def test_the_nearest_name_comes_first(word: str, nearest: str) -> None:
    assert nearest_names(word)[0] == nearest
    with pytest.raises(ConfigurationError) as caught:
        check_names([word])
    assert caught.value.message == f"Unknown metric: {word!r}."
    assert caught.value.hint.startswith(f"Did you mean {nearest!r}")


def test_a_word_like_no_metric_gets_the_command_that_lists_them() -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_names(["cpu.ready.summation", "weather", "tides"])
    assert caught.value.message == "Unknown metric: 'weather', 'tides'."
    assert "vca metrics names" in caught.value.hint


@pytest.mark.parametrize("word", ["cpu.ready.summation", "cpu.*", "*.latest"])
def test_known_names_and_patterns_may_have_no_samples(word: str) -> None:
    check_names([word])
