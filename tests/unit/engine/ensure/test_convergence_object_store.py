"""Tests of a store that writes single objects: calls and partial failures."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.unit.engine.ensure.object_store import (
    SECTIONS,
    LostResponse,
    ObjectRule,
    ObjectRuleKind,
    ObjectServer,
    ObjectStore,
)
from vcloudair_core.engine.desired import Absent, Desired, Exactly, Present
from vcloudair_core.engine.ensure import ensure
from vcloudair_core.engine.outcome import Outcome
from vcloudair_core.errors import (
    BusyError,
    ConflictError,
    ConnectionFailedError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
    VcloudAirError,
)

READ = ["GET sets", "GET rules"]


def converge(server: ObjectServer, desired: Desired, **options: Any) -> Outcome:
    store = ObjectStore(server)
    return ensure(ObjectRuleKind(store), store, desired, **options)


def rules(*names: str, source: str = "10.0.9.9", **fields: Any) -> Present:
    return Present(tuple(ObjectRule(name, source=(source,), **fields) for name in names))


def test_no_changes_cost_one_read() -> None:
    server = ObjectServer("web", "db")
    outcome = converge(server, rules("web", source="10.0.0.1"))
    assert (outcome.changed, server.log) == (False, READ)


def test_rules_are_created_changed_and_deleted_one_by_one() -> None:
    server = ObjectServer("web", "old", "db")
    kept = server.rule("web")["id"]
    specs = (ObjectRule("web", source=("10.0.0.2",)), ObjectRule("mail", source=("10.0.0.2",)), ObjectRule("db"))
    outcome = converge(server, Exactly(specs))
    assert server.writes == ["POST set 10.0.0.2", "PUT rule web", "POST rule mail", "DELETE rule old"]
    assert server.names == ["web", "mail", "db"]
    assert (outcome.changed, outcome.attempts) == (True, 1)
    assert (server.rule("web")["id"], server.rule("web")["version"]) == (kept, 1)
    assert server.rule("web")["comments"] == "ticket of web"
    assert server.rule("db")["version"] == 0


def test_new_rules_get_text_ids_from_the_server() -> None:
    server = ObjectServer("web")
    outcome = converge(server, rules("mail"))
    assert [str(uuid.UUID(rule["rule_id"])) for rule in outcome.after] == [server.rule("mail")["id"]]


def test_a_rule_is_created_at_its_position_and_others_do_not_move() -> None:
    server = ObjectServer("web", "db")
    converge(server, Present((ObjectRule("first", position="top"), ObjectRule("last", position="bottom"))))
    assert server.names == ["first", "web", "db", "last"]
    assert [call for call in server.writes if "rule" in call] == ["POST rule first", "POST rule last"]


def test_a_new_order_of_existing_rules_is_one_call() -> None:
    server = ObjectServer("web", "db", "mail")
    converge(server, Exactly(tuple(ObjectRule(name) for name in ("mail", "web", "db"))))
    assert (server.writes, server.names) == (["PUT order"], ["mail", "web", "db"])


def test_an_address_set_is_created_before_and_deleted_after_its_rules() -> None:
    server = ObjectServer("web")
    converge(server, rules("mail", "dns"))
    assert server.writes == ["POST set 10.0.9.9", "POST rule mail", "POST rule dns"]
    server.log.clear()
    converge(server, Absent((ObjectRule("mail"),)))
    assert server.writes == ["DELETE rule mail"]
    converge(server, Absent((ObjectRule("dns"),)))
    assert server.writes == ["DELETE rule mail", "DELETE rule dns", "DELETE set 10.0.9.9"]
    assert [group["name"] for group in server.sets.values()] == ["set of web"]


def test_check_mode_shows_the_expected_result_and_writes_nothing() -> None:
    server = ObjectServer("web")
    outcome = converge(server, rules("web", "mail"), check=True)
    assert server.log == READ
    assert [rule["name"] for rule in outcome.after] == ["web", "mail"]
    assert "rule_id" not in outcome.after[1]
    assert outcome.plan.summary() == "1 to create, 1 to update"


# -- concurrent writers --------------------------------------------------------------------------------------------


def test_a_conflict_is_planned_again_on_the_present_state() -> None:
    server = ObjectServer("web")
    server.script = [None, lambda server: server.change("web", comments="their ticket")]
    outcome = converge(server, rules("web"))
    assert server.writes == ["POST set 10.0.9.9", "PUT rule web", "PUT rule web"]
    assert server.rule("web")["comments"] == "their ticket"
    assert outcome.changed


def test_a_rule_deleted_by_another_client_is_created_again() -> None:
    server = ObjectServer("web", "db")
    server.script = [None, lambda server: server.remove("web")]
    converge(server, rules("web"))
    assert server.writes == ["POST set 10.0.9.9", "PUT rule web", "POST rule web"]


def test_rules_deleted_by_other_clients_are_not_lost() -> None:
    server = ObjectServer("web", "db")
    server.script = [lambda server: server.remove("db")]
    assert converge(server, rules("mail")).changed
    assert server.names == ["web", "mail"]


# -- a commit that fails after some of its calls -------------------------------------------------------------------

MANY = rules("a", "b", "c", "d")
STARTED = ["POST set 10.0.9.9", "POST rule a", "POST rule b"]


@pytest.mark.parametrize(
    "failure",
    [
        BusyError("The entity is busy.", status=400, code="BUSY_ENTITY"),
        ConflictError("The version is stale.", status=409),
        NotFoundError("There is no such rule.", status=404),
        ServerError("The task failed.", status=500),
        ConnectionFailedError("The connection broke.", may_have_executed=True),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_remaining_changes_are_planned_after_the_third_call_failed(failure: VcloudAirError) -> None:
    server = ObjectServer("web")
    server.script = [None, None, failure]
    outcome = converge(server, MANY)
    assert server.writes == [*STARTED, "POST rule b", "POST rule c", "POST rule d"]
    assert server.names == ["web", "a", "b", "c", "d"]
    assert (outcome.changed, outcome.attempts, failure.written) == (True, 2, True)
    assert outcome.plan.counts()["create"] == 4


def test_a_rule_whose_response_was_lost_is_not_created_twice() -> None:
    server = ObjectServer("web")
    server.script = [None, None, LostResponse(ConnectionFailedError("The connection broke.", may_have_executed=True))]
    outcome = converge(server, MANY)
    assert server.writes == [*STARTED, "POST rule c", "POST rule d"]
    assert server.names == ["web", "a", "b", "c", "d"]
    assert outcome.changed


def test_a_lost_response_of_the_last_call() -> None:
    server = ObjectServer("web")
    server.script = [None, LostResponse(ServerError("Bad gateway.", status=502))]
    outcome = converge(server, rules("a"))
    assert server.writes == ["POST set 10.0.9.9", "POST rule a"]
    assert (outcome.changed, outcome.attempts) == (True, 1)


def test_a_partial_commit_is_a_change_if_another_client_does_the_rest() -> None:
    def do_the_rest(server: ObjectServer) -> None:
        server.add("b", "10.0.9.9")
        server.add("c", "10.0.9.9")
        raise BusyError("The entity is busy.", status=400, code="BUSY_ENTITY")

    server = ObjectServer("web")
    server.script = [None, None, do_the_rest]
    outcome = converge(server, rules("a", "b", "c"))
    assert server.writes == STARTED[:2]
    assert (outcome.changed, outcome.attempts) == (True, 1)


@pytest.mark.parametrize(
    "failure",
    [
        InvalidRequestError("The name is taken.", status=400),
        PermissionDeniedError("A right is missing.", status=403),
        ConnectionFailedError("No connection.", may_have_executed=False),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_an_error_after_the_first_call_has_written_true_and_the_next_run_continues(failure: VcloudAirError) -> None:
    server = ObjectServer("web")
    server.script = [None, None, failure]
    with pytest.raises(type(failure)) as caught:
        converge(server, MANY)
    assert caught.value.written is True
    assert server.names == ["web", "a"]
    server.log.clear()
    assert converge(server, MANY).changed
    assert server.writes == ["POST rule b", "POST rule c", "POST rule d"]


def test_an_error_of_the_first_call_has_written_false() -> None:
    server = ObjectServer("web")
    server.script = [PermissionDeniedError("A right is missing.", status=403)]
    with pytest.raises(PermissionDeniedError) as caught:
        converge(server, MANY)
    assert caught.value.written is False


def test_a_permanently_busy_server_raises_after_the_last_attempt() -> None:
    server = ObjectServer("web")
    server.script = [None, None, *[BusyError("The entity is busy.", status=400) for _ in range(5)]]
    with pytest.raises(BusyError) as caught:
        converge(server, MANY, attempts=3)
    assert caught.value.written is True
    assert server.writes == [*STARTED, "POST rule b", "POST rule b"]


def test_the_same_kind_converges_on_another_backend() -> None:
    store = ObjectStore(ObjectServer("web"), SECTIONS)
    spec = ObjectRule("mail", source=("vnic-0",), source_port="53")
    assert ensure(ObjectRuleKind(store), store, Present((spec,)), check=True).plan.summary() == "1 to create"
