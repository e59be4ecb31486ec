"""Tests of each monitoring check against a simulated cloud, including outages."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.monitoring.conftest import KEY, edge_of, fail_a_task, tunnel
from vcloudair_core.client import Client
from vcloudair_core.errors import AuthenticationError, NotFoundError, SpecError
from vcloudair_core.monitoring import Monitor, create_monitors, read_options
from vcloudair_core.simulator import Simulator
from vcloudair_core.simulator.edge.ipsec_routes import IPSEC
from vcloudair_core.testing import simulator_settings

Connect = Callable[[], Client]


def make_monitor(connect: Connect, check: str, **options: Any) -> Monitor:
    [monitor] = create_monitors(read_options({"watch": [check], **options}), connect)
    return monitor


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


# -- tasks -------------------------------------------------------------------------------------------------------


def test_failed_tasks_are_reported_once_with_the_reason(connect: Connect, cloud: Simulator) -> None:
    fail_a_task(cloud, "old")
    monitor = make_monitor(connect, "tasks")
    assert monitor.poll() == []
    cloud.clock.advance(5)
    ids = [fail_a_task(cloud, "web"), fail_a_task(cloud, "db", "No network.")]
    events = monitor.poll()
    assert types(events) == ["task_failed", "task_failed"]
    assert sorted(event["task"] for event in events) == sorted(ids)
    web = next(event for event in events if event["object"] == "web")
    assert web["message"].startswith("The storage is full.") and web["org"] == "org1"
    assert web["status"] == "error" and web["ended"] and web["observed_at"]
    assert json.loads(json.dumps(web)) == web
    for _ in range(3):
        cloud.clock.advance(60)
        assert monitor.poll() == []
    assert fail_a_task(cloud, "web") in [event["task"] for event in monitor.poll()]


def test_earlier_failures_are_reported_on_request(connect: Connect, cloud: Simulator) -> None:
    fail_a_task(cloud, "old")
    monitor = make_monitor(connect, "tasks", with_past=True)
    assert types(monitor.poll()) == ["task_failed"]
    assert monitor.poll() == []


def test_failures_during_an_outage_are_reported_afterwards(connect: Connect, cloud: Simulator) -> None:
    monitor = make_monitor(connect, "tasks")
    monitor.poll()
    cloud.faults.add("status", status=503, count=0)
    cloud.clock.advance(5)
    fail_a_task(cloud, "web")
    assert monitor.poll() == []
    cloud.faults.clear()
    assert types(monitor.poll()) == ["task_failed"]


def test_old_failures_are_not_fetched_at_every_poll(connect: Connect, cloud: Simulator) -> None:
    for number in range(300):
        fail_a_task(cloud, f"old {number}")
        cloud.clock.advance(1)
    monitor = make_monitor(connect, "tasks")
    assert monitor.poll() == []
    cloud.request_log.clear()
    assert monitor.poll() == []
    assert len(cloud.request_log.entries(path="/api/query")) == 1
    assert cloud.request_log.entries(path="/api/task/") == []


# -- tunnels -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("tunnels")
def test_tunnels_that_go_down_and_come_up(connect: Connect, cloud: Simulator) -> None:
    monitor = make_monitor(connect, "tunnels")
    assert monitor.poll() == []
    IPSEC.set_tunnel_down(edge_of(cloud), "branch 2", "no proposal chosen")
    [down] = monitor.poll()
    assert (down["type"], down["tunnel"], down["edge"]) == ("tunnel_down", "branch 2", "org1-vdc1-edge1")
    assert (down["status"], down["message"], down["peer_ip"]) == ("down", "no proposal chosen", "198.51.100.2")
    assert monitor.poll() == []
    IPSEC.set_tunnel_down(edge_of(cloud), "branch 2", "")
    [up] = monitor.poll()
    assert (up["type"], up["tunnel"], up["status"]) == ("tunnel_up", "branch 2", "up")
    assert monitor.poll() == []
    assert KEY not in json.dumps([down, up])


@pytest.mark.usefixtures("tunnels")
def test_tunnel_that_is_down_at_the_first_poll_is_reported(connect: Connect, cloud: Simulator) -> None:
    IPSEC.set_tunnel_down(edge_of(cloud), "branch 1", "no answer")
    assert types(make_monitor(connect, "tunnels", edges=["org1-vdc1-edge1"]).poll()) == ["tunnel_down"]


@pytest.mark.usefixtures("tunnels")
def test_disabled_tunnel_is_not_down(connect: Connect, cloud: Simulator) -> None:
    monitor = make_monitor(connect, "tunnels")
    monitor.poll()
    with connect() as client:
        client.ensure("ans.ipsec_tunnel", {"name": "branch 1", "enabled": False})
    assert monitor.poll() == []


@pytest.mark.usefixtures("tunnels")
@pytest.mark.parametrize("fault", ["status", "reset", "bad_json", "html", "truncated"])
def test_unreadable_edge_causes_no_event_and_one_warning(
    fault: str, connect: Connect, cloud: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    edge = edge_of(cloud)
    IPSEC.set_tunnel_down(edge, "branch 1", "no answer")
    monitor = make_monitor(connect, "tunnels")
    assert types(monitor.poll()) == ["tunnel_down"]
    cloud.faults.add(fault, path=edge.edge_id, count=0, **({"status": 503} if fault in ("status", "html") else {}))
    with caplog.at_level(logging.WARNING):
        assert monitor.poll() == [] and monitor.poll() == []
    assert len([record for record in caplog.records if "Polling tunnel_down failed" in record.message]) == 1
    cloud.faults.clear()
    assert monitor.poll() == []
    IPSEC.set_tunnel_down(edge, "branch 1", "")
    assert types(monitor.poll()) == ["tunnel_up"]


def test_missing_edge_is_fatal_in_the_first_poll_only(connect: Connect, cloud: Simulator) -> None:
    with pytest.raises(NotFoundError, match="Edge gateway not found: 'org1-vdc1-egde1'"):
        make_monitor(connect, "tunnels", edges=["org1-vdc1-egde1"]).poll()
    monitor = make_monitor(connect, "tunnels", edges=["org1-vdc1-edge1"])
    assert monitor.poll() == []
    edge = edge_of(cloud)
    edge.name = "renamed"
    assert monitor.poll() == []
    assert monitor.delay_s == 120


# -- replications ------------------------------------------------------------------------------------------------


def test_replications_that_fall_behind_and_catch_up(connect: Connect, cloud: Simulator) -> None:
    monitor = make_monitor(connect, "replications")
    assert monitor.poll() == []
    replication = next(iter(cloud.world.replications.values()))
    replication.lag_minutes = replication.rpo_minutes + 30
    [behind] = monitor.poll()
    expected = ("replication_behind", replication.name, 30)
    assert (behind["type"], behind["name"], behind["rpo_violation_minutes"]) == expected
    replication.lag_minutes += 60  # a larger lag is the same violation
    assert monitor.poll() == []
    replication.lag_minutes = 1
    assert types(monitor.poll()) == ["replication_caught_up"]


# -- drift -------------------------------------------------------------------------------------------------------

RULE = {"name": "web in", "source": ["external"], "destination": ["203.0.113.10"], "action": "accept"}


def test_drift_from_a_document_is_reported(connect: Connect) -> None:
    document = {"firewall": {"enabled": True, "rules": [RULE]}}
    monitor = make_monitor(connect, "drift", documents={"org1-vdc1-edge1": document})
    [drifted] = monitor.poll()
    assert (drifted["type"], drifted["edge"]) == ("edge_drifted", "org1-vdc1-edge1")
    assert drifted["plan"] == "1 to create" and "web in" in drifted["changes"][0]
    assert monitor.poll() == []
    with connect() as client:
        client.ensure("ans.edge", document)
    assert types(monitor.poll()) == ["edge_in_line"]
    with connect() as client:
        client.ensure("ans.firewall_rule", {"name": "web in", "action": "deny"})
    assert monitor.poll()[0]["plan"] == "1 to update"
    with connect() as client:
        client.ensure("ans.firewall_rule", {"name": "web in"}, state="absent")
    assert monitor.poll()[0]["plan"] == "1 to create", "a changed difference is a new event"


@pytest.mark.usefixtures("tunnels")
def test_pre_shared_keys_are_not_compared_and_in_no_event(connect: Connect) -> None:
    """Accept a document with any key or no key, because servers do not return keys."""
    for keyed in ({"psk": "another key"}, {"psk_file": "/nowhere/key"}, {}):
        plain = {name: value for name, value in tunnel(1).items() if name != "psk"}
        document = {"ipsec": {"enabled": True, "tunnels": [{**plain, **keyed}]}}
        monitor = make_monitor(connect, "drift", documents={"org1-vdc1-edge1": document})
        assert monitor.poll() == []
        with connect() as client:
            client.ensure("ans.ipsec_tunnel", {"name": "branch 1"}, state="absent")
        [drifted] = monitor.poll()
        assert drifted["plan"] == "1 to create" and "branch 1" in drifted["changes"][0]
        assert "key" not in json.dumps(drifted)
        with connect() as client:
            client.ensure("ans.ipsec", {"enabled": True, "tunnels": [tunnel(1)]})


def test_checks_write_nothing(connect: Connect, cloud: Simulator) -> None:
    document = {"firewall": {"rules": [RULE]}}
    options = {"documents": {"org1-vdc1-edge1": document}, "purge": True}
    monitor = make_monitor(connect, "drift", **options)
    for _ in range(3):
        monitor.poll()
    assert {entry.method for entry in cloud.request_log.entries() if "/session" not in entry.path} == {"GET"}


# -- the cloud as a whole ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["tasks", "tunnels", "replications"])
def test_polls_are_less_frequent_during_an_outage(kind: str, connect: Connect, cloud: Simulator) -> None:
    monitor = make_monitor(connect, kind, interval=10, max_interval=60)
    monitor.poll()
    cloud.faults.add("status", status=503, count=0)
    delays = []
    for _ in range(5):
        assert monitor.poll() == []
        delays.append(monitor.delay_s)
    assert delays == [20, 40, 60, 60, 60]
    cloud.faults.clear()
    assert monitor.poll() == []
    assert monitor.delay_s == 10


def test_refused_password_is_sent_once(app: Any, cloud: Simulator) -> None:
    monitor = make_monitor(lambda: app.client(**{**simulator_settings(cloud), "password": "wrong"}), "tasks")
    with pytest.raises(AuthenticationError) as error:
        monitor.poll()
    assert "wrong" not in str(error.value)
    assert len(cloud.request_log.entries(method="POST", path="/sessions")) == 1


def test_later_refused_sign_in_does_not_end_a_monitor(connect: Connect, cloud: Simulator) -> None:
    monitor = make_monitor(connect, "tasks", interval=10, max_interval=20)
    assert monitor.poll() == []
    cloud.sessions.expire_all()
    cloud.faults.add("status", status=401, path="sessions", method="POST", count=2)
    delays = []
    for _ in range(3):
        assert monitor.poll() == []
        delays.append(monitor.delay_s)
    assert delays == [60, 180, 10]
    fail_a_task(cloud, "web-1")
    assert [event["type"] for event in monitor.poll()] == ["task_failed"]


def test_only_one_of_several_monitors_signs_in_again(connect: Connect, cloud: Simulator) -> None:
    options = read_options({"watch": ["tasks", "replications", "tunnels"], "interval": 10, "max_interval": 20})
    monitors = create_monitors(options, connect)
    for monitor in monitors:
        monitor.poll()
    cloud.sessions.expire_all()
    cloud.faults.add("status", status=401, path="sessions", method="POST", count=2)
    first = len(cloud.request_log.entries(method="POST", path="/sessions"))
    for monitor in [*monitors, *monitors]:
        assert monitor.poll() == []
    sign_ins = [entry.status for entry in cloud.request_log.entries(method="POST", path="/sessions")[first:]]
    assert sign_ins[:2] == [401, 401] and 401 not in sign_ins[2:]
    assert [monitor.delay_s for monitor in monitors] == [180, 10, 10]


def test_expired_session_token_ends_a_monitor(app: Any, cloud: Simulator) -> None:
    with app.client(**simulator_settings(cloud)) as client:
        client.session.login()
        header = next(iter(client.session._credentials.headers.values())).reveal()
        token = {"token": header, "username": "", "password": ""}
        monitor = make_monitor(lambda: app.client(**{**simulator_settings(cloud), **token}), "tasks")
        assert monitor.poll() == []
        cloud.sessions.expire_all()
        with pytest.raises(AuthenticationError):
            monitor.poll()


def test_documents_are_validated_before_any_request(connect: Connect, cloud: Simulator) -> None:
    with pytest.raises(SpecError, match="actoin"):
        make_monitor(connect, "drift", documents={"web": {"firewall": {"rules": [{"name": "x", "actoin": "deny"}]}}})
    assert cloud.request_log.entries() == []
