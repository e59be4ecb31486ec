"""A look and its memory, for whoever has the clock: ``poll`` when it is time, and wait for ``delay_s`` after it."""

from __future__ import annotations

import logging
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
from vcloudair_core.watching.looks import DriftLook, Look, ReplicationLook, TaskLook, TunnelLook, without_keys
from vcloudair_core.watching.tracker import Seen, Tracker

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.watching.options import Options

_log = logging.getLogger(__name__)

FATAL = (ConfigurationError, SpecError, PluginError, AuthenticationError)
"""What no waiting mends. A password that was refused once is not sent again: the account might be locked."""

_NOT_THERE = (NotFoundError, AmbiguousMatchError)
"""In the first look a mistake of whoever set it up; later it may come back."""


class Watcher:
    """Polls one kind of thing. ``connect`` makes a client: each poll has its own, so nothing of one outlives it.

    ``now`` gives the time that events carry.
    """

    def __init__(
        self,
        look: Look,
        tracker: Tracker,
        connect: Callable[[], Client],
        options: Options,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self.name = look.began
        self._look, self._tracker, self._connect, self._options = look, tracker, connect, options
        self._now = now
        self._failures = 0
        self._is_first = True
        self._unread: set[str] = set()

    @property
    def delay_s(self) -> float:
        """Seconds until the next poll: longer after each that failed, up to the most that the options allow."""
        doublings = min(self._failures, 20)
        return float(min(self._options.interval_s * 2**doublings, self._options.max_interval_s))

    def poll(self) -> list[dict[str, Any]]:
        """Look once. What cannot be read is logged, and makes no event.

        Shape: ``{"type", "observed_at", "url", "org", ...}`` each; ``looks`` and the documentation list the rest.
        Raises: the errors of :data:`FATAL`; in the first poll also NotFoundError and AmbiguousMatchError.
        """
        try:
            with self._connect() as client:
                seen = self._look(client)
                where = {"url": client.settings.url or "", "org": client.settings.org or ""}
            self._refuse_mistakes(seen)
        except VcloudAirError as exc:
            if isinstance(exc, FATAL) or (self._is_first and isinstance(exc, _NOT_THERE)):
                raise
            self._failures += 1
            _log.warning("%s: nothing could be read, the next look is in %g s: %s", self.name, self.delay_s, exc)
            return []
        if self._failures:
            _log.warning("%s: it can be read again, after %d looks that failed", self.name, self._failures)
        self._failures, self._is_first = 0, False
        observed = self._now().isoformat(timespec="seconds")
        return [{**event, "observed_at": observed, **where} for event in self._tracker.take(seen)]

    def _refuse_mistakes(self, seen: Seen) -> None:
        for scope, exc in seen.unread.items():
            if isinstance(exc, FATAL) or (self._is_first and isinstance(exc, _NOT_THERE)):
                raise exc
            if scope not in self._unread:
                _log.warning("%s: %s could not be read: %s", self.name, scope, exc)
        self._unread = set(seen.unread)


def watchers(options: Options, connect: Callable[[], Client]) -> list[Watcher]:
    """One for each thing that is to be watched. Documents are checked; nothing is sent.

    Raises: SpecError for a document that can never be right, ConfigurationError.
    """
    with connect() as client:
        for sections in options.documents.values():
            client.kind("ans.edge").parse(without_keys(sections))
    return [Watcher(look, _tracker(look, options), connect, options) for look in _looks(options)]


def _looks(options: Options) -> list[Look]:
    made: dict[str, Callable[[], Look]] = {
        "tasks": lambda: TaskLook(with_past=options.with_past),
        "tunnels": lambda: TunnelLook(options.edges),
        "replications": ReplicationLook,
        "drift": lambda: DriftLook(options.documents, purge=options.purge),
    }
    return [made[name]() for name in dict.fromkeys(options.watch)]


def _tracker(look: Look, options: Options) -> Tracker:
    if isinstance(look, TaskLook):
        return Tracker(look.began, is_past_told=options.with_past)
    return Tracker(look.began, look.ended, confirm=options.confirm)
