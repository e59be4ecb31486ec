"""Cache of server identities that the processes of a run share for a minute.

Ansible runs every task in a separate process. Without this cache, every task looks up its edge gateway by name. The
cache has only values that identify an object, such as the UUID of an edge gateway. The configuration and the state of
an object are always read from the server.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from vcloudair_core.session.cache.shared_memory import SharedMemory
from vcloudair_core.util.redaction import Secret, as_bytes

if TYPE_CHECKING:
    from vcloudair_core.session.identity import Identity
    from vcloudair_core.settings.settings import Settings
    from vcloudair_core.util.clock import Clock

KEPT_S = 60.0
"""Maximum age of a value in seconds.

An object can be renamed during a run. After this time, all tasks use the new name.
"""

VALUES = SharedMemory(slots=64, size=1024)
"""The values of this process and its forks.

Programs must import this module before they fork.
"""


class RunSession(Protocol):
    """The attributes of a session on which the shared values depend."""

    settings: Settings
    clock: Clock

    @property
    def identity(self) -> Identity: ...

    @property
    def token_headers(self) -> Mapping[str, Secret]: ...


class RunCache:
    """The values that the sessions of a run share.

    Sessions share values only if they have the same run ID, server and token, and the same settings for edges.
    """

    def __init__(self, session: RunSession, run_id: str) -> None:
        self._session = session
        self._run_id = run_id
        self._used: list[bytes] = []

    def get(self, *key: str) -> dict[str, Any] | None:
        """Return the value with this key, or None if it is missing or too old."""
        name = self._name(key)
        content = VALUES.get(name)
        if content is None:
            return None
        document = json.loads(content.rstrip(b"\0"))
        if not 0 <= self._session.clock.now() - document["at"] < KEPT_S:
            return None
        self._used.append(name)
        value: dict[str, Any] = document["value"]
        return value

    def put(self, value: dict[str, Any], *key: str) -> None:
        """Store a value of JSON types. It must not contain secrets."""
        VALUES.put(self._name(key), json.dumps({"at": self._session.clock.now(), "value": value}).encode())

    def forget(self) -> bool:
        """Delete the values that this session used. Return True if it used any."""
        for name in self._used:
            VALUES.drop(name)
        used, self._used = self._used, []
        return bool(used)

    def _name(self, key: tuple[str, ...]) -> bytes:
        settings, identity = self._session.settings, self._session.identity
        tokens = [
            f"{name}={value.reveal() if isinstance(value, Secret) else value}"
            for name, value in sorted(self._session.token_headers.items())
        ]
        options = [str(settings.service_type), str(settings.edge_api)]
        parts = [self._run_id, identity.base_url, identity.api_version, identity.vdc_id, *options, *tokens, "", *key]
        return hashlib.sha256(as_bytes(json.dumps(parts))).digest()
