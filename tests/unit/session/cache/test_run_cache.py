"""Tests of the identities that the processes of a run share."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from vcloudair_core.session.cache import run_cache
from vcloudair_core.session.cache.run_cache import KEPT_S, RunCache
from vcloudair_core.session.cache.shared_memory import SharedMemory
from vcloudair_core.util.clock import FakeClock
from vcloudair_core.util.redaction import Secret

EDGE = {"edge_id": "e-1", "name": "web-edge"}


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> SharedMemory:
    made = SharedMemory(slots=64, size=1024)
    monkeypatch.setattr(run_cache, "VALUES", made)
    return made


def session(clock: FakeClock, token: str = "t-1", **identity: str) -> Any:
    known = {"base_url": "https://vcd.example.test/api", "api_version": "38.1", "vdc_id": "", **identity}
    return SimpleNamespace(
        clock=clock,
        settings=SimpleNamespace(service_type="vcd", edge_api="auto"),
        identity=SimpleNamespace(**known),
        token_headers={"x-token": Secret(token)},
    )


def test_sessions_of_one_run_share_a_value_for_a_minute() -> None:
    clock = FakeClock()
    RunCache(session(clock), "run-1").put(EDGE, "edge", "web-edge")
    later = RunCache(session(clock), "run-1")
    clock.sleep(KEPT_S - 1)
    assert later.get("edge", "web-edge") == EDGE
    clock.sleep(1)
    assert later.get("edge", "web-edge") is None


@pytest.mark.parametrize(
    ("run_id", "identity", "key"),
    [
        ("run-2", {}, ("edge", "web-edge")),
        ("run-1", {"token": "t-2"}, ("edge", "web-edge")),
        ("run-1", {"base_url": "https://other.example.test/api"}, ("edge", "web-edge")),
        ("run-1", {"api_version": "36.0"}, ("edge", "web-edge")),
        ("run-1", {"vdc_id": "vdc-2"}, ("edge", "web-edge")),
        ("run-1", {}, ("edge", "Web-Edge")),
        ("run-1", {}, ("edgeweb-edge",)),
    ],
)
def test_other_runs_accounts_and_names_share_nothing(
    run_id: str, identity: dict[str, str], key: tuple[str, ...]
) -> None:
    clock = FakeClock()
    RunCache(session(clock), "run-1").put(EDGE, "edge", "web-edge")
    assert RunCache(session(clock, **identity), run_id).get(*key) is None


def test_a_session_forgets_only_values_that_it_used() -> None:
    clock = FakeClock()
    first, second = RunCache(session(clock), "run-1"), RunCache(session(clock), "run-1")
    first.put(EDGE, "edge", "web-edge")
    assert first.forget() is False
    assert second.get("edge", "web-edge") == EDGE
    assert (second.forget(), second.forget()) == (True, False)
    assert first.get("edge", "web-edge") is None


def test_a_value_that_is_too_long_is_not_stored() -> None:
    cache = RunCache(session(FakeClock()), "run-1")
    cache.put({"name": "x" * 2000}, "edge", "x")
    assert cache.get("edge", "x") is None


def test_the_memory_contains_neither_token_nor_name_of_the_key(memory: SharedMemory) -> None:
    RunCache(session(FakeClock(), token="very-secret"), "run-1").put({"edge_id": "e-1"}, "edge", "web-edge")
    content = memory._memory[:]
    assert b"e-1" in content
    assert b"very-secret" not in content
