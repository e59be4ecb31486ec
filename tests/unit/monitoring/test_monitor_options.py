"""Parse the monitor options of a rulebook."""

from __future__ import annotations

from pathlib import Path

import pytest

from vcloudair_core.errors import SpecError
from vcloudair_core.monitoring import read_options


def test_a_rulebook_gives_texts(tmp_path: Path) -> None:
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


def test_the_longest_interval_is_no_shorter_than_the_interval() -> None:
    assert read_options({"watch": ["tasks"], "interval": 3600}).max_interval_s == 3600


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "watch: say what: tasks, tunnels, replications, drift"),
        ({"watch": ["tunnel"]}, "watch: 'tunnel' is not one of .*did you mean 'tunnels'"),
        ({"watch": ["tasks"], "interval": 0}, "interval: a number of seconds was expected, not 0"),
        ({"watch": ["tasks"], "interval": "often"}, "interval: a number of seconds"),
        ({"watch": ["tasks"], "confirm": 0}, "confirm: 0 is out of range"),
        ({"watch": ["drift"]}, "documents: is what drift is watched by"),
        ({"watch": ["tasks"], "documents": {"web": {}}}, "documents: is what drift is watched by"),
        ({"watch": ["drift"], "documents": ["web"]}, "documents: a mapping"),
        ({"watch": ["drift"], "documents": {"web": 7}}, "documents.web: a document or the name of a file"),
        ({"watch": ["drift"], "documents": {"web": "/nowhere.yml"}}, "documents.web: .*cannot be read"),
    ],
)
def test_what_is_wrong_is_said(given: dict[str, object], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        read_options(given)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(SpecError) as met:
        read_options({"watch": ["tunnel"], "interval": 0, "confirm": "x", "purge": "perhaps"})
    assert all(f"{name}:" in str(met.value) for name in ("watch", "interval", "confirm", "purge"))
