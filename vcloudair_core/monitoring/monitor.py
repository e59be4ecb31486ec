"""Poll the cloud for events.

The caller schedules the polls: it calls ``poll`` and waits ``delay_s`` seconds before the next call.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import (
    AmbiguousMatchError,
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    PluginError,
    SpecError,
    VcloudAirError,
)
from vcloudair_core.monitoring.checks import (
    DriftCheck,
    MonitorCheck,
    ReplicationCheck,
    TaskCheck,
    TunnelCheck,
    without_keys,
)
from vcloudair_core.monitoring.event_tracker import CheckResult, EventTracker
from vcloudair_core.session.auth.backoff import wait_after

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.monitoring.monitor_options import MonitorOptions

_log = logging.getLogger(__name__)

FATAL = (ConfigurationError, SpecError, PluginError)
"""Errors that a later poll cannot resolve."""

_FATAL_AT_FIRST = (NotFoundError, AmbiguousMatchError, AuthenticationError)
"""Errors that are fatal in the first poll, but can be temporary later."""


class SharedSignIn:
    """Limit the sign-in attempts of monitors that share credentials.

    After a refused sign-in, only one monitor retries at a time. Otherwise four monitors that retry a wrong password on
    separate schedules would lock the account. ``now`` returns a time in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._count = 0
        self._next = 0.0
        self._owner: Monitor | None = None

    def can_try(self, monitor: Monitor) -> bool:
        """Return False if another monitor was refused recently and will retry."""
        with self._lock:
            return self._owner in (None, monitor) or self._now() >= self._next

    def record_refusal(self, monitor: Monitor) -> float:
        """Record a refusal, and return the seconds to wait before the next sign-in.

        Simultaneous refusals of several monitors count once.
        """
        with self._lock:
            if self._owner not in (None, monitor) and self._now() < self._next:
                return max(0.0, self._next - self._now())
            self._count += 1
            self._owner = monitor
            wait_s = wait_after(self._count)
            # Twice the wait: other monitors retry only if the owner does not.
            self._next = self._now() + 2 * wait_s
            return wait_s

    def record_success(self) -> None:
        """Record that sign-in succeeded."""
        with self._lock:
            self._count, self._owner = 0, None


class Monitor:
    """Poll a check, and report its state changes as events.

    Args:
        check: The check to run at each poll.
        tracker: The reported states.
        connect: Creates a client. Each poll uses a new client, so that no connection outlives a poll.
        sign_in: Shared by monitors with the same credentials.
        now: Returns the time for the field ``observed_at`` of events.
    """

    def __init__(
        self,
        check: MonitorCheck,
        tracker: EventTracker,
        connect: Callable[[], Client],
        options: MonitorOptions,
        *,
        sign_in: SharedSignIn | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self.name = check.start_event
        self._check, self._tracker, self._connect, self._options = check, tracker, connect, options
        self._now = now
        self._failures = 0
        self._sign_in = sign_in or SharedSignIn()
        self._sign_in_wait_s = 0.0
        self._is_first = True
        self._unread: set[str] = set()

    @property
    def delay_s(self) -> float:
        """Seconds until the next poll.

        The delay doubles after each failed poll, up to ``max_interval_s`` of the options. After a refused sign-in, the
        delay is long enough to protect the account from being locked.
        """
        doublings = min(self._failures, 20)
        delay_s = float(min(self._options.interval_s * 2**doublings, self._options.max_interval_s))
        return max(delay_s, self._sign_in_wait_s)

    def poll(self) -> list[dict[str, Any]]:
        """Run the check once and return its events.

        Read errors are logged and cause no events.

        Each event contains ``type``, ``observed_at``, ``url`` and ``org``. :mod:`~vcloudair_core.monitoring.checks`
        adds the other fields.

        Raises: the errors of :data:`FATAL`. The first poll also raises NotFoundError, AmbiguousMatchError and
        AuthenticationError. Later polls raise AuthenticationError if the session cannot be renewed.
        """
        if not self._sign_in.can_try(self):
            return []
        is_renewable = True
        try:
            with self._connect() as client:
                is_renewable = client.session.is_renewable
                result = self._check(client)
                origin = {"url": client.settings.url or "", "org": client.settings.org or ""}
            self._raise_if_fatal(result, is_renewable)
        except VcloudAirError as exc:
            if self._is_fatal(exc, is_renewable):
                raise
            self._failures += 1
            self._sign_in_wait_s = self._sign_in.record_refusal(self) if isinstance(exc, AuthenticationError) else 0.0
            _log.warning("Polling %s failed. The next poll is in %g seconds. %s", self.name, self.delay_s, exc)
            return []
        self._sign_in.record_success()
        if self._failures:
            _log.warning("Polling %s succeeded after %d failed polls.", self.name, self._failures)
        self._failures, self._sign_in_wait_s, self._is_first = 0, 0.0, False
        observed = self._now().isoformat(timespec="seconds")
        return [{**event, "observed_at": observed, **origin} for event in self._tracker.update(result)]

    def _is_fatal(self, error: VcloudAirError, is_renewable: bool) -> bool:
        if isinstance(error, AuthenticationError) and not is_renewable:
            return True
        return isinstance(error, FATAL) or (self._is_first and isinstance(error, _FATAL_AT_FIRST))

    def _raise_if_fatal(self, result: CheckResult, is_renewable: bool) -> None:
        """Raise an error that is fatal or affects all scopes, such as a refused sign-in."""
        for scope, exc in result.unread.items():
            if isinstance(exc, AuthenticationError) or self._is_fatal(exc, is_renewable):
                raise exc
            if scope not in self._unread:
                _log.warning("Polling %s failed for '%s'. %s", self.name, scope, exc)
        self._unread = set(result.unread)


def create_monitors(options: MonitorOptions, connect: Callable[[], Client]) -> list[Monitor]:
    """Return a monitor for each check that the options name.

    The documents are validated. No request is sent.

    Raises: SpecError for an invalid document, ConfigurationError.
    """
    with connect() as client:
        for sections in options.documents.values():
            client.kind("ans.edge").parse(without_keys(sections))
    sign_in = SharedSignIn()
    return [Monitor(check, _tracker(check, options), connect, options, sign_in=sign_in) for check in _checks(options)]


def _checks(options: MonitorOptions) -> list[MonitorCheck]:
    factories: dict[str, Callable[[], MonitorCheck]] = {
        "tasks": lambda: TaskCheck(with_past=options.with_past),
        "tunnels": lambda: TunnelCheck(options.edges),
        "replications": ReplicationCheck,
        "drift": lambda: DriftCheck(options.documents, purge=options.purge),
    }
    return [factories[name]() for name in dict.fromkeys(options.watch)]


def _tracker(check: MonitorCheck, options: MonitorOptions) -> EventTracker:
    if isinstance(check, TaskCheck):
        return EventTracker(check.start_event, report_first=options.with_past)
    return EventTracker(check.start_event, check.end_event, confirm=options.confirm)
