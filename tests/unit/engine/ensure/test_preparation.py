"""Check that options without backend support are rejected before any read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.unit.engine.ensure.object_store import SECTIONS, ObjectRule, ObjectRuleKind, ObjectServer, ObjectStore
from vcloudair_core.client import Client
from vcloudair_core.engine.desired import Absent, Present
from vcloudair_core.engine.ensure import ensure
from vcloudair_core.engine.sequence import DesiredResource
from vcloudair_core.errors import SpecError, SpecProblem
from vcloudair_core.plugin.records import KindRecord
from vcloudair_core.session.session import Session
from vcloudair_core.settings.settings import Settings

KIND = "sample.rule"
SPECS: list[dict[str, Any]] = [
    {"name": "mail", "source": ["10.0.0.1", "vnic-0"]},
    {"name": "dns", "source": "set:x", "source_port": 53},
]
PROBLEMS = (
    SpecProblem("[0].source[1]", "'vnic-0' is not available on an NSX-T edge gateway", "Name networks or addresses."),
    SpecProblem("[1].source_port", "is not available on an NSX-T edge gateway", "Leave source_port out."),
)


def create_client(kind: ObjectRuleKind, folder: Path) -> Client:
    settings = Settings.load({"state_dir": str(folder), "url": "https://cloud.test"}, environ={})
    session = SimpleNamespace(settings=settings, check_run=None, close=lambda: None)
    return Client(
        settings,
        cast(Session, session),
        services={},
        kinds={KIND: KindRecord(KIND, "sample", "Rules", lambda: kind)},
    )


@pytest.mark.parametrize(
    "work",
    [
        lambda client: client.ensure(KIND, SPECS),
        lambda client: client.ensure(KIND, SPECS, check=True),
        lambda client: client.ensure(KIND, SPECS, state="exact"),
        lambda client: client.stage(KIND, SPECS, stage_id="run"),
        lambda client: client.stage(KIND, SPECS, stage_id="run", check=True),
    ],
    ids=["ensure", "check", "exact", "stage", "stage-check"],
)
def test_every_problem_is_reported_and_nothing_is_read(work: Callable[[Client], Any], tmp_path: Path) -> None:
    server = ObjectServer("web")
    client = create_client(ObjectRuleKind(ObjectStore(server)), tmp_path)
    with pytest.raises(SpecError) as caught:
        work(client)
    assert caught.value.problems == PROBLEMS
    assert caught.value.hint == "Name networks or addresses. Leave source_port out."
    assert server.log == []
    assert client.stages() == []


def test_the_error_of_a_real_run_has_written_false(tmp_path: Path) -> None:
    client = create_client(ObjectRuleKind(ObjectStore(ObjectServer())), tmp_path)
    with pytest.raises(SpecError) as caught:
        client.ensure(KIND, SPECS)
    assert caught.value.written is False


def test_a_commit_rejects_staged_changes_if_the_backend_changed(tmp_path: Path) -> None:
    server = ObjectServer("web")
    store = ObjectStore(server, SECTIONS)
    client = create_client(ObjectRuleKind(store), tmp_path)
    client.stage(KIND, SPECS[:1], stage_id="run")
    store.backend = "nsxt"
    server.log.clear()
    with pytest.raises(SpecError, match=r"source\[1\]: 'vnic-0' is not available"):
        client.commit_stage("run")
    assert server.log == []
    assert len(client.stages()) == 1


def test_supported_options_are_resolved_and_read() -> None:
    server = ObjectServer("web")
    store = ObjectStore(server, SECTIONS)
    spec = ObjectRule("dns", source=("set:set of web",), source_port="53")
    assert ensure(ObjectRuleKind(store), store, Present((spec,)), check=True).changed
    assert server.log == ["GET sets", "GET sets", "GET rules"]


def test_unsupported_options_are_allowed_in_deletions() -> None:
    server = ObjectServer("web")
    store = ObjectStore(server)
    outcome = ensure(ObjectRuleKind(store), store, Absent((ObjectRule("web", source=("vnic-0",)),)))
    assert (outcome.changed, server.names) == (True, [])


def test_an_operation_of_a_sequence_is_checked_before_names_are_resolved() -> None:
    server = ObjectServer("web")
    store = ObjectStore(server)
    operation = DesiredResource(ObjectRuleKind(store), Present((ObjectRule("a", source=("set:x", "vnic-0")),)))
    with pytest.raises(SpecError, match=r"source\[1\]"):
        operation.resolved(store)
    assert server.log == []
