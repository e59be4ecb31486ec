"""Each kind of thing that is watched, in a simulated cloud that changes, breaks and comes back."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.monitoring.conftest import KEY, edge_of, fail_a_task, tunnel
from vcloudair_core.client import Client
from vcloudair_core.errors import AuthenticationError, NotFoundError, SpecError
from vcloudair_core.monitoring import Monitor, read_options, watchers
from vcloudair_core.simulator import Simulator
from vcloudair_core.simulator.edge.ipsec_routes import IPSEC
from vcloudair_core.testing import simulator_settings

Connect = Callable[[], Client]


def watcher(connect: Connect, kind: str, **options: Any) -> Monitor:
    [made] = watchers(read_options({"watch": [kind], **options}), connect)
    return made


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


# -- tasks -------------------------------------------------------------------------------------------------------


def test_tasks_that_fail_are_told_once_with_the_reason(connect: Connect, cloud: Simulator) -> None:
    fail_a_task(cloud, "old")
    watching = watcher(connect, "tasks")
    assert watching.poll() == []
    cloud.clock.advance(5)
    ids = [fail_a_task(cloud, "web"), fail_a_task(cloud, "db", "No network.")]
    events = watching.poll()
    assert types(events) == ["task_failed", "task_failed"]
    assert sorted(event["task"] for event in events) == sorted(ids)
    web = next(event for event in events if event["object"] == "web")
    assert web["message"].startswith("There was no room.") and web["org"] == "org1"
    assert web["status"] == "error" and web["ended"] and web["observed_at"]
    assert json.loads(json.dumps(web)) == web
    for _ in range(3):
        cloud.clock.advance(60)
        assert watching.poll() == []
    assert fail_a_task(cloud, "web") in [event["task"] for event in watching.poll()]


def test_the_past_on_request(connect: Connect, cloud: Simulator) -> None:
    fail_a_task(cloud, "old")
    watching = watcher(connect, "tasks", with_past=True)
    assert types(watching.poll()) == ["task_failed"]
    assert watching.poll() == []


def test_what_failed_during_an_outage_is_told_afterwards(connect: Connect, cloud: Simulator) -> None:
    watching = watcher(connect, "tasks")
    watching.poll()
    cloud.faults.add("status", status=503, count=0)
    cloud.clock.advance(5)
    fail_a_task(cloud, "web")
    assert watching.poll() == []
    cloud.faults.clear()
    assert types(watching.poll()) == ["task_failed"]


def test_old_failures_are_not_fetched_again_and_again(connect: Connect, cloud: Simulator) -> None:
    for number in range(300):
        fail_a_task(cloud, f"old {number}")
        cloud.clock.advance(1)
    watching = watcher(connect, "tasks")
    assert watching.poll() == []
    cloud.request_log.clear()
    assert watching.poll() == []
    assert len(cloud.request_log.entries(path="/api/query")) == 1
    assert cloud.request_log.entries(path="/api/task/") == []


# -- tunnels -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("tunnels")
def test_tunnels_that_go_down_and_come_up(connect: Connect, cloud: Simulator) -> None:
    watching = watcher(connect, "tunnels")
    assert watching.poll() == []
    IPSEC.put_down(edge_of(cloud), "branch 2", "no proposal chosen")
    [down] = watching.poll()
    assert (down["type"], down["tunnel"], down["edge"]) == ("tunnel_down", "branch 2", "org1-vdc1-edge1")
    assert (down["status"], down["message"], down["peer_ip"]) == ("down", "no proposal chosen", "198.51.100.2")
    assert watching.poll() == []
    IPSEC.put_down(edge_of(cloud), "branch 2", "")
    [up] = watching.poll()
    assert (up["type"], up["tunnel"], up["status"]) == ("tunnel_up", "branch 2", "up")
    assert watching.poll() == []
    assert KEY not in json.dumps([down, up])


@pytest.mark.usefixtures("tunnels")
def test_one_that_is_down_already_is_told(connect: Connect, cloud: Simulator) -> None:
    IPSEC.put_down(edge_of(cloud), "branch 1", "no answer")
    assert types(watcher(connect, "tunnels", edges=["org1-vdc1-edge1"]).poll()) == ["tunnel_down"]


@pytest.mark.usefixtures("tunnels")
def test_switched_off_is_not_down(connect: Connect, cloud: Simulator) -> None:
    watching = watcher(connect, "tunnels")
    watching.poll()
    with connect() as client:
        client.ensure("ans.ipsec_tunnel", {"name": "branch 1", "enabled": False})
    assert watching.poll() == []


@pytest.mark.usefixtures("tunnels")
@pytest.mark.parametrize("fault", ["status", "reset", "bad_json", "html", "truncated"])
def test_an_edge_that_cannot_be_read_makes_no_event_and_hides_no_other(
    fault: str, connect: Connect, cloud: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    edge = edge_of(cloud)
    IPSEC.put_down(edge, "branch 1", "no answer")
    watching = watcher(connect, "tunnels")
    assert types(watching.poll()) == ["tunnel_down"]
    cloud.faults.add(fault, path=edge.edge_id, count=0, **({"status": 503} if fault in ("status", "html") else {}))
    with caplog.at_level(logging.WARNING):
        assert watching.poll() == [] and watching.poll() == []
    assert len([record for record in caplog.records if "could not be read" in record.message]) == 1
    cloud.faults.clear()
    assert watching.poll() == []
    IPSEC.put_down(edge, "branch 1", "")
    assert types(watching.poll()) == ["tunnel_up"]


def test_an_edge_that_is_not_there_is_a_mistake_at_first_and_an_outage_later(
    connect: Connect, cloud: Simulator
) -> None:
    with pytest.raises(NotFoundError, match="There is no edge gateway 'org1-vdc1-egde1'"):
        watcher(connect, "tunnels", edges=["org1-vdc1-egde1"]).poll()
    watching = watcher(connect, "tunnels", edges=["org1-vdc1-edge1"])
    assert watching.poll() == []
    edge = edge_of(cloud)
    edge.name = "renamed"
    assert watching.poll() == []
    assert watching.delay_s == 120


# -- replications ------------------------------------------------------------------------------------------------


def test_replications_that_fall_behind_and_catch_up(connect: Connect, cloud: Simulator) -> None:
    watching = watcher(connect, "replications")
    assert watching.poll() == []
    one = next(iter(cloud.world.replications.values()))
    one.lag_minutes = one.rpo_minutes + 30
    [behind] = watching.poll()
    assert (behind["type"], behind["name"], behind["rpo_violation_minutes"]) == ("replication_behind", one.name, 30)
    one.lag_minutes += 60  # it gets worse, which is no other occurrence
    assert watching.poll() == []
    one.lag_minutes = 1
    assert types(watching.poll()) == ["replication_caught_up"]


# -- drift -------------------------------------------------------------------------------------------------------

RULE = {"name": "web in", "source": ["external"], "destination": ["203.0.113.10"], "action": "accept"}


def test_an_edge_that_differs_from_its_document(connect: Connect) -> None:
    document = {"firewall": {"enabled": True, "rules": [RULE]}}
    watching = watcher(connect, "drift", documents={"org1-vdc1-edge1": document})
    [drifted] = watching.poll()
    assert (drifted["type"], drifted["edge"]) == ("edge_drifted", "org1-vdc1-edge1")
    assert drifted["plan"] == "1 to create" and "web in" in drifted["changes"][0]
    assert watching.poll() == []
    with connect() as client:
        client.ensure("ans.edge", document)
    assert types(watching.poll()) == ["edge_in_line"]
    with connect() as client:
        client.ensure("ans.firewall_rule", {"name": "web in", "action": "deny"})
    assert watching.poll()[0]["plan"] == "1 to update"
    with connect() as client:
        client.ensure("ans.firewall_rule", {"name": "web in"}, state="absent")
    assert watching.poll()[0]["plan"] == "1 to create", "another difference is another event"


@pytest.mark.usefixtures("tunnels")
def test_keys_are_no_difference_and_in_no_event(connect: Connect) -> None:
    """Whatever key a document has, or none at all: nobody can see which one is right."""
    for keyed in ({"psk": "another key"}, {"psk_file": "/nowhere/key"}, {}):
        plain = {name: value for name, value in tunnel(1).items() if name != "psk"}
        document = {"ipsec": {"enabled": True, "tunnels": [{**plain, **keyed}]}}
        watching = watcher(connect, "drift", documents={"org1-vdc1-edge1": document})
        assert watching.poll() == []
        with connect() as client:
            client.ensure("ans.ipsec_tunnel", {"name": "branch 1"}, state="absent")
        [drifted] = watching.poll()
        assert drifted["plan"] == "1 to create" and "branch 1" in drifted["changes"][0]
        assert "key" not in json.dumps(drifted)
        with connect() as client:
            client.ensure("ans.ipsec", {"enabled": True, "tunnels": [tunnel(1)]})


def test_looking_writes_nothing(connect: Connect, cloud: Simulator) -> None:
    document = {"firewall": {"rules": [RULE]}}
    options = {"documents": {"org1-vdc1-edge1": document}, "purge": True}
    watching = watcher(connect, "drift", **options)
    for _ in range(3):
        watching.poll()
    assert {entry.method for entry in cloud.request_log.entries() if "/api/session" not in entry.path} == {"GET"}


# -- the cloud as a whole ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["tasks", "tunnels", "replications"])
def test_looks_come_less_often_while_the_cloud_is_away(kind: str, connect: Connect, cloud: Simulator) -> None:
    watching = watcher(connect, kind, interval=10, max_interval=60)
    watching.poll()
    cloud.faults.add("status", status=503, count=0)
    delays = []
    for _ in range(5):
        assert watching.poll() == []
        delays.append(watching.delay_s)
    assert delays == [20, 40, 60, 60, 60]
    cloud.faults.clear()
    assert watching.poll() == []
    assert watching.delay_s == 10


def test_a_password_that_is_refused_is_not_sent_again(app: Any, cloud: Simulator) -> None:
    watching = watcher(lambda: app.client(**{**simulator_settings(cloud), "password": "wrong"}), "tasks")
    with pytest.raises(AuthenticationError) as met:
        watching.poll()
    assert "wrong" not in str(met.value)
    assert len(cloud.request_log.entries(method="POST", path="/api/sessions")) == 1


def test_a_refused_sign_in_later_does_not_end_a_watcher(connect: Connect, cloud: Simulator) -> None:
    watching = watcher(connect, "tasks", interval=10, max_interval=20)
    assert watching.poll() == []
    cloud.sessions.expire_all()
    cloud.faults.add("status", status=401, path="sessions", method="POST", count=2)
    delays = []
    for _ in range(3):
        assert watching.poll() == []
        delays.append(watching.delay_s)
    assert delays == [60, 180, 10]
    fail_a_task(cloud, "web-1")
    assert [event["type"] for event in watching.poll()] == ["task_failed"]


def test_of_several_watchers_one_signs_in_again(connect: Connect, cloud: Simulator) -> None:
    options = read_options({"watch": ["tasks", "replications", "tunnels"], "interval": 10, "max_interval": 20})
    made = watchers(options, connect)
    for watching in made:
        watching.poll()
    cloud.sessions.expire_all()
    cloud.faults.add("status", status=401, path="sessions", method="POST", count=2)
    first = len(cloud.request_log.entries(method="POST", path="/api/sessions"))
    for watching in [*made, *made]:
        assert watching.poll() == []
    sign_ins = [entry.status for entry in cloud.request_log.entries(method="POST", path="/api/sessions")[first:]]
    assert sign_ins[:2] == [401, 401] and 401 not in sign_ins[2:]
    assert [watching.delay_s for watching in made] == [180, 10, 10]


def test_a_session_token_that_has_ended_ends_a_watcher(app: Any, cloud: Simulator) -> None:
    with app.client(**simulator_settings(cloud)) as client:
        client.session.login()
        header = next(iter(client.session._credentials.headers.values())).reveal()
        token = {"token": header, "username": "", "password": ""}
        watching = watcher(lambda: app.client(**{**simulator_settings(cloud), **token}), "tasks")
        assert watching.poll() == []
        cloud.sessions.expire_all()
        with pytest.raises(AuthenticationError):
            watching.poll()


def test_documents_are_checked_before_anything_is_sent(connect: Connect, cloud: Simulator) -> None:
    with pytest.raises(SpecError, match="actoin"):
        watcher(connect, "drift", documents={"web": {"firewall": {"rules": [{"name": "x", "actoin": "deny"}]}}})
    assert cloud.request_log.entries() == []
