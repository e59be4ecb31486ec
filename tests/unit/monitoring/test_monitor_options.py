"""Tests of the monitor options that a rulebook passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from vcloudair_core.errors import SpecError
from vcloudair_core.monitoring import read_options


def test_options_can_be_strings(tmp_path: Path) -> None:
    file = tmp_path / "web.yml"
    file.write_text("edge: web\nfirewall: {enabled: true}\n", encoding="utf-8")
    options = read_options(
        {"watch": "tasks, drift", "interval": "2.5", "confirm": "3", "with_past": "true", "url": "https://x.example",
         "documents": {"web": str(file), "db": {"vdc": "gold", "nat": {}}}},
    )  # fmt: skip
    assert options.watch == ("tasks", "drift")
    assert (options.interval_s, options.max_interval_s, options.confirm, options.with_past) == (2.5, 600, 3, True)
    assert options.documents == {"web": {"firewall": {"enabled": True}}, "db": {"nat": {}}}
    assert options.connection == {"url": "https://x.example"}


def test_max_interval_is_at_least_the_interval() -> None:
    assert read_options({"watch": ["tasks"], "interval": 3600}).max_interval_s == 3600


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "watch: at least one check is required: tasks, tunnels, replications, drift"),
        ({"watch": ["tunnel"]}, "watch: 'tunnel' is not one of .*did you mean 'tunnels'"),
        ({"watch": ["tasks"], "interval": 0}, "interval: expected a number of seconds, not 0"),
        ({"watch": ["tasks"], "interval": "often"}, "interval: expected a number of seconds"),
        ({"watch": ["tasks"], "confirm": 0}, "confirm: 0 is out of range"),
        ({"watch": ["drift"]}, "documents: the check 'drift' requires documents"),
        ({"watch": ["tasks"], "documents": {"web": {}}}, "documents: only the check 'drift' uses documents, so add"),
        ({"watch": ["drift"], "documents": ["web"]}, "documents: expected a mapping"),
        ({"watch": ["drift"], "documents": {"web": 7}}, "documents.web: expected a document or the path of a file"),
        ({"watch": ["drift"], "documents": {"web": "/nowhere.yml"}}, "documents.web: .*cannot be read"),
    ],
)
def test_invalid_option_is_reported(options: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        read_options(options)


def test_all_problems_are_reported_at_once() -> None:
    with pytest.raises(SpecError) as error:
        read_options({"watch": ["tunnel"], "interval": 0, "confirm": "x", "purge": "perhaps"})
    assert all(f"{name}:" in str(error.value) for name in ("watch", "interval", "confirm", "purge"))
