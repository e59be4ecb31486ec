"""A look and its memory, for whoever has the clock: ``poll`` when it is time, and wait for ``delay_s`` after it."""

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
from vcloudair_core.monitoring.checks import DriftLook, Look, ReplicationLook, TaskLook, TunnelLook, without_keys
from vcloudair_core.monitoring.event_tracker import CheckResult, Tracker
from vcloudair_core.session.auth.backoff import wait_after

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.monitoring.monitor_options import MonitorOptions

_log = logging.getLogger(__name__)

FATAL = (ConfigurationError, SpecError, PluginError)
"""Errors that waiting does not solve."""

_FATAL_AT_FIRST = (NotFoundError, AmbiguousMatchError, AuthenticationError)
"""In the first look a mistake of whoever set it up; later it may come back."""


class SignIns:
    """The refused sign-ins of watchers that share credentials. Only one of them tries again after each wait.

    Four watchers that each try a wrong password at their own pace would lock the account. Units: seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._count = 0
        self._next = 0.0
        self._owner: Monitor | None = None

    def may_try(self, watcher: Monitor) -> bool:
        """True unless another watcher was refused a moment ago, and waits to try again."""
        with self._lock:
            return self._owner in (None, watcher) or self._now() >= self._next

    def refused(self, watcher: Monitor) -> float:
        """Note a refusal. Returns how long to wait before the next sign-in.

        Watchers that were refused at the same moment count once.
        """
        with self._lock:
            if self._owner not in (None, watcher) and self._now() < self._next:
                return max(0.0, self._next - self._now())
            self._count += 1
            self._owner = watcher
            wait_s = wait_after(self._count)
            # Others step in only when the one whose turn it is does not come.
            self._next = self._now() + 2 * wait_s
            return wait_s

    def worked(self) -> None:
        """Note that signing in works."""
        with self._lock:
            self._count, self._owner = 0, None


class Monitor:
    """Polls one kind of thing. ``connect`` makes a client: each poll has its own, so nothing of one outlives it.

    ``now`` gives the time that events carry.
    """

    def __init__(
        self,
        look: Look,
        tracker: Tracker,
        connect: Callable[[], Client],
        options: MonitorOptions,
        *,
        sign_ins: SignIns | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self.name = look.began
        self._look, self._tracker, self._connect, self._options = look, tracker, connect, options
        self._now = now
        self._failures = 0
        self._sign_ins = sign_ins or SignIns()
        self._sign_in_wait_s = 0.0
        self._is_first = True
        self._unread: set[str] = set()

    @property
    def delay_s(self) -> float:
        """Seconds until the next poll: longer after each that failed, up to the most that the options allow.

        After a refused sign-in it is the wait that keeps the account from being locked, if that is longer.
        """
        doublings = min(self._failures, 20)
        delay_s = float(min(self._options.interval_s * 2**doublings, self._options.max_interval_s))
        return max(delay_s, self._sign_in_wait_s)

    def poll(self) -> list[dict[str, Any]]:
        """Look once. What cannot be read is logged, and makes no event.

        Shape: ``{"type", "observed_at", "url", "org", ...}`` each; ``looks`` and the documentation list the rest.
        Raises: the errors of :data:`FATAL`; in the first poll also NotFoundError, AmbiguousMatchError and
        AuthenticationError, and AuthenticationError later when there is nothing to sign in with again.
        """
        if not self._sign_ins.may_try(self):
            return []
        is_renewable = True
        try:
            with self._connect() as client:
                is_renewable = client.session.is_renewable
                seen = self._look(client)
                where = {"url": client.settings.url or "", "org": client.settings.org or ""}
            self._raise_if_fatal(seen, is_renewable)
        except VcloudAirError as exc:
            if self._is_fatal(exc, is_renewable):
                raise
            self._failures += 1
            self._sign_in_wait_s = self._sign_ins.refused(self) if isinstance(exc, AuthenticationError) else 0.0
            _log.warning("%s: nothing could be read, the next look is in %g s: %s", self.name, self.delay_s, exc)
            return []
        self._sign_ins.worked()
        if self._failures:
            _log.warning("%s: it can be read again, after %d looks that failed", self.name, self._failures)
        self._failures, self._sign_in_wait_s, self._is_first = 0, 0.0, False
        observed = self._now().isoformat(timespec="seconds")
        return [{**event, "observed_at": observed, **where} for event in self._tracker.take(seen)]

    def _is_fatal(self, error: VcloudAirError, is_renewable: bool) -> bool:
        if isinstance(error, AuthenticationError) and not is_renewable:
            return True
        return isinstance(error, FATAL) or (self._is_first and isinstance(error, _FATAL_AT_FIRST))

    def _raise_if_fatal(self, seen: CheckResult, is_renewable: bool) -> None:
        """Raise what ends the watcher. A refused sign-in is raised too: it is about all scopes."""
        for scope, exc in seen.unread.items():
            if isinstance(exc, AuthenticationError) or self._is_fatal(exc, is_renewable):
                raise exc
            if scope not in self._unread:
                _log.warning("%s: %s could not be read: %s", self.name, scope, exc)
        self._unread = set(seen.unread)


def watchers(options: MonitorOptions, connect: Callable[[], Client]) -> list[Monitor]:
    """One for each thing that is to be watched. Documents are checked; nothing is sent.

    Raises: SpecError for a document that can never be right, ConfigurationError.
    """
    with connect() as client:
        for sections in options.documents.values():
            client.kind("ans.edge").parse(without_keys(sections))
    sign_ins = SignIns()
    return [Monitor(look, _tracker(look, options), connect, options, sign_ins=sign_ins) for look in _looks(options)]


def _looks(options: MonitorOptions) -> list[Look]:
    made: dict[str, Callable[[], Look]] = {
        "tasks": lambda: TaskLook(with_past=options.with_past),
        "tunnels": lambda: TunnelLook(options.edges),
        "replications": ReplicationLook,
        "drift": lambda: DriftLook(options.documents, purge=options.purge),
    }
    return [made[name]() for name in dict.fromkeys(options.watch)]


def _tracker(look: Look, options: MonitorOptions) -> Tracker:
    if isinstance(look, TaskLook):
        return Tracker(look.began, is_past_told=options.with_past)
    return Tracker(look.began, look.ended, confirm=options.confirm)
