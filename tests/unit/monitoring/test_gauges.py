"""Tests that dashboards and alert rules use only metrics in the reference."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from typing import Any

import pytest
import yaml

from tests.support.documents import ROOT
from vcloudair_core.monitoring.gauges import COLLECTORS, GAUGES

FOLDER = ROOT / "docs" / "monitoring"
PROMTOOL = shutil.which("promtool")
UNITS = ("_hertz", "_bytes", "_seconds")


def known() -> set[str]:
    """Return the metrics in the reference."""
    text = (ROOT / "docs" / "reference" / "exporter-metrics.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `(vca_\w+)`", text, re.MULTILINE))


def dashboard() -> dict[str, Any]:
    tree: dict[str, Any] = json.loads((FOLDER / "capacity.json").read_text(encoding="utf-8"))
    return tree


def test_every_gauge_is_in_the_reference() -> None:
    assert {gauge.name for gauge in GAUGES} <= known()
    assert {gauge.collector for gauge in GAUGES} == set(COLLECTORS)


def test_gauges_have_unique_names_and_base_units() -> None:
    assert [name for name, count in Counter(gauge.name for gauge in GAUGES).items() if count > 1] == []
    for gauge in GAUGES:
        assert not re.search(r"_(total|mb|mhz|minutes)$", gauge.name)
        assert gauge.about.endswith(".")
        assert gauge.labels[0] == "org"


def test_capacity_dashboard_asks_for_known_metrics_only() -> None:
    tree = dashboard()
    expressions = [target["expr"] for panel in tree["panels"] for target in panel["targets"]]
    expressions += [variable["definition"] for variable in tree["templating"]["list"] if "definition" in variable]
    assert {name for text in expressions for name in re.findall(r"vca_\w+", text)} <= known()


def test_panels_have_unique_ids_and_do_not_overlap() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = Counter(
        (column, row)
        for place in (panel["gridPos"] for panel in panels)
        for column in range(place["x"], place["x"] + place["w"])
        for row in range(place["y"], place["y"] + place["h"])
    )
    assert max(cells.values()) == 1
    assert max(column for column, _ in cells) == 23


def test_alerts_about_collectors_ask_for_known_metrics_only() -> None:
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    mine = ("vca-collectors", "vca-capacity", "vca-edges", "vca-replications", "vca-certificates")
    rules = [rule for group in groups if group["name"] in mine for rule in group["rules"]]
    assert {name for rule in rules for name in re.findall(r"vca_\w+", rule["expr"])} <= known()


@pytest.mark.skipif(not PROMTOOL, reason="promtool is not installed")
def test_alerts_fire_for_the_right_series() -> None:
    command = [str(PROMTOOL), "test", "rules", str(ROOT / "tests" / "data" / "alerts_test.yml")]
    result = subprocess.run(command, text=True, capture_output=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
