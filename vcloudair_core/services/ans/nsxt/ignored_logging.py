"""Remember on disk that the server ignores requests to enable logging.

Without the right to configure logging, the server stores ``logging: true`` as false, without an error. Later runs must
not report the same change again. Source: protocol/nsxt.md §5, §13.1.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.settings.directories import private_folder, state_folder

if TYPE_CHECKING:
    from vcloudair_core.engine.kind import Document
    from vcloudair_core.engine.rulelist import RuleListKind
    from vcloudair_core.session.session import Session
    from vcloudair_core.settings.settings import Settings
    from vcloudair_core.util.clock import Clock

IGNORED_LOGGING = "ignored_logging"
"""Key in the tree of a document whose server ignores requests to log."""

_log = logging.getLogger(__name__)
_VALID_S = 7 * 24 * 3600.0
"""Seconds until a run requests logging again, because the user may have the right."""


class IgnoredLogging:
    """A note on disk that the server ignores the logging requests of one user.

    Each edge gateway has its own note. ``key`` contains the user and the edge gateway.
    """

    def __init__(self, settings: Settings, key: str, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._name = f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.no-logging"

    def is_known(self) -> bool:
        """Return True if the server has ignored a request in the last 7 days."""
        path = self._path()
        try:
            noted = float(path.read_text(encoding="ascii")) if path is not None else None
        except (OSError, ValueError):
            return False
        return noted is not None and 0 <= self._clock.wall() - noted < _VALID_S

    def remember(self) -> None:
        """Write the note. If the state folder cannot be used, log a warning."""
        path = self._path()
        if path is None:
            return
        try:
            private_folder(path.parent)
            path.touch(mode=0o600)
            path.write_text(str(self._clock.wall()), encoding="ascii")
        except OSError as exc:
            _log.warning("Writing a note in %s failed: %s", path.parent, exc.strerror)

    def forget(self) -> None:
        """Delete the note, because the server has enabled logging for a rule."""
        path = self._path()
        if path is not None:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def _path(self) -> Path | None:
        try:
            return state_folder(self._settings) / "edges" / self._name
        except ConfigurationError:
            return None


class LoggingRequests:
    """The rules of an edge gateway for which this process requested logging.

    ``ignored`` has the names of the rules for which the server ignored the request.
    """

    def __init__(self, session: Session, target_key: str) -> None:
        user = f"{session.identity.user}@{session.identity.org_name}"
        self._note = IgnoredLogging(session.settings, f"{user} {target_key}", session.clock)
        self._requested: set[Hashable] = set()
        self.ignored: set[str] = set()

    @property
    def are_ignored(self) -> bool:
        """True if the server is known to ignore requests to log."""
        return bool(self.ignored) or self._note.is_known()

    def add(self, keys: Iterable[Hashable]) -> None:
        """Record that this process has requested logging for the rules with these keys."""
        self._requested |= set(keys)

    def check(self, record: Mapping[str, Any], key: Hashable) -> None:
        """Write the note if the server ignored the request for a rule, else delete it."""
        if key not in self._requested:
            return
        if record.get("logging"):
            self._note.forget()
            self.ignored.discard(str(record.get("name")))
        else:
            self._note.remember()
            self.ignored.add(str(record.get("name")))


def with_kept_logging(kind: RuleListKind, document: Document) -> RuleListKind:
    """Return a rule list kind without logging changes that the server would ignore.

    If the server is known to ignore logging requests, the kind does not enable logging for existing rules.
    """
    if not (isinstance(document.tree, dict) and document.tree.get(IGNORED_LOGGING)):
        return kind

    def effective(spec: Any, current: Any) -> Any:
        is_met = spec.logging and not current.logging
        return kind.effective(replace(spec, logging=current.logging) if is_met else spec, current)

    return replace(kind, effective=effective)


def logging_warnings(store: Any, rules: str) -> tuple[str, ...]:
    """Return a warning if the server has ignored a request to log.

    Only NSX-T stores detect ignored requests. ``rules`` is the plural noun for the rules, such as ``NAT rules``.
    Source: protocol/nsxt.md §5.
    """
    names = getattr(store, "ignored_logging", ())
    if not names:
        return ()
    listed = ", ".join(map(repr, sorted(names)))
    return (
        f"The server ignored logging=true of {rules} on {store.target}: {listed}. The user does not have the right "
        "to configure logging.",
    )
