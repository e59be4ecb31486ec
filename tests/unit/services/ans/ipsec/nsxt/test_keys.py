"""Tests of pre-shared keys on NSX-T: comparison, and no key in any output."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.ipsec.nsxt.harness import BRANCH, KEY, PROFILE, cloud, connected
from vcloudair_core.engine.desired import Present
from vcloudair_core.errors import StageError, VcloudAirError
from vcloudair_core.services.ans.ipsec.nsxt.keys import ServerKeys, is_same_key, visible_key
from vcloudair_core.services.ans.ipsec.section import SECTION
from vcloudair_core.services.ans.section.document import state_of
from vcloudair_core.services.ans.section.kinds import SectionKind
from vcloudair_core.util.redaction import Secret

CANARY = "c4n4ry"
THEIRS = "th31rs-canary"


def test_keys_are_compared_by_value() -> None:
    assert is_same_key(Secret("ÄÖ key"), Secret("ÄÖ key"))
    assert not is_same_key(Secret("key"), Secret("key "))


@pytest.mark.parametrize("value", [None, "", "******", 12])
def test_a_masked_or_missing_key_is_not_visible(value: Any) -> None:
    assert visible_key(value) is None
    assert visible_key("k*y") == Secret("k*y")


def test_the_key_of_the_server_decides() -> None:
    keys = ServerKeys({"id": Secret("current")}, {"id": Secret("sent"), "new a b c": Secret("first")})
    assert keys.is_known("id", "", Secret("current"))
    assert not keys.is_known("id", "", Secret("sent"))
    assert not keys.is_known("other", "a b c", Secret("first"))
    assert keys.is_sent("id", "", Secret("sent"))
    assert keys.is_sent(None, "a b c", Secret("first"))
    assert not keys.is_sent("id", "", Secret("current"))
    assert "current" not in repr(keys)


def test_hidden_keys_are_compared_by_fingerprint(tmp_path: Path) -> None:
    """If the user cannot read keys, fingerprints of the sent keys are compared."""

    class Fingerprints:
        def is_known(self, site_id: str | None, ends: str, key: Secret) -> bool:
            return (site_id, key) == ("id", Secret("sent last week"))

        def is_sent(self, site_id: str | None, ends: str, key: Secret) -> bool:
            return False

    keys = ServerKeys({}, {}, Fingerprints())
    assert keys.is_known("id", "", Secret("sent last week"))
    assert not keys.is_known("id", "", Secret("another"))


def _hide_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vcloudair_core.services.ans.ipsec.nsxt.store.visible_key", lambda value: None)


def test_a_hidden_key_is_sent_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _hide_keys(monkeypatch)
    with connected(cloud(), state_dir=str(tmp_path)) as ipsec:
        assert ipsec.ensure(BRANCH).changed
        assert ipsec.writes() == ["POST"]
        assert not ipsec.ensure(BRANCH).changed
        assert ipsec.ensure({**BRANCH, "psk": "another key"}).changed
        assert ipsec.tunnel["preSharedKey"] == "another key"
        assert not ipsec.ensure({**BRANCH, "psk": "another key"}).changed
        ipsec.ensure({"name": "branch", "description": "new"})
        assert ipsec.tunnel["preSharedKey"] == "another key"


def test_no_output_has_a_key(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """No result, plan, exception, log or file contains a key.

    The test looks for our key, and for the key of another client.
    """
    caplog.set_level(logging.DEBUG)
    simulator = cloud(psk_in_list=True)
    shown: list[str] = []
    with connected(simulator, state_dir=str(tmp_path)) as ipsec:
        ipsec.ensure({**BRANCH, "name": "theirs", "peer_ip": "198.51.100.9", "psk": THEIRS, **PROFILE})
    with connected(simulator, state_dir=str(tmp_path)) as ipsec:
        outcomes = [
            ipsec.ensure(BRANCH, check=True),
            ipsec.ensure(BRANCH),
            ipsec.ensure({"name": "theirs", "psk": "not theirs"}, check=True),
            ipsec.ensure({**BRANCH, "update_psk": "always"}),
        ]
        for outcome in outcomes:
            shown += [repr(outcome), json.dumps(outcome.as_dict()), json.dumps(outcome.plan.diff())]
        kind = SectionKind(SECTION)
        store = kind.open(ipsec.client.session, {})
        document = store.read()
        plan = kind.plan(document, Present((kind.parse({"tunnels": [{**BRANCH, "psk": f"new {KEY}"}]}),)))
        merged = kind.merge(document, plan)
        shown += [
            repr(document),
            repr(document.tree),
            repr(state_of(document)),
            repr(plan),
            repr(merged),
            repr(merged.tree),
        ]
        shown += [
            json.dumps(kind.project(merged)),
            json.dumps(ipsec.read()),
            json.dumps(ipsec.client.edges.ipsec_status()),
        ]
        simulator.faults.add("status", method="PUT", path="/ipsec/tunnels", status=400, message=f"bad key {KEY}!")
        with pytest.raises(VcloudAirError) as met:
            ipsec.ensure({**BRANCH, "psk": KEY, "update_psk": "always", "description": "x"})
        shown += [str(met.value), repr(met.value), json.dumps(met.value.as_dict())]
        simulator.faults.add("truncated", method="GET", path=ipsec.tunnels[0]["id"], count=20)
        with pytest.raises(VcloudAirError) as broken:
            ipsec.read()
        shown += [str(broken.value), repr(broken.value), json.dumps(broken.value.as_dict())]
        with pytest.raises(StageError):
            ipsec.client.stage("ans.ipsec_tunnel", BRANCH, stage_id="run")
    out, err = capsys.readouterr()
    files = [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    for text in (*shown, caplog.text, out, err, *files):
        assert CANARY not in text
        assert THEIRS not in text


def test_a_comparison_stores_no_fingerprint(tmp_path: Path) -> None:
    with connected(cloud(), state_dir=str(tmp_path)) as ipsec:
        ipsec.ensure(BRANCH)
        assert not ipsec.ensure(BRANCH).changed
    assert not (tmp_path / "psk").exists()


def test_exchanges_have_no_key() -> None:
    """Observers of exchanges, such as ``-vvv``, see redacted requests and responses."""
    from vcloudair_core.plugin.hooks import hookimpl
    from vcloudair_core.testing import simulated_app, simulator_settings
    from vcloudair_core.testing.linked_clock import LinkedClock
    from vcloudair_core.transport.messages import Exchange

    seen: list[str] = []

    class Observer:
        @hookimpl
        def vca_exchange_finished(self, exchange: Exchange) -> None:
            response = exchange.response
            seen.append(f"{exchange.request.body!r} {response.body if response else ''!r}")

    simulator = cloud()
    app = simulated_app(simulator, LinkedClock(simulator))
    app.plugins.register(Observer(), "observer")
    options = {**simulator_settings(simulator), "edge": "nsxt-edge1", "api_version": "39.1"}
    with app.client(**options) as client:
        client.ensure("ans.ipsec_tunnel", BRANCH)
        client.read("ans.ipsec")
    text = "".join(seen)
    assert "preSharedKey" in text
    assert CANARY not in text
