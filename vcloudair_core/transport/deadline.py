"""Deadlines for whole responses.

A read timeout restarts with each byte, so it never expires if a response arrives byte by byte. A watchdog thread checks
the deadlines of all current exchanges twice a second. The thread shuts down the socket of each exchange whose deadline
has passed.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from types import TracebackType
from typing import Any

_TICK_S = 0.5
_IDLE_S = 30.0
_current = threading.local()


class Deadline:
    """Context manager that limits the duration of an exchange.

    ``is_over`` is True if the deadline passed and the connection was shut down.
    """

    def __init__(self, seconds: float) -> None:
        self.due = time.monotonic() + seconds
        self.is_over = False
        self._socket: socket.socket | None = None

    def __enter__(self) -> Deadline:
        _current.deadline = self
        _watchdog.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _current.deadline = None
        self._socket = None
        _watchdog.remove(self)

    def watch(self, sock: socket.socket | None) -> None:
        """Set the socket that receives the response."""
        self._socket = sock

    def end(self) -> None:
        """Shut down the connection, so that a blocked read returns immediately."""
        self.is_over = True
        awaited = self._socket
        if awaited is not None:
            with contextlib.suppress(OSError):
                # Use the plain shutdown for TLS too. SSLSocket.shutdown would remove the TLS state during a read.
                socket.socket.shutdown(awaited, socket.SHUT_RDWR)


class _Watchdog:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watched: set[Deadline] = set()
        self._thread: threading.Thread | None = None

    def add(self, deadline: Deadline) -> None:
        with self._changed:
            self._watched.add(deadline)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="vca-deadlines", daemon=True)
                self._thread.start()
            elif len(self._watched) == 1:
                self._changed.notify()

    def remove(self, deadline: Deadline) -> None:
        with self._changed:
            self._watched.discard(deadline)

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._watched and not self._changed.wait(_IDLE_S) and not self._watched:
                    self._thread = None
                    return
                now = time.monotonic()
                late = [deadline for deadline in self._watched if deadline.due <= now and not deadline.is_over]
            for deadline in late:
                deadline.end()
            time.sleep(_TICK_S)


_watchdog = _Watchdog()


def _after_fork() -> None:
    """Reset the watchdog in a forked process, which does not inherit the thread."""
    _watchdog.__init__()  # type: ignore[misc]


os.register_at_fork(after_in_child=_after_fork)


def pool_classes() -> dict[str, Any]:
    """Return urllib3 pool classes that pass their sockets to the current deadline."""
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    def watched(connection: Any) -> Any:
        class Watched(connection):  # type: ignore[misc]
            def getresponse(self, *arguments: Any, **options: Any) -> Any:
                deadline = getattr(_current, "deadline", None)
                if deadline is not None:
                    deadline.watch(self.sock)
                return super().getresponse(*arguments, **options)

        return Watched

    plain = type("WatchedPool", (HTTPConnectionPool,), {"ConnectionCls": watched(HTTPConnection)})
    tls = type("WatchedTlsPool", (HTTPSConnectionPool,), {"ConnectionCls": watched(HTTPSConnection)})
    return {"http": plain, "https": tls}
