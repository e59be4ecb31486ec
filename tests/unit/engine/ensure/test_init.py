"""Tests of ``ensure``: number of calls, conflicts, lost responses, verification."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from vcloudair_core.engine.desired import Desired, Present
from vcloudair_core.engine.ensure import ensure
from vcloudair_core.engine.kind import Document, ResourceKind, Store
from vcloudair_core.engine.plan import Change, Plan
from vcloudair_core.errors import (
    BusyError,
    ConflictError,
    ConnectionFailedError,
    InvalidRequestError,
    NotConvergedError,
    NotFoundError,
    PermissionDeniedError,
    PlanRejectedError,
    ServerError,
    SpecError,
    TlsError,
    VcloudAirError,
)
from vcloudair_core.util.clock import FakeClock


class Numbers(Store):
    """A store of a set of numbers.

    ``script`` has an event for each write: an error to raise, or a function to call.
    """

    target = "thing t"
    lock_key = "https://h:443/thing/t"

    def __init__(self, *numbers: int) -> None:
        self.numbers = set(numbers)
        self.version = 1
        self.log: list[str] = []
        self.script: list[VcloudAirError | Callable[[Numbers, set[int]], None] | None] = []

    def read(self) -> Document:
        self.log.append("read")
        return Document("numbers", frozenset(self.numbers), self.version)

    def commit(self, base: Document, document: Document) -> None:
        self.log.append("write")
        event = self.script.pop(0) if self.script else None
        if isinstance(event, VcloudAirError):
            raise event
        if event is not None:
            event(self, set(document.tree))
            return
        self.put(set(document.tree))

    def put(self, numbers: set[int]) -> None:
        self.numbers = numbers
        self.version += 1


class NumbersKind(ResourceKind):
    """A kind whose specs are the numbers that the set must contain."""

    name = "test.numbers"
    spec_type = int

    def open(self, session: Any, target: Mapping[str, Any]) -> Any:
        raise NotImplementedError

    def parse(self, data: Mapping[str, Any]) -> int:
        return int(data["n"])

    def project(self, document: Document) -> list[int]:
        return sorted(document.tree)

    def plan(self, document: Document, desired: Desired) -> Plan:
        missing = [n for n in desired.specs if n not in document.tree]
        return Plan(self.name, tuple(Change("create", str(n), None, {"n": n}) for n in missing), steps=missing)

    def merge(self, document: Document, plan: Plan) -> Document:
        return replace(document, tree=frozenset(document.tree | set(plan.steps)))


class CarefulKind(NumbersKind):
    """A kind that rejects negative numbers, and reports numbers that were overwritten."""

    def validate(self, desired: Desired) -> None:
        if any(n < 0 for n in desired.specs):
            raise SpecError("n", "is negative")

    def select(self, document: Document, desired: Desired) -> list[int]:
        return [n for n in desired.specs if n in document.tree]

    def losses(self, written: Document, current: Document) -> list[Mapping[str, Any]]:
        return [{"n": n} for n in sorted(written.tree - current.tree)]


def _ensure(store: Numbers, *numbers: int, kind: Any = None, **more: Any) -> Any:
    return ensure(kind or NumbersKind(), store, Present(numbers), clock=FakeClock(), **more)


def test_no_changes_cost_one_read() -> None:
    store = Numbers(1, 2)
    outcome = _ensure(store, 1)
    assert store.log == ["read"]
    assert (outcome.changed, outcome.attempts, outcome.before, outcome.after) == (False, 0, [1, 2], [1, 2])


def test_a_change_costs_one_read_one_write_and_one_read() -> None:
    store = Numbers(1)
    outcome = _ensure(store, 1, 2)
    assert store.log == ["read", "write", "read"]
    assert (outcome.changed, outcome.attempts, outcome.before, outcome.resource) == (True, 1, [1], [1, 2])
    assert outcome.plan.target == "thing t"
    assert outcome.as_dict()["plan"]["summary"] == "1 to create"


def test_check_mode_shows_the_expected_result_and_writes_nothing() -> None:
    store = Numbers(1)
    outcome = _ensure(store, 2, check=True, kind=CarefulKind())
    assert store.log == ["read"]
    assert (outcome.changed, outcome.before, outcome.after, outcome.is_check) == (True, [], [2], True)


@pytest.mark.parametrize("check", [True, False])
def test_a_plan_policy_rejects_before_any_write(check: bool) -> None:
    def policy(plan: Plan) -> None:
        assert plan.target == "thing t"
        raise PlanRejectedError("no")

    store = Numbers(1)
    with pytest.raises(PlanRejectedError):
        _ensure(store, 2, check=check, policy=policy)
    assert store.log == ["read"]
    assert not _ensure(store, 1, policy=policy).changed


def test_the_plan_policy_gets_every_plan_before_its_write() -> None:
    seen: list[str] = []
    store = Numbers()
    store.script = [ConflictError("stale"), lambda store, sent: store.put(set())]
    with pytest.raises(NotConvergedError):
        _ensure(store, 1, policy=lambda plan: seen.append(plan.summary()))
    assert seen == ["1 to create", "1 to create"]


def test_invalid_input_reads_nothing() -> None:
    store = Numbers()
    with pytest.raises(SpecError):
        _ensure(store, -1, kind=CarefulKind())
    assert store.log == []


@pytest.mark.parametrize(
    "failure",
    [
        ConflictError("stale", status=409),
        BusyError("busy"),
        NotFoundError("gone", status=404),
        ServerError("x", status=503),
    ],
)
def test_a_rejected_write_is_planned_again(failure: VcloudAirError) -> None:
    store = Numbers()
    store.script = [failure, failure]
    outcome = _ensure(store, 1)
    assert store.log == ["read", "write", "read", "write", "read", "write", "read"]
    assert outcome.changed
    assert store.numbers == {1}


def test_a_rule_of_another_writer_survives_a_conflict() -> None:
    def another(store: Numbers, sent: set[int]) -> None:
        store.put({7})
        raise ConflictError("stale", status=409)

    store = Numbers()
    store.script = [another]
    _ensure(store, 1)
    assert store.numbers == {1, 7}


def test_permanent_conflicts_raise_the_last_conflict() -> None:
    store = Numbers()
    clock = FakeClock()
    store.script = [ConflictError("stale", status=409)] * 99
    with pytest.raises(ConflictError):
        ensure(NumbersKind(), store, Present((1,)), attempts=3, clock=clock)
    assert store.log.count("write") == 3 + 3 * 4
    assert len(clock.slept) == store.log.count("write") - 1
    assert 0 < sum(clock.slept) < 2


def test_waits_are_longer_for_busy_resources_than_for_conflicts() -> None:
    waits = []
    for failure in (ConflictError("stale"), BusyError("busy")):
        clock = FakeClock()
        store = Numbers()
        store.script = [failure] * 4
        ensure(NumbersKind(), store, Present((1,)), clock=clock)
        waits.append(sum(clock.slept))
    assert waits[1] > waits[0]


def test_a_change_made_by_another_client_counts_as_unchanged() -> None:
    def another(store: Numbers, sent: set[int]) -> None:
        store.put({1})
        raise ConflictError("stale", status=409)

    store = Numbers()
    store.script = [another]
    outcome = _ensure(store, 1)
    assert (outcome.changed, outcome.attempts) == (False, 0)


def test_a_lost_response_is_resolved_by_reading() -> None:
    def drop(store: Numbers, sent: set[int]) -> None:
        store.put(sent)
        raise ConnectionFailedError("broken", may_have_executed=True)

    store = Numbers()
    store.script = [drop]
    outcome = _ensure(store, 1)
    assert store.log == ["read", "write", "read"]
    assert outcome.changed


def test_a_lost_request_is_repeated() -> None:
    store = Numbers()
    store.script = [ConnectionFailedError("broken", may_have_executed=True)]
    assert _ensure(store, 1).changed
    assert store.log == ["read", "write", "read", "write", "read"]


@pytest.mark.parametrize("failure", [TlsError("bad certificate"), PermissionDeniedError("no", status=403)])
def test_permanent_errors_are_raised_immediately(failure: VcloudAirError) -> None:
    store = Numbers()
    store.script = [failure]
    with pytest.raises(type(failure)):
        _ensure(store, 1)
    assert store.log == ["read", "write"]


def test_an_invalid_request_is_retried_only_after_another_write() -> None:
    store = Numbers()
    store.script = [InvalidRequestError("bad", status=400)]
    with pytest.raises(InvalidRequestError):
        _ensure(store, 1)
    assert store.log == ["read", "write", "read"]

    def removed(store: Numbers, sent: set[int]) -> None:
        store.put(set())
        raise InvalidRequestError("rule 5 does not exist", status=400)

    store = Numbers(5)
    store.script = [removed]
    assert _ensure(store, 1).changed
    assert store.numbers == {1}


def test_an_ignored_value_raises_not_converged() -> None:
    store = Numbers()
    store.script = [lambda store, sent: store.put(set())]
    with pytest.raises(NotConvergedError, match="create 1") as caught:
        _ensure(store, 1)
    assert caught.value.residual == [{"action": "create", "identity": "1", "before": None, "after": {"n": 1}}]
    assert store.log == ["read", "write", "read"]


def test_a_later_write_of_another_client_is_resolved_once() -> None:
    def overwritten(store: Numbers, sent: set[int]) -> None:
        store.put(sent)
        store.put({9})

    store = Numbers()
    store.script = [overwritten]
    assert _ensure(store, 1).attempts == 2
    assert store.numbers == {1, 9}
    store = Numbers()
    store.script = [overwritten, overwritten]
    with pytest.raises(NotConvergedError):
        _ensure(store, 1)


def test_lost_objects_of_other_owners_are_reported() -> None:
    store = Numbers(5)
    store.script = [lambda store, sent: store.put(sent - {5})]
    with pytest.raises(NotConvergedError, match="deleted 1 object outside of the plan") as caught:
        _ensure(store, 1, kind=CarefulKind())
    assert caught.value.residual == [{"action": "lost", "n": 5}]


def test_lost_objects_are_reported_without_versions() -> None:
    class Versionless(Numbers):
        def read(self) -> Document:
            return replace(super().read(), version=None)

    store = Versionless(5)
    store.script = [lambda store, sent: store.put(sent - {5})]
    with pytest.raises(NotConvergedError):
        _ensure(store, 1, kind=CarefulKind())


def test_a_503_may_mean_that_the_write_was_executed() -> None:
    def through(store: Numbers, sent: set[int]) -> None:
        store.put(sent)
        raise BusyError("unavailable", status=503)

    store = Numbers()
    store.script = [through]
    assert _ensure(store, 1).changed


def test_the_clock_of_the_store_is_the_default() -> None:
    store = Numbers()
    clock = store.clock = FakeClock()
    store.script = [ConflictError("stale")]
    ensure(NumbersKind(), store, Present((1,)))
    assert clock.slept


def test_objects_removed_by_another_client_are_not_lost() -> None:
    def another(store: Numbers, sent: set[int]) -> None:
        store.put(sent)
        store.put(sent - {5})

    store = Numbers(5)
    store.script = [another]
    assert _ensure(store, 1, kind=CarefulKind()).changed


def test_a_deleted_resource_raises_the_first_not_found_error() -> None:
    class Gone(Numbers):
        def read(self) -> Document:
            if "write" in self.log:
                raise NotFoundError("edge gone", status=404)
            return super().read()

    store = Gone()
    store.script = [NotFoundError("rule gone", status=404)]
    with pytest.raises(NotFoundError, match="rule gone"):
        _ensure(store, 1)


# -- a server that does not check versions -----------------------------------------------------------------------


class Unchecked(Numbers):
    """A store whose server does not check versions."""

    is_version_checked = False


def test_without_version_checks_the_store_is_read_before_the_write() -> None:
    store = Unchecked(1)
    ensure(NumbersKind(), store, Present((1, 2)), clock=FakeClock())
    assert store.log == ["read", "read", "write", "read"]


def test_changes_between_two_reads_are_merged() -> None:
    store = Unchecked(1)
    read = store.read

    def outside() -> Document:
        document = read()
        if store.log == ["read"]:
            store.put(store.numbers | {9})
        return document

    store.read = outside  # type: ignore[method-assign]
    ensure(NumbersKind(), store, Present((2,)), clock=FakeClock())
    assert store.numbers == {1, 2, 9}


def test_a_concurrent_write_raises_a_conflict() -> None:
    store = Unchecked(1)

    def race(target: Numbers, numbers: set[int]) -> None:
        target.put(target.numbers | {9})
        target.put(numbers)

    store.script = [race]
    with pytest.raises(ConflictError, match="may have been replaced"):
        ensure(NumbersKind(), store, Present((2,)), clock=FakeClock())


def test_the_lock_is_held_from_the_first_to_the_last_read() -> None:
    store = Numbers(1)
    held: list[tuple[str, str]] = []

    @contextlib.contextmanager
    def lock(key: str, target: str) -> Iterator[None]:
        held.append((key, target))
        store.log.append("lock")
        yield
        store.log.append("unlock")

    ensure(NumbersKind(), store, Present((2,)), clock=FakeClock(), lock=lock)
    assert store.log == ["lock", "read", "write", "read", "unlock"]
    assert held == [(store.lock_key, store.target)]


def test_check_mode_takes_no_lock() -> None:
    def lock(key: str, target: str) -> Any:
        raise AssertionError("not in check mode")

    assert ensure(NumbersKind(), Numbers(1), Present((2,)), check=True, lock=lock).changed


# -- the field `written` of errors -------------------------------------------------------------------------------


def _written(store: Numbers, *numbers: int, **more: Any) -> Any:
    with pytest.raises(VcloudAirError) as caught:
        _ensure(store, *numbers, **more)
    assert caught.value.as_dict().get("written") == caught.value.written
    return caught.value.written


def _lost(may_have_executed: bool) -> ConnectionFailedError:
    return ConnectionFailedError("Gone.", may_have_executed=may_have_executed)


@pytest.mark.parametrize(
    ("script", "written"),
    [
        ([PermissionDeniedError("No.", status=403)], False),
        ([InvalidRequestError("Bad.", status=400)], False),
        ([_lost(False)], False),
        ([_lost(True), PermissionDeniedError("No.", status=403)], "unknown"),
        ([ServerError("Oops.", status=500)] * 5, "unknown"),
        ([lambda store, numbers: store.put(store.numbers)], True),
    ],
)
def test_an_error_has_the_state_of_the_write(script: list[Any], written: Any) -> None:
    store = Numbers()
    store.script = list(script)
    assert _written(store, 1) == written


def test_errors_before_the_write_set_written_to_false_except_in_check_mode() -> None:
    def refuse(plan: Plan) -> None:
        raise PlanRejectedError("no")

    assert _written(Numbers(), -1, kind=CarefulKind()) is False
    assert _written(Numbers(), 1, policy=refuse) is False
    assert _written(Numbers(), 1, policy=refuse, check=True) is None


def test_a_failed_read_after_the_write_sets_written_to_true() -> None:
    class Broken(Numbers):
        def read(self) -> Document:
            if "write" in self.log:
                raise ServerError("Oops.", status=500)
            return super().read()

    assert _written(Broken(), 1) is True


@pytest.mark.parametrize(("is_after", "message"), [(False, "may have happened"), (True, "before verification")])
def test_ctrl_c_during_or_after_the_write_is_logged(
    is_after: bool, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    class Stopped(Numbers):
        def read(self) -> Document:
            if "write" in self.log:
                raise KeyboardInterrupt
            return super().read()

        def commit(self, base: Document, document: Document) -> None:
            super().commit(base, document)
            if not is_after:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _ensure(Stopped(), 1)
    assert message in caplog.text


def test_a_version_that_increased_twice_is_a_warning() -> None:
    store = Numbers()

    def both(store: Numbers, numbers: set[int]) -> None:
        store.put({7})  # a server that ignores versions allows the next write to replace it
        store.put(numbers)

    store.script = [both]
    (warning,) = _ensure(store, 1).warnings
    assert "increased by 2, but this task wrote once" in warning


def test_a_version_that_did_not_change_is_a_warning() -> None:
    def silent(store: Numbers, numbers: set[int]) -> None:
        store.numbers = numbers

    store = Numbers()
    store.script = [silent]
    assert "did not change" in _ensure(store, 1).warnings[0]
    store = Numbers()
    store.script = [lambda store, numbers: None]
    with pytest.raises(NotConvergedError, match="version did not change"):
        _ensure(store, 1)


class WarningKind(NumbersKind):
    """A kind whose method ``warnings`` raises an error."""

    def advise(self, store: Any, document: Document, plan: Plan) -> tuple[str, ...]:
        raise ServerError("GET /beside failed.", status=500)


@pytest.mark.parametrize("check", [True, False])
def test_a_failed_warning_does_not_fail_the_run(check: bool) -> None:
    outcome = _ensure(Numbers(1), 2, kind=WarningKind(), check=check)
    assert (outcome.changed, outcome.after) == (True, [1, 2])
    assert outcome.warnings == ("Checking the changes of thing t for warnings failed: GET /beside failed.",)


def test_an_empty_plan_has_no_warnings() -> None:
    assert _ensure(Numbers(1), 1, kind=WarningKind()).warnings == ()
