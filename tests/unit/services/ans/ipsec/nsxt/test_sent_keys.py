"""Tests of the keys that count as sent after failed writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.ipsec.nsxt import harness as ipsec_harness
from tests.unit.services.ans.l2vpn import harness as l2vpn_harness
from vcloudair_core.errors import UNKNOWN, InvalidRequestError, TaskTimeoutError, VcloudAirError
from vcloudair_core.services.ans.ipsec.fingerprints import KeyFingerprints
from vcloudair_core.services.ans.ipsec.model import new_identity
from vcloudair_core.services.ans.ipsec.nsxt import store as ipsec_store
from vcloudair_core.services.ans.ipsec.nsxt.sent_keys import SentKeys
from vcloudair_core.util.redaction import Secret

KEY = Secret("key of the task")
NEW = new_identity("a b c")
RECORD = {"name": "c", "description": "", "enabled": True, "logging": True, "psk": KEY, "networks": [{"id": "1"}]}
SHOWN = {**RECORD, "id": "7", "description": None, "psk": None, "version": {"version": 0}}


def _created(
    folder: Path, failure: VcloudAirError | None, *shown: dict[str, Any], before: tuple[str, ...] = ()
) -> bool:
    """Return True if the key of a new tunnel counts as sent after a read."""
    keys = SentKeys(KeyFingerprints(folder / "psk", "edge"))
    try:
        with keys.creating({NEW: KEY}, NEW, RECORD, before):
            if failure is not None:
                raise failure
    except VcloudAirError as exc:
        assert exc is failure
    keys.decide(shown, lambda record: NEW)
    view = keys.known_keys({}, {"7": "a b c"})
    assert view.is_known("7", "a b c", KEY) == view.is_sent("7", "a b c", KEY)
    return view.is_known("7", "a b c", KEY)


def _lost() -> TaskTimeoutError:
    error = TaskTimeoutError("lost")
    error.written = UNKNOWN
    return error


def test_the_key_of_a_new_tunnel_is_sent_if_its_write_succeeds(tmp_path: Path) -> None:
    assert _created(tmp_path, None, SHOWN)


def test_after_a_lost_answer_the_tunnel_decides(tmp_path: Path) -> None:
    assert _created(tmp_path, _lost(), {**SHOWN, "logging": False})


@pytest.mark.parametrize(
    "difference",
    [{"enabled": False}, {"psk": Secret("another")}, {"networks": []}, {"networks": [{"id": "2"}]}, {"name": "d"}],
)
def test_a_tunnel_with_other_values_does_not_have_the_key(difference: dict[str, Any], tmp_path: Path) -> None:
    assert not _created(tmp_path, _lost(), {**SHOWN, **difference})


def test_a_tunnel_that_existed_does_not_have_the_key(tmp_path: Path) -> None:
    assert not _created(tmp_path, _lost(), SHOWN, before=("7",))


def test_a_refused_key_is_not_sent(tmp_path: Path) -> None:
    assert not _created(tmp_path, InvalidRequestError("refused"), SHOWN)
    assert not (tmp_path / "psk").exists()


def test_only_the_first_read_decides(tmp_path: Path) -> None:
    keys = SentKeys(KeyFingerprints(tmp_path / "psk", "edge"))
    with pytest.raises(TaskTimeoutError), keys.creating({NEW: KEY}, NEW, RECORD, ()):
        raise _lost()
    keys.decide((), lambda record: NEW)
    keys.decide((SHOWN,), lambda record: NEW)
    assert not keys.known_keys({}, {"7": "a b c"}).is_known("7", "a b c", KEY)


def test_a_changed_key_replaces_the_key_of_the_creation(tmp_path: Path) -> None:
    keys = SentKeys(KeyFingerprints(tmp_path / "psk", "edge"))
    later = Secret("later")
    with keys.creating({NEW: KEY}, NEW, RECORD, ()):
        pass
    with keys.changing({"7": later}, "7"):
        pass
    view = keys.known_keys({}, {"7": "a b c"})
    assert view.is_known("7", "a b c", later)
    assert not view.is_known("7", "a b c", KEY)


@pytest.mark.parametrize("keys", ["masked", "plain"])
@pytest.mark.parametrize("update_psk", ["fingerprint", "always"])
def test_a_new_l2vpn_tunnel_is_written_once_if_the_answer_is_lost(keys: str, update_psk: str, tmp_path: Path) -> None:
    with l2vpn_harness.harness(l2vpn_keys=keys, state_dir=tmp_path) as l2vpn:
        l2vpn.simulator.faults.add("reset_after", method="POST", path="/l2vpn/tunnels")
        assert l2vpn.ensure({**l2vpn_harness.SERVER, "update_psk": update_psk}).changed
        assert l2vpn.writes() == ["POST"]
        assert not l2vpn.ensure(l2vpn_harness.SERVER).changed


@pytest.mark.parametrize("is_hidden", [True, False])
def test_a_new_ipsec_tunnel_is_written_once_if_the_answer_is_lost(
    is_hidden: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_hidden:
        monkeypatch.setattr(ipsec_store, "visible_key", lambda value: None)
    with ipsec_harness.connected(ipsec_harness.cloud(), state_dir=str(tmp_path)) as ipsec:
        ipsec.simulator.faults.add("reset_after", method="POST", path="/ipsec/tunnels")
        assert ipsec.ensure(ipsec_harness.BRANCH).changed
        assert ipsec.writes() == ["POST"]
        assert not ipsec.ensure(ipsec_harness.BRANCH).changed


def test_the_first_of_two_keys_is_sent_once_if_the_second_write_fails(tmp_path: Path) -> None:
    other = {**l2vpn_harness.SERVER, "name": "other", "peer_ip": "198.51.100.8", "networks": []}
    with l2vpn_harness.harness(l2vpn_keys="masked", state_dir=tmp_path) as l2vpn:
        l2vpn.simulator.faults.add("busy", method="POST", path="/l2vpn/tunnels", skip=1)
        l2vpn.ensure([l2vpn_harness.SERVER, other])
        assert l2vpn.writes() == ["POST", "POST", "POST"]
        assert not l2vpn.ensure([l2vpn_harness.SERVER, other]).changed


def test_a_masked_key_is_sent_again_after_a_lost_answer(tmp_path: Path) -> None:
    """The server hides the key, so only a second write makes the result certain."""
    changed = {**l2vpn_harness.SERVER, "psk": "another key"}
    with l2vpn_harness.harness(l2vpn_keys="masked", state_dir=tmp_path) as l2vpn:
        l2vpn.ensure(l2vpn_harness.SERVER)
        l2vpn.simulator.faults.add("reset_after", method="PUT", path="/l2vpn/tunnels")
        assert l2vpn.ensure(changed).changed
        assert l2vpn.writes() == ["PUT", "PUT"]
        assert l2vpn.tunnels()[0]["preSharedKey"] == "another key"
        assert not l2vpn.ensure(changed).changed


@pytest.mark.parametrize("specs", [l2vpn_harness.SERVER, {**l2vpn_harness.SERVER, "psk": "another key"}])
def test_the_next_run_knows_a_key_whose_write_succeeded(specs: dict[str, Any], tmp_path: Path) -> None:
    """The tunnels cannot be read after the write, so the first run fails."""
    simulator = l2vpn_harness.cloud(l2vpn_keys="masked")
    with l2vpn_harness.connected(simulator, state_dir=str(tmp_path)) as l2vpn:
        if specs != l2vpn_harness.SERVER:
            l2vpn.ensure(l2vpn_harness.SERVER)
        reads = 1 + len(l2vpn.tunnels())
        simulator.faults.add("status", method="GET", path="/l2vpn/tunnels", status=400, skip=reads)
        with pytest.raises(InvalidRequestError):
            l2vpn.ensure(specs)
    with l2vpn_harness.connected(simulator, state_dir=str(tmp_path)) as l2vpn:
        assert not l2vpn.ensure(specs).changed
