"""Check that no output contains secrets, even if they have unusual characters."""

from __future__ import annotations

import base64
import json
import logging
import os
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from vcloudair_core.app import App
from vcloudair_core.cli.main import run
from vcloudair_core.client import Client
from vcloudair_core.errors import VcloudAirError
from vcloudair_core.plugin.hooks import hookimpl
from vcloudair_core.simulator import Simulator, SimulatorConfig, SimulatorServer
from vcloudair_core.testing import simulator_settings
from vcloudair_core.util.redaction import secret_spellings

PASSWORDS = {
    "quotes": "zQ7'a\"b`c",
    "percent": "zQ7%s%20%(x)s",
    "lines": "zQ7 one\nzQ7 two",
    "slashes": "zQ7\\n\\\\x/y",
    "markup": "zQ7<a>&amp;]]>",
    "unicode": "zQ7\u00fc\u4e16\U0001f600",
    "digits": "4711081512345",
    "template": "zQ7{{ 7 * 7 }}$(id)",
    "colon": "zQ7:a@b:c",
    "stars": "***zQ7***",
}
KEY = 'zQ7 \'tis a "key"; <&> %s \\ 1'
"""Pre-shared key of a tunnel. The key is long and has only printable characters."""


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of an inventory file with one user for each test password."""
    users = [{"name": name, "password": password} for name, password in PASSWORDS.items()]
    vdc = {"name": "gold", "edges": [{"name": "web-edge"}], "vms": [{"name": "web", "vapp": "shop"}]}
    file = tmp_path_factory.mktemp("cloud") / "cloud.yml"
    file.write_text(yaml.safe_dump({"orgs": [{"name": "acme", "users": users, "vdcs": [vdc]}]}), encoding="utf-8")
    return str(file)


def forms(user: str, password: str) -> set[str]:
    """Return the secrets that must not leak, as plain text and as transmitted."""
    wire = base64.b64encode(f"{user}@acme:{password}".encode()).decode()
    spellings = {wire, *secret_spellings(password), *secret_spellings(KEY), password.split("\n")[0]}
    return {spelling for spelling in spellings if len(spelling) > 4}


def tunnel(**more: Any) -> dict[str, Any]:
    return {
        "name": "branch", "local_ip": "203.0.113.10", "local_subnets": ["192.168.1.0/24"], "peer_ip": "198.51.100.7",
        "peer_subnets": ["10.7.0.0/16"], "psk": KEY, **more,
    }  # fmt: skip


class AllRecords(logging.Handler):
    """A log handler that collects all records of all loggers as text."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())
        if record.exc_info:
            self.said.append("".join(traceback.format_exception(*record.exc_info)))


@pytest.fixture
def log_records(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect all log records at DEBUG level, with request and response bodies."""
    monkeypatch.setenv("VCA_TRACE", "1")
    handler, root = AllRecords(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler.said
    root.removeHandler(handler)
    root.setLevel(level)


def walk(client: Client) -> Iterator[Any]:
    """Run many operations, and yield the results and errors that programs can show."""
    target = {"edge": "web-edge"}
    ipsec = {"enabled": True, "tunnels": [tunnel()], "global_psk": KEY}
    for check in (True, False, False):
        outcome = client.ensure("ans.ipsec", ipsec, state="exact", target=target, check=check)
        yield outcome, outcome.plan, outcome.plan.diff(), outcome.plan.as_dict(), outcome.before, outcome.after
    yield client.read("ans.ipsec", target), client.edges.ipsec_status("web-edge")
    yield client.settings, client.settings.as_dict(), client.session, vars(client.session.identity)
    bad: list[Mapping[str, Any]] = [
        tunnel(peer_ip="nonsense"), tunnel(psk=KEY + "\n"), tunnel(psk=[KEY]), tunnel(psk={"a": KEY}),
        {"name": KEY}, tunnel(update_psk=KEY), tunnel(unknown=KEY),
    ]  # fmt: skip
    for number, spec in enumerate(bad):
        try:
            yield client.ensure("ans.ipsec_tunnel", spec, target=target, check=True).plan.as_dict()
        except VcloudAirError as exc:
            # An error shows the value of a field, so a key in a wrong field is visible in its error.
            if number < 4:
                yield exc, exc.as_dict(), "".join(traceback.format_exception(exc))
    for path in ("/api/none", "/api/query?type=none", f"/api/x?token={KEY}"):
        try:
            client.session.call("GET", path)
        except VcloudAirError as exc:
            yield exc, exc.as_dict(), "".join(traceback.format_exception(exc))


@pytest.mark.parametrize("user", PASSWORDS)
def test_library_output_has_no_secrets(user: str, inventory: str, log_records: list[str], tmp_path: Path) -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd", inventory_file=inventory))
    observed: list[Any] = []

    class Spy:
        """A plugin with a transport to the simulator, and with observers."""

        @hookimpl
        def vca_transport(self) -> Any:
            return simulator.transport()

        @hookimpl
        def vca_exchange_finished(self, exchange: Any) -> None:
            for message in (exchange.request, exchange.response):
                if message is not None:
                    observed.append((message, message.url, message.headers.pairs(), message.body))

        @hookimpl
        def vca_plan_ready(self, plan: Any, settings: Any) -> None:
            observed.append((plan.as_dict(), settings, plan.diff()))

    app = App()
    app.plugins.register(Spy(), "spy")
    settings = {
        **simulator_settings(simulator), "username": user, "org": "acme", "password": PASSWORDS[user],
        "session_cache": True, "cache_dir": str(tmp_path / "cache"), "state_dir": str(tmp_path / "state"),
    }  # fmt: skip
    with app.client(**settings) as client:
        texts = [f"{result!r} {result}" for results in walk(client) for result in results]
        token = next(iter(client.session._current()[0].headers.values())).reveal()
    wrong = {**settings, "password": PASSWORDS[user] + "x", "cache_dir": str(tmp_path / "other")}
    with app.client(**wrong) as client, pytest.raises(VcloudAirError) as caught:
        client.session.login()
    texts.append(f"{caught.value} {caught.value.as_dict()}" + "".join(traceback.format_exception(caught.value)))
    texts += log_records + [repr(value) for value in observed]
    assert len(log_records) > 20
    assert len(observed) > 10
    output = "\n".join(texts)
    for form in {*forms(user, PASSWORDS[user]), token}:
        assert form not in output, f"{form!r} in {_near(output, form)}"
    _assert_not_in_files(tmp_path, {*forms(user, PASSWORDS[user]), token})


def _near(text: str, word: str) -> str:
    position = text.index(word)
    return text[max(0, position - 200) : position + 200]


def _assert_not_in_files(folder: Path, secrets: set[str]) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes().decode("utf-8", "replace")
        for word in secrets:
            assert word not in content, f"{word!r} in {path}"


@pytest.fixture(scope="module")
def served(inventory: str) -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(profile="vcd", inventory_file=inventory)) as server:
        yield server


@pytest.mark.parametrize("user", PASSWORDS)
def test_command_line_output_has_no_secrets(
    user: str,
    served: SimulatorServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    served.simulator.reset()
    password = PASSWORDS[user]
    for name in [name for name in os.environ if name.startswith("VCA_")]:
        monkeypatch.delenv(name)
    env = {
        **served.env(), "VCA_USERNAME": user, "VCA_ORG": "acme", "VCA_PASSWORD": password, "VCA_TRACE": "1",
        "VCA_CACHE_DIR": str(tmp_path / "kept" / "cache"), "VCA_STATE_DIR": str(tmp_path / "kept" / "state"),
        "XDG_CONFIG_HOME": str(tmp_path), "VCA_VDC": "gold",
    }  # fmt: skip
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    document = tmp_path / "edge.json"
    document.write_text(json.dumps({"edge": "web-edge", "ipsec": {"enabled": True, "tunnels": [tunnel()]}}))
    out = str(tmp_path / "kept" / "plan.json")
    commands = (
        ["edge", "plan", str(document), "--out", out, "-v"],
        ["edge", "apply", str(document), "--yes", "-v"],
        ["edge", "export", "--edge", "web-edge", "-v"],
        ["ipsec", "list", "--edge", "web-edge", "-o", "json", "-v"],
        ["config", "-o", "json"],
        ["doctor", "-v"],
        ["query", "none", "-v"],
        ["whoami", "-v"],
        ["logout", "-v"],
    )
    codes = [run(command) for command in commands]
    assert codes == [2, 0, 0, 0, 0, 0, 64, 0, 0], "Only a plan with changes and an unknown record type may fail."
    monkeypatch.setenv("VCA_PASSWORD", password + "x")
    run(["whoami", "-v"])
    captured = capsys.readouterr()
    output = captured.out + captured.err
    assert "branch" in output
    assert "attempt 1" in output
    secrets = forms(user, password)
    for form in secrets:
        assert form not in output, f"{form!r} in {_near(output, form)}"
    _assert_not_in_files(tmp_path / "kept", secrets)


@pytest.mark.parametrize("user", ["quotes", "lines", "markup"])
def test_exporter_output_has_no_secrets(user: str, inventory: str, log_records: list[str]) -> None:
    from prometheus_client import generate_latest

    from vcloudair_core.monitoring.collector import Collector, registry_of
    from vcloudair_core.testing import simulated_app

    simulator = Simulator(SimulatorConfig(profile="vcd", inventory_file=inventory))
    settings = {**simulator_settings(simulator), "username": user, "org": "acme", "password": PASSWORDS[user]}
    with simulated_app(simulator).client(**settings) as client:
        collector = Collector(client)
        assert collector.collect_once()
        served = generate_latest(registry_of(collector)).decode()
        token = next(iter(client.session._current()[0].headers.values())).reveal()
    assert "vca_exporter" in served
    for form in {*forms(user, PASSWORDS[user]), token}:
        assert form not in served + "".join(log_records)
