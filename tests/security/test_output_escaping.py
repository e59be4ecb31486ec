"""Check that terminals, spreadsheets and pages show cloud names as plain text."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import processes
from tests.support.recovery_events import run_events
from tests.support.simulated import signed_in
from vcloudair_core.cli.main import run
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer
from vcloudair_core.util.escaping import csv_text, has_harmful, on_one_line, visible, visible_json

NAMES = [
    "\x9b31mred\x9bm", "invoice\u202egpj.exe", "=cmd|' /C calc'!A0", "@SUM(1)", "+1-1", "-2+3", "two\u2028lines",
    "{{ 7*7 }}", "<script>alert(1)</script>", "../../etc/passwd", "\u2066hidden\u2069", "'quoted\" & co", "\x85next",
]  # fmt: skip
"""Hostile names that XML can contain. JSON, used for rules, can also contain ESC."""
RULE = "\x1b]0;pwned\x07rule\x1b[2J\r\x00"
HARMFUL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
COLORS = re.compile(r"\x1b\[[0-9;]*m")
PROGRESS = re.compile(r"\x1b\[(?:\?25[lh]|2K|[0-9]*A)|\r")
"""Escape sequences of rich's progress bars. No hostile name contains one of these."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorServer]:
    file = tmp_path_factory.mktemp("inventory") / "hostile.yml"
    vms = [{"name": name, "vapp": f"vapp {name}", "ip_address": f"192.168.1.{n}"} for n, name in enumerate(NAMES, 1)]
    vdc = {
        "name": "vdc\u202e1",
        "edges": [{"name": "edge\x9b31m"}],
        "vms": vms,
        "templates": [],
        "replications": [{"name": name} for name in NAMES],
    }
    users = [{"name": "demo", "password": "demo-password"}]
    file.write_text(json.dumps({"orgs": [{"name": "org1", "users": users, "vdcs": [vdc]}]}), encoding="utf-8")
    with SimulatorServer(SimulatorConfig(profile="vcd", inventory_file=str(file))) as server:
        yield server


@pytest.fixture
def cloud(served: SimulatorServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SimulatorServer:
    served.simulator.reset()
    env = {**served.env(), "VCA_EDGE_API": "network_json", "XDG_CONFIG_HOME": str(tmp_path)}
    for name in [name for name in os.environ if name.startswith("VCA_")]:
        monkeypatch.delenv(name)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    caller = signed_in(served.simulator, version="36.3")
    edge = next(iter(served.simulator.world.edges))
    path = f"/network/edges/{edge}/firewall/config"
    config = caller.json(path)
    rules = config.setdefault("firewallRules", {}).setdefault("firewallRules", [])
    rules.append({"name": RULE, "action": "accept", "enabled": True, "description": "x\x9b8m"})
    assert caller.put_json(path, config).status in (200, 204)
    return served


COMMANDS: tuple[tuple[str, ...], ...] = (
    ("query", "vm"),
    ("query", "vApp"),
    ("query", "orgVdc"),
    ("query", "edgeGateway"),
    ("edge", "list"),
    ("firewall", "list", "--edge", "edge\x9b31m"),
    ("edge", "export", "--edge", "edge\x9b31m"),
    ("dr", "list"),
    ("dr", "test", "--all", "--dry-run"),
    ("dr", "check", "--all"),
    ("metrics", "show", "--start", "5m"),
    ("query", "vm", "--where", "name=\x1b[2Jnone"),
    ("edge", "export", "--edge", "no\x1b[2J\x9b such"),
    ("whoami",),
)


@pytest.mark.parametrize("output", ["table", "json", "yaml", "csv"])
@pytest.mark.parametrize(
    "command", COMMANDS, ids=[" ".join(command[:3]).encode("ascii", "replace").decode() for command in COMMANDS]
)
def test_no_command_prints_control_sequences(
    command: tuple[str, ...], output: str, cloud: SimulatorServer, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run([*command, "-o", output])
    captured = capsys.readouterr()
    text = captured.out + captured.err
    # Expected failures: unknown edge gateway, untested recovery, no YAML for the metrics page.
    assert code in ((4,) if "no\x1b[2J\x9b such" in command else (0, 9) if command[:2] == ("dr", "check") else (0,)), (
        text
    )
    assert "Traceback" not in text
    assert "This is a bug" not in text, text
    assert not HARMFUL.search(text), repr(HARMFUL.findall(text))
    if code == 0 and output == "json":
        json.loads(captured.out)


def test_json_has_unchanged_names(cloud: SimulatorServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["query", "vm", "-o", "json"]) == 0
    assert {row["name"] for row in json.loads(capsys.readouterr().out)} == set(NAMES)


def test_terminal_output_has_no_control_sequences_of_names(cloud: SimulatorServer) -> None:
    """Assert that a terminal gets only the escape sequences of colors and progress."""
    for arguments in (("query", "vm"), ("dr", "list"), ("firewall", "list", "--edge", "edge\x9b31m")):
        output = on_terminal(arguments, os.environ)
        plain_output = PROGRESS.sub("", COLORS.sub("", output))
        assert not HARMFUL.search(plain_output), repr(HARMFUL.findall(plain_output))
        assert "\\x9b31m" in plain_output or "\\x1b]0;pwned" in plain_output, plain_output


def on_terminal(arguments: tuple[str, ...], env: Mapping[str, str]) -> str:
    code = "from vcloudair_core.cli.main import main; main()"
    outer, inner = pty.openpty()
    try:
        completed = processes.Process(
            [sys.executable, "-c", code, *arguments], stdin=inner, stdout=inner, stderr=inner,
            env={**env, "TERM": "xterm-256color", "COLUMNS": "200"},
        )  # fmt: skip
        os.close(inner)
        read = b""
        while True:
            try:
                chunk = os.read(outer, 65_536)
            except OSError:
                break
            if not chunk:
                break
            read += chunk
        completed.wait(timeout=60)
    finally:
        os.close(outer)
    return read.decode("utf-8", "replace")


def test_live_view_escapes_names() -> None:
    from rich.console import Console

    from vcloudair_core.cli.commands.dr.run_view import RunView

    names = {number: f"{name}{RULE}" for number, name in enumerate(NAMES)}
    view = RunView()
    for event in run_events(vms=len(NAMES), failed=[0, 3], failing_step=True, names=names):
        view.update(
            {
                "key": "./before/0",
                "is_final": True,
                **event,
                **{key: f"{event[key]}{RULE}" for key in ("reason",) if event.get(key)},
            }
        )
        screen = Console(file=io.StringIO(), force_terminal=True, width=200)
        with screen.capture() as captured:
            screen.print(view)
        output = COLORS.sub("", captured.get()).replace("\n", "")
        assert not HARMFUL.search(output), repr(HARMFUL.findall(output))


def test_warnings_and_errors_escape_names(capsys: pytest.CaptureFixture[str]) -> None:
    import logging

    from vcloudair_core.cli.main import _warnings_shown, report
    from vcloudair_core.errors import ConfigurationError

    report(ConfigurationError(f"No {RULE}.", hint=f"Try {RULE}"))
    with _warnings_shown():
        logging.getLogger("vcloudair_core.x").warning("The stage %s waits", RULE)
    captured = capsys.readouterr()
    assert not HARMFUL.search(captured.out + captured.err)
    assert "\\x1b]0;pwned\\x07rule" in captured.err


def test_task_progress_escapes_names() -> None:
    from vcloudair_core.cli.display.task_progress import TaskProgress
    from vcloudair_core.session.tasks import Task

    stream = io.StringIO()
    TaskProgress(stream).vca_task_progressed(Task("h", "running\nfake prompt$ ", operation=f"Deploying {RULE}"))
    assert not HARMFUL.search(stream.getvalue().replace("\r", ""))
    assert "\n" not in stream.getvalue()


# -- escaping functions --------------------------------------------------------------------------------------------


@given(st.text(st.characters(), max_size=80))
def test_escaped_text_has_no_control_characters(text: str) -> None:
    for escaped in (visible(text), on_one_line(text)):
        assert not HARMFUL.search(escaped)
        escaped.encode("utf-8")
    assert "\n" not in on_one_line(text)
    if text.isprintable():
        assert visible(text) == on_one_line(text) == text
    assert has_harmful(text) == (visible(text) != text)


@given(
    st.recursive(
        st.text(st.characters()) | st.integers() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_escaped_json_keeps_its_value(tree: Any) -> None:
    escaped = visible_json(json.dumps(tree, ensure_ascii=False))
    assert json.loads(escaped) == tree
    assert not HARMFUL.search(escaped)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"), ("+1-1", "'+1-1"), ("-2+3", "'-2+3"), ("@SUM(1)", "'@SUM(1)"), ("\t=1", "'\t=1"),
        ("-5", "-5"), ("+5.5e3", "+5.5e3"), (-5, "-5"), ("a=1", "a=1"), ("", ""), (None, ""), ("- web", "'- web"),
        ("\r=1", "'\\r=1"),
    ],
)  # fmt: skip
def test_csv_cells_are_not_formulas(value: Any, cell: str) -> None:
    (read,) = list(csv.reader(io.StringIO(csv_text([value, "end"]))))
    assert read == [cell, "end"]


@given(st.lists(st.text(st.characters()), min_size=1, max_size=5))
def test_csv_line_keeps_the_number_of_cells(values: list[str]) -> None:
    (read,) = list(csv.reader(io.StringIO(csv_text([*values, "end"]), newline="")))
    assert len(read) == len(values) + 1
    assert all(not cell or cell[0] not in "=@\t" or cell[0] == "'" for cell in read)


def test_metrics_exports_have_no_formulas() -> None:
    from datetime import datetime, timezone

    from vcloudair_core.services.metrics.export import as_text
    from vcloudair_core.services.metrics.model import Series

    series = [Series("vm-1", "=cmd", None, "@1", 60, (datetime(2026, 1, 1, tzinfo=timezone.utc),), (-5.0,), "vca")]
    vms = {"vm-1": {"name": "=HYPERLINK(1)", "vapp": RULE, "vdc": "-1+1"}}
    for form in ("csv", "jsonl", "openmetrics"):
        text = "\n".join(as_text(form, series, vms))
        assert form == "openmetrics" or not HARMFUL.search(text)
    rows = list(csv.reader(io.StringIO("\n".join(as_text("csv", series, vms)))))
    assert rows[1][1] == "'=HYPERLINK(1)"
    assert rows[1][-1] == "-5.0"
    assert all(not cell.startswith(("=", "@")) for cell in rows[1])


Render = Callable[[list[dict[str, Any]]], bytes]


@pytest.mark.parametrize("form", ["html", "junit", "json"])
def test_reports_escape_names(form: str) -> None:
    from lxml import etree

    from vcloudair_core.recovery.report.report_files import rendered
    from vcloudair_core.recovery.report.run_report import report_of

    hostile = [*NAMES, "</title><img src=x onerror=alert(1)>", "javascript:alert(1)", "\x00\x1b]]>", "\" onload='x"]
    events = run_events(vms=len(hostile), failed=[0, 1], failing_step=True, names=dict(enumerate(hostile)))
    for event in events:
        for key in ("reason", "hint", "output", "task"):
            if isinstance(event.get(key), str) and event[key]:
                event[key] = f"{event[key]}<script>alert(2)</script>]]>{RULE}"
    page = rendered(report_of(events), form)
    if form == "json":
        assert json.loads(page)
        return
    if form == "junit":
        etree.fromstring(page)
        return
    text = page.decode()
    assert "<script" not in text.lower()
    assert "<img" not in text.lower()
    tree = etree.HTML(text)
    assert tree is not None
    for element in tree.iter(etree.Element):
        assert not [name for name in element.attrib if str(name).lower().startswith("on")], element.attrib
        # The empty icon prevents a request of the browser.
        assert element.get("href", "#")[:1] == "#" or element.get("href") == "data:,", element.attrib
