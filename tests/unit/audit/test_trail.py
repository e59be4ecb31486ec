"""Tests of the records of writes, made with the simulator."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from vcloudair_core.app import App
from vcloudair_core.audit.history import entries_of
from vcloudair_core.audit.log_file import read_records
from vcloudair_core.audit.record import KEYS
from vcloudair_core.client import Client
from vcloudair_core.errors import ApiError, PlanRejectedError, SpecError, TransportError
from vcloudair_core.plugin.hooks import hookimpl
from vcloudair_core.simulator import Simulator
from vcloudair_core.testing import RequestView, simulated_app, simulator_settings
from vcloudair_core.transport.messages import Exchange
from vcloudair_core.util.clock import FakeClock

RULE = "ans.firewall_rule"
CONFIG = "/firewall/config"
PSK = "canary-psk-5f1d"
TUNNEL = {
    "name": "hq",
    "local_id": "203.0.113.1",
    "local_ip": "203.0.113.1",
    "local_subnets": ["10.0.0.0/24"],
    "peer_id": "198.51.100.7",
    "peer_ip": "198.51.100.7",
    "peer_subnets": ["10.9.0.0/24"],
    "psk": PSK,
}


@pytest.fixture
def client(vca_simulator: Simulator, tmp_path: Path) -> Iterator[Client]:
    with opened(simulated_app(vca_simulator), vca_simulator, tmp_path) as client:
        yield client


def opened(app: App, simulator: Simulator, folder: Path, **more: Any) -> Client:
    settings = {**simulator_settings(simulator), "audit_log": True, "state_dir": str(folder), **more}
    client = app.client(**settings)
    client.session.clock = client.session._pipeline.clock = FakeClock()
    return client


def records(folder: Path) -> list[dict[str, Any]]:
    return list(read_records(folder / "audit"))


def entry(folder: Path) -> dict[str, Any]:
    (only,) = entries_of(records(folder))
    return only


def first_edge(simulator: Simulator) -> Any:
    return next(iter(simulator.world.edges.values()))


def test_a_write_is_recorded_at_its_start_and_at_its_end(
    client: Client, vca_simulator: Simulator, tmp_path: Path
) -> None:
    client.session.program = "vca edge apply"
    client.ensure(RULE, {"name": "web in", "source": "10.0.0.1"})
    start, end = records(tmp_path)
    assert list(start) == list(end) == list(KEYS)
    assert (start["event"], start["result"], start["written"], end["event"]) == ("start", "", None, "end")
    assert start["id"] == end["id"]
    identity = client.session.identity
    edge = first_edge(vca_simulator)
    expected = {
        "user": identity.user,
        "org": identity.org_name,
        "cloud": identity.base_url,
        "program": "vca edge apply",
        "kind": RULE,
        "target": f"edge gateway {edge.name}",
        "edge": edge.name,
        "edge_id": edge.edge_id,
        "summary": "1 to create",
        "result": "changed",
        "written": True,
        "lost_response": "",
        "writes": 1,
        "error": None,
    }
    assert {key: end[key] for key in expected} == expected
    assert end["changes"][0]["after"]["source"] == ["10.0.0.1"]
    assert all(end[key] for key in ("os_user", "host", "pid"))
    assert end["started"].endswith("Z")


def test_request_ids_are_those_that_the_server_sent(vca_simulator: Simulator, tmp_path: Path) -> None:
    sent: list[str] = []

    class Observer:
        @hookimpl
        def vca_exchange_finished(self, exchange: Exchange) -> None:
            if exchange.request.method == "PUT" and exchange.response is not None:
                sent.append(exchange.response.request_id)

    app = simulated_app(vca_simulator)
    app.plugins.register(Observer(), "observer")
    with opened(app, vca_simulator, tmp_path) as client:
        client.ensure(RULE, {"name": "web in"})
    assert entry(tmp_path)["request_ids"] == sent
    assert all(sent)
    assert len(sent) == 1


def test_unchanged_checked_refused_and_rejected_calls_are_not_recorded(
    vca_simulator: Simulator, tmp_path: Path
) -> None:
    class Strict:
        @hookimpl
        def vca_plan_ready(self, plan: Any) -> None:
            if any(change.identity == "bad" for change in plan.changes):
                raise PlanRejectedError("no")

    app = simulated_app(vca_simulator)
    app.plugins.register(Strict(), "strict")
    with opened(app, vca_simulator, tmp_path) as client:
        client.ensure(RULE, {"name": "a"}, check=True)
        client.stage(RULE, {"name": "a"}, stage_id="run")
        client.commit_stage("run", check=True)
        with pytest.raises(SpecError):
            client.ensure(RULE, {"name": "a", "action": "maybe"})
        with pytest.raises(PlanRejectedError):
            client.ensure(RULE, {"name": "bad"})
        client.ensure(RULE, {"name": "absent"}, state="absent")
    assert not (tmp_path / "audit").exists()


def test_the_audit_log_adds_no_requests(vca_simulator: Simulator, vca_request_log: RequestView, tmp_path: Path) -> None:
    calls = {}
    for is_on in (False, True):
        vca_request_log.clear()
        with opened(simulated_app(vca_simulator), vca_simulator, tmp_path, audit_log=is_on) as client:
            client.ensure(RULE, {"name": f"rule {is_on}"})
        calls[is_on] = vca_request_log.calls
    assert calls[True] == calls[False]
    assert len(records(tmp_path)) == 2


def test_a_lost_response_that_is_resolved_by_reading_is_recorded_as_such(
    client: Client, vca_simulator: Simulator, tmp_path: Path
) -> None:
    vca_simulator.faults.add("reset_after", method="PUT", path=CONFIG, count=1)
    client.ensure(RULE, {"name": "ours"})
    recorded = entry(tmp_path)
    assert (recorded["result"], recorded["written"], recorded["lost_response"]) == ("changed", True, "resolved")


def test_a_lost_response_that_cannot_be_resolved_is_unknown(
    client: Client, vca_simulator: Simulator, tmp_path: Path
) -> None:
    client.session.login()
    vca_simulator.faults.add("reset_after", method="PUT", path=CONFIG, count=1)
    vca_simulator.faults.add("reset", method="GET", path=CONFIG, skip=1, count=0)
    with pytest.raises(TransportError):
        client.ensure(RULE, {"name": "ours"})
    recorded = entry(tmp_path)
    assert (recorded["result"], recorded["written"], recorded["lost_response"]) == ("unknown", "unknown", "unresolved")
    assert recorded["error"]["message"]


def test_a_refused_write_is_recorded_as_failed(client: Client, vca_simulator: Simulator, tmp_path: Path) -> None:
    vca_simulator.faults.add("status", method="PUT", path=CONFIG, status=403, count=0)
    with pytest.raises(ApiError):
        client.ensure(RULE, {"name": "ours"})
    recorded = entry(tmp_path)
    assert (recorded["result"], recorded["written"], recorded["error"]["error"]) == (
        "failed",
        False,
        "PermissionDeniedError",
    )


def test_a_stopped_program_records_an_unknown_result(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vcloudair_core.services.ans.section.store import SectionStore

    def stop(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(SectionStore, "commit", stop)
    with pytest.raises(KeyboardInterrupt):
        client.ensure(RULE, {"name": "ours"})
    assert (entry(tmp_path)["result"], entry(tmp_path)["event"]) == ("unknown", "end")


def test_an_edge_document_and_a_commit_of_staged_changes_are_recorded(client: Client, tmp_path: Path) -> None:
    client.ensure("ans.edge", {"firewall": {"rules": [{"name": "a"}]}, "nat": {"enabled": True}})
    client.stage(RULE, {"name": "b"}, stage_id="run")
    client.stage(RULE, {"name": "c"}, stage_id="run")
    client.commit_stage("run")
    document, commit = entries_of(records(tmp_path))
    assert (document["kind"], document["result"]) == ("ans.edge", "changed")
    assert (commit["kind"], commit["summary"], commit["writes"]) == (RULE, "2 to create", 1)


def test_secrets_are_hidden(client: Client, tmp_path: Path) -> None:
    client.ensure("ans.ipsec_tunnel", TUNNEL)
    text = (tmp_path / "audit" / "audit.jsonl").read_text(encoding="utf-8")
    assert entry(tmp_path)["result"] == "changed"
    for secret in (PSK, *(secret.reveal() for secret in client.session.secrets())):
        assert secret not in text


def test_a_password_in_a_rule_name_is_hidden(client: Client, tmp_path: Path) -> None:
    password = client.settings.required_secret("password").reveal()
    client.ensure(RULE, {"name": f"rule {password}"})
    assert entry(tmp_path)["changes"][0]["identity"] == "rule ***"


def test_no_file_is_written_if_the_audit_log_is_off(vca_simulator: Simulator, tmp_path: Path) -> None:
    with opened(simulated_app(vca_simulator), vca_simulator, tmp_path, audit_log=False) as client:
        client.ensure(RULE, {"name": "ours"})
    assert not (tmp_path / "audit").exists()


def test_files_are_private(client: Client, tmp_path: Path) -> None:
    client.ensure(RULE, {"name": "ours"})
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "audit", tmp_path / "audit" / "audit.jsonl")]
    assert modes == [0o700, 0o600]


def test_a_full_disk_warns_and_does_not_stop_the_write(
    client: Client,
    vca_simulator: Simulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    from vcloudair_core.audit.log_file import LogFile

    def full(self: LogFile, line: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(LogFile, "_append", full)
    assert client.ensure(RULE, {"name": "ours"}).changed
    assert [rule["name"] for rule in first_edge(vca_simulator).firewall["user"]] == ["ours"]
    warnings = [record.getMessage() for record in caplog.records if "audit log" in record.getMessage()]
    assert len(warnings) == 1
    assert "the disk is full" in warnings[0]


def test_hooks_get_the_record_of_the_end_even_if_the_file_is_off(vca_simulator: Simulator, tmp_path: Path) -> None:
    received: list[Mapping[str, Any]] = []

    class Collector:
        @hookimpl
        def vca_write_finished(self, record: Mapping[str, Any]) -> None:
            received.append(record)
            raise ValueError("a broken plugin")

    app = simulated_app(vca_simulator)
    app.plugins.register(Collector(), "collector")
    with opened(app, vca_simulator, tmp_path, audit_log=False) as client:
        assert client.ensure(RULE, {"name": "ours"}).changed
    (record,) = received
    assert (record["event"], record["result"]) == ("end", "changed")
    assert json.dumps(record)


def test_programs_for_vcloudair_are_recorded(client: Client, tmp_path: Path) -> None:
    firewall = client.edges.firewall(client.edges.list_edges()[0].name)
    firewall.get_config()
    firewall.save_config()
    recorded = entry(tmp_path)
    assert (recorded["kind"], recorded["summary"], recorded["result"]) == ("ans.firewall", "whole section", "changed")
