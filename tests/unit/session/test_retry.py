"""Tests of retries: their conditions, and the time between attempts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.session.mocked_http import BASE, MockedTransport, broke, error_xml, reply, settings_of
from vcloudair_core.errors import TimeoutExpiredError, TlsError, VcloudAirError
from vcloudair_core.session.origins import Origins
from vcloudair_core.session.pipeline import HttpPipeline
from vcloudair_core.session.retry import RetryPolicy, WaitBudget, retry_after_s
from vcloudair_core.transport.messages import Headers, Request, Response
from vcloudair_core.util.clock import FakeClock

URL = "https://vcd.example.test/api/x"
BUSY = reply(400, error_xml("The entity  is busy completing an operation.", "BUSY_ENTITY"))
LIMIT = reply(400, error_xml("too many operations", "OPERATION_LIMITS_EXCEEDED"))


def tries(first: Any, method: str, *, policy: RetryPolicy | None = None, clock: FakeClock | None = None) -> int:
    """Return the number of attempts for a request whose first response is ``first``."""
    transport = MockedTransport({f"{method} /api/x": [first, reply(200)]})
    pipeline = HttpPipeline(transport, policy=policy or RetryPolicy(), clock=clock or FakeClock())
    pipeline.send(Request(method, URL), Origins(URL), repeatable=method == "GET")
    return len(transport.requests)


@pytest.mark.parametrize(
    ("first", "reads", "writes"),
    [
        (reply(200), 1, 1),
        (reply(429), 2, 2),
        (BUSY, 2, 2),
        (LIMIT, 2, 2),
        (reply(503, Retry_After="1"), 2, 2),
        (reply(503), 2, 1),
        (reply(502), 2, 1),
        (reply(504), 2, 1),
        (reply(408), 2, 1),
        (reply(500), 2, 1),
        (reply(501), 1, 1),
        (reply(400), 1, 1),
        (reply(401), 1, 1),
        (reply(403), 1, 1),
        (reply(404), 1, 1),
        (reply(409), 1, 1),
        (broke(executed=True), 2, 1),
        (broke(executed=False), 2, 2),
        (broke(True, TimeoutExpiredError), 2, 1),
        (broke(False, TimeoutExpiredError), 2, 2),
        (broke(False, TlsError), 1, 1),
    ],
)
def test_each_outcome_is_retried_by_method(first: Any, reads: int, writes: int) -> None:
    assert (tries(first, "GET"), tries(first, "PUT")) == (reads, writes)


def stubborn(answer: Any, method: str = "GET", **policy: Any) -> tuple[int, FakeClock]:
    transport = MockedTransport({f"{method} /api/x": answer})
    clock = FakeClock()
    pipeline = HttpPipeline(transport, policy=RetryPolicy(**policy), clock=clock)
    outcome = pipeline.send(Request(method, URL), Origins(URL), repeatable=method == "GET")
    with pytest.raises(VcloudAirError):
        outcome.answer()
    assert pipeline.calls == len(transport.requests)
    return len(transport.requests), clock


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reply(500), 5),
        (broke(executed=True), 5),
        (broke(executed=False), 3),
        (broke(True, TimeoutExpiredError), 2),
    ],
)
def test_attempts_are_limited(answer: Any, expected: int) -> None:
    assert stubborn(answer)[0] == expected


@pytest.mark.parametrize("answer", [BUSY, reply(429), reply(500), broke(executed=False)])
def test_zero_retries_sends_once(answer: Any) -> None:
    assert stubborn(answer, retries=0)[0] == 1


def test_waits_double_with_jitter_up_to_the_limit() -> None:
    count, clock = stubborn(BUSY, max_wait_s=60)
    assert sum(clock.slept) <= 60.001
    assert count > 6
    for number, waited in enumerate(clock.slept[:4]):
        assert 0.75 * 0.5 * 2**number <= waited <= 1.25 * 0.5 * 2**number


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": " 0 "}, 0.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:10 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 10.0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0.0),
        ({"Retry-After": "Tue, 14 Nov 2023 22:13:30 GMT"}, 10.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_parsed_as_seconds_or_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(Response(429, Headers(headers)), FakeClock(wall=1_700_000_000)) == seconds


def test_retry_after_is_followed_up_to_the_limit() -> None:
    clock = FakeClock()
    assert tries(reply(429, Retry_After="7"), "POST", clock=clock) == 2
    assert clock.slept == [7.0]
    count, clock = stubborn(reply(429, Retry_After="86400"), max_wait_s=30)
    assert (count, clock.slept) == (2, [30.0])


def test_a_retry_after_of_zero_does_not_retry_forever() -> None:
    count, _ = stubborn(reply(429, Retry_After="0"), max_wait_s=10)
    assert count <= 21


def test_the_policy_comes_from_settings() -> None:
    assert RetryPolicy.of(settings_of(retries=2, max_retry_wait=9)) == RetryPolicy(retries=2, max_wait_s=9)


def test_all_calls_of_a_session_share_one_wait_budget() -> None:
    clock = FakeClock()
    transport = MockedTransport({"GET /x": reply(503)})
    pipeline = HttpPipeline(transport, policy=RetryPolicy(retries=9, max_wait_s=30), clock=clock, max_total_wait_s=70)
    request = Request("GET", f"{BASE}/x", Headers({}))
    errors = [pipeline.send(request, Origins(BASE), repeatable=True).error for _ in range(4)]
    assert 69.9 < sum(clock.slept) <= 70.001
    assert "max_retry_total" in str(errors[-1]) and "max_retry_total" not in str(errors[0])
    asked = len(transport.requests)
    pipeline.send(request, Origins(BASE), repeatable=True)
    assert len(transport.requests) == asked + 1
    clock.advance(40)
    pipeline.send(request, Origins(BASE), repeatable=True)
    assert len(transport.requests) > asked + 2


def test_concurrent_waits_share_the_budget() -> None:
    clock = FakeClock()
    budget = WaitBudget(10, clock)
    with budget.waiting(), budget.waiting():
        clock.advance(4)
    assert budget.left() == 6
    clock.advance(1)
    assert budget.left() == 7
    clock.advance(100)
    assert budget.left() == 10


def test_each_wait_is_logged_once_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "vcloudair_core.session.retry"):
        count, _ = stubborn(reply(503), retries=2)
    assert count == 3
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 2
    assert all(message.startswith("Retrying in ") for message in messages)
    assert "(attempt 2 of 3): " in messages[0] and "(attempt 3 of 3): " in messages[1]
    assert all(message.count("503") == 1 for message in messages)
