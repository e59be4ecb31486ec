"""Tests of pre-shared keys and peer codes, which never appear in output."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.l2vpn.harness import CLIENT, KEY, SERVER, cloud, connected, harness
from vcloudair_core.engine.desired import Present
from vcloudair_core.errors import ConfigurationError, NotFoundError, StageError, VcloudAirError
from vcloudair_core.services.ans.l2vpn.section import SECTION
from vcloudair_core.services.ans.section.document import state_of
from vcloudair_core.services.ans.section.kinds import SectionKind

CANARY = "c4n4ry"


@pytest.mark.parametrize("keys", ["masked", "plain"])
def test_a_key_is_sent_once(keys: str, tmp_path: Path) -> None:
    with harness(l2vpn_keys=keys, state_dir=tmp_path) as l2vpn:
        l2vpn.ensure(SERVER)
        assert l2vpn.writes() == ["POST"]
        assert not l2vpn.ensure(SERVER).changed
        assert l2vpn.ensure({**SERVER, "psk": "another key"}).changed
        assert not l2vpn.ensure({**SERVER, "psk": "another key"}).changed
        l2vpn.ensure({"name": "stretch", "description": "without a key"})
        assert l2vpn.tunnels()[0]["preSharedKey"] == "another key"


@pytest.mark.parametrize(("keys", "is_changed"), [("masked", False), ("plain", True)])
def test_a_key_of_another_user_is_detected_if_the_server_returns_keys(
    keys: str, is_changed: bool, tmp_path: Path
) -> None:
    with harness(l2vpn_keys=keys, state_dir=tmp_path) as l2vpn:
        l2vpn.ensure(SERVER)
        l2vpn.tunnels()[0]["preSharedKey"] = "of another user"
        assert l2vpn.ensure(SERVER).changed is is_changed
        assert l2vpn.ensure({**SERVER, "update_psk": "always"}).changed
        assert l2vpn.tunnels()[0]["preSharedKey"] == KEY
        assert not l2vpn.ensure({**SERVER, "psk": "not sent", "update_psk": "on_create"}).changed


def test_another_process_knows_the_sent_secrets(tmp_path: Path) -> None:
    simulator = cloud()
    with connected(simulator, state_dir=str(tmp_path)) as l2vpn:
        l2vpn.ensure(SERVER)
        client = {**CLIENT, "peer_code": l2vpn.peer_code()}
        l2vpn.ensure(client, edge="nsxt-edge2")
    with connected(simulator, state_dir=str(tmp_path)) as l2vpn:
        assert not l2vpn.ensure(SERVER).changed
        assert not l2vpn.ensure(client, edge="nsxt-edge2").changed
    with connected(simulator, state_dir=str(tmp_path / "other")) as l2vpn:
        assert l2vpn.ensure(client, edge="nsxt-edge2").changed


def test_a_new_key_needs_a_new_peer_code_at_the_other_site(tmp_path: Path) -> None:
    with harness(state_dir=tmp_path) as l2vpn:
        l2vpn.ensure(SERVER)
        first = l2vpn.peer_code()
        l2vpn.ensure({**CLIENT, "peer_code": first}, edge="nsxt-edge2")
        l2vpn.ensure({**SERVER, "psk": "another key"})
        [tunnel] = l2vpn.client.edges.l2vpn_status("nsxt-edge2")["tunnels"]
        assert (tunnel["status"], tunnel["last_error"]) == ("down", "Authentication failed")
        second = l2vpn.peer_code()
        assert second != first
        assert l2vpn.ensure({**CLIENT, "peer_code": second}, edge="nsxt-edge2").changed
        [tunnel] = l2vpn.client.edges.l2vpn_status("nsxt-edge2")["tunnels"]
        assert tunnel["status"] == "up"


def test_a_change_sends_the_secret_of_the_task(tmp_path: Path) -> None:
    """Some servers may require the secret in every change."""
    with harness(state_dir=tmp_path, l2vpn_key_in_put="required") as l2vpn:
        l2vpn.ensure(SERVER)
        client = {**CLIENT, "peer_code": l2vpn.peer_code()}
        l2vpn.ensure(client, edge="nsxt-edge2")
        for spec, edge in ((SERVER, "nsxt-edge1"), (client, "nsxt-edge2")):
            outcome = l2vpn.ensure({**spec, "description": "new"}, edge=edge)
            assert [change.fields for change in outcome.plan.changes] == [("description",)]
            assert not l2vpn.ensure({**spec, "description": "new"}, edge=edge).changed
            with pytest.raises(VcloudAirError, match="must not be empty"):
                l2vpn.ensure({"name": spec["name"], "description": "without a secret"}, edge=edge)


def test_the_peer_code_is_read_only_on_request(tmp_path: Path) -> None:
    with harness(state_dir=tmp_path) as l2vpn:
        l2vpn.ensure(SERVER)
        code = l2vpn.client.edges.l2vpn_peer_code("stretch")
        assert str(code) == "***"
        assert code.reveal() == l2vpn.peer_code(l2vpn.tunnels()[0]["id"])
        with pytest.raises(NotFoundError, match="'other' on edge gateway nsxt-edge1"):
            l2vpn.client.edges.l2vpn_peer_code("other")
        l2vpn.ensure({**CLIENT, "peer_code": code.reveal()}, edge="nsxt-edge2")
        with pytest.raises(ConfigurationError, match="this is a client tunnel"):
            l2vpn.client.edges.l2vpn_peer_code(CLIENT["name"], "nsxt-edge2")


def test_tunnels_cannot_be_staged(tmp_path: Path) -> None:
    with harness(state_dir=tmp_path) as l2vpn, pytest.raises(StageError):
        l2vpn.client.stage("ans.l2vpn_tunnel", [SERVER], stage_id="one", target={"edge": "nsxt-edge1"})


def test_no_output_has_a_secret(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """No result, plan, exception, log or file contains a key or a peer code."""
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    with harness(state_dir=tmp_path, l2vpn_keys="plain") as l2vpn:
        outcomes = [l2vpn.ensure(SERVER, check=True), l2vpn.ensure(SERVER)]
        code = l2vpn.peer_code()
        client = {**CLIENT, "peer_code": code}
        outcomes += [
            l2vpn.ensure(client, edge="nsxt-edge2", check=True),
            l2vpn.ensure(client, edge="nsxt-edge2"),
            l2vpn.ensure({**SERVER, "psk": f"new {KEY}"}, check=True),
            l2vpn.ensure({**SERVER, "update_psk": "always"}),
        ]
        for outcome in outcomes:
            shown += [repr(outcome), json.dumps(outcome.as_dict()), json.dumps(outcome.plan.diff())]
        kind = SectionKind(SECTION)
        store = kind.open(l2vpn.client.session, {"edge": "nsxt-edge1"})
        document = store.read()
        merged = kind.merge(document, kind.plan(document, Present((kind.parse({"tunnels": [SERVER]}),))))
        shown += [repr(value) for value in (document, document.tree, state_of(document), merged, merged.tree)]
        plain: list[Any] = [kind.project(merged), l2vpn.read(), l2vpn.client.edges.l2vpn_status("nsxt-edge2")]
        shown += [json.dumps(value) for value in plain]
        l2vpn.simulator.faults.add(
            "status", method="PUT", path="/l2vpn/tunnels", status=400, message=f"bad key {KEY} or {code}!"
        )
        with pytest.raises(VcloudAirError) as met:
            l2vpn.ensure({**SERVER, "description": "x"})
        shown += [str(met.value), repr(met.value), json.dumps(met.value.as_dict())]
    shown += [caplog.text, *capsys.readouterr()]
    shown += [path.read_text(encoding="utf-8", errors="replace") for path in tmp_path.rglob("*") if path.is_file()]
    for text in shown:
        assert CANARY not in text
        assert code not in text
