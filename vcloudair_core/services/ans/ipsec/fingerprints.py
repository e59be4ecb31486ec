"""Fingerprints of the pre-shared keys that this host has sent. No keys are stored.

Servers return only masked keys, so a key cannot be compared with the key on the server. This host therefore stores, for
each tunnel, a fingerprint of the last key that it sent. A fingerprint is an HMAC-SHA256 with a random salt that never
leaves this host. If another client changes a key later, the change is not detected.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import secrets as random_secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core.services.ans.ipsec.model import new_identity
from vcloudair_core.settings.directories import check_folder, private_folder
from vcloudair_core.util.file_locks import file_lock
from vcloudair_core.util.redaction import Secret, as_bytes

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

_log = logging.getLogger(__name__)
_FORMAT = 1
_LOCK_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class KnownKeys:
    """A snapshot of the key fingerprints for one edge, used for planning.

    ``known`` has the fingerprints of the last keys that this host sent. ``sent`` has the fingerprints of the keys that
    this process sent.
    """

    edge_key: str
    known: Mapping[str, str] = field(repr=False)
    sent: Mapping[str, str] = field(repr=False)
    salt: bytes = field(repr=False)

    def is_known(self, site_id: str | None, ends: str, key: Secret) -> bool:
        """Return True if ``key`` is the last key that this host sent for a tunnel.

        ``site_id`` identifies the tunnel. If the tunnel has no ID yet, ``ends`` identifies the tunnel.
        """
        return self._is_in(self.known, site_id, ends, key)

    def is_sent(self, site_id: str | None, ends: str, key: Secret) -> bool:
        """Return True if this process sent ``key`` for a tunnel."""
        return self._is_in(self.sent, site_id, ends, key)

    def _is_in(self, entries: Mapping[str, str], site_id: str | None, ends: str, key: Secret) -> bool:
        for identity in ([site_id] if site_id else []) + [new_identity(ends)]:
            if identity in entries:
                return hmac.compare_digest(entries[identity], fingerprint(self.salt, self.edge_key, identity, key))
        return False


def fingerprint(salt: bytes, edge_key: str, identity: str, key: Secret) -> str:
    """Return the keyed hash of a pre-shared key.

    The hash of the same key differs between edges and between tunnels.
    """
    text = f"{edge_key}\0{identity}\0".encode() + as_bytes(key.reveal())
    return hmac.new(salt, text, hashlib.sha256).hexdigest()


class KeyFingerprints:
    """Load and store the key fingerprints for one edge.

    ``edge_key`` is the target key of the edge's store.

    The file is read once. If the file cannot be read or written, a warning is logged, and all keys count as unknown. As
    a result, the keys are sent again, and the task reports a change.
    """

    def __init__(self, folder: Path, edge_key: str) -> None:
        self._folder = folder
        self._edge_key = edge_key
        self._known: dict[str, str] | None = None
        self._sent: dict[str, str] = {}
        self._salt: bytes | None = None

    @classmethod
    def of(cls, settings: Settings, edge_key: str) -> KeyFingerprints:
        """Return the key fingerprints for an edge, stored in the folder ``state_dir``."""
        from vcloudair_core.settings.directories import state_folder

        return cls(state_folder(settings) / "psk", edge_key)

    def load(self) -> None:
        """Read the file once. No file is created."""
        if self._known is None:
            self._salt = self._read_salt()
            self._known = self._entries(self._read()) if self._salt is not None else {}

    def known_keys(self) -> KnownKeys:
        """Return a snapshot of the key fingerprints."""
        return KnownKeys(self._edge_key, dict(self._known or {}), dict(self._sent), self._salt or b"")

    # -- updates from the store -----------------------------------------------------------------------------------

    def record(self, keys: Mapping[str, Secret]) -> None:
        """Store the fingerprints of sent keys. ``keys`` maps tunnel identities to keys."""
        if not keys:
            return
        if self._salt is None:
            self._salt = self._create_salt()
        fingerprints = {identity: self._fingerprint(identity, key) for identity, key in keys.items()}
        self._sent.update(fingerprints)
        self._known = {**(self._known or {}), **fingerprints}
        self._change(lambda entries: entries.update(fingerprints))

    def assign_ids(self, ends_by_id: Mapping[str, str], keys: Mapping[str, Secret]) -> None:
        """Store the fingerprints of new tunnels under the IDs that the server assigned.

        ``ends_by_id`` maps these IDs to the ends of the tunnels. ``keys`` maps tunnel identities to the keys that were
        just sent.
        """
        keys_by_id = {
            site_id: keys[new_identity(ends)] for site_id, ends in ends_by_id.items() if new_identity(ends) in keys
        }
        if not keys_by_id:
            return
        if self._salt is None:
            self._salt = self._create_salt()
        self._known = self._known if self._known is not None else {}
        outdated = [new_identity(ends_by_id[site_id]) for site_id in keys_by_id]
        fingerprints = {site_id: self._fingerprint(site_id, key) for site_id, key in keys_by_id.items()}
        for entries in (self._sent, self._known):
            _replace(entries, fingerprints, outdated)
        self._change(lambda entries: _replace(entries, fingerprints, outdated))

    def _fingerprint(self, identity: str, key: Secret) -> str:
        return fingerprint(self._salt or b"", self._edge_key, identity, key)

    # -- the files -------------------------------------------------------------------------------------------------

    def _read_salt(self) -> bytes | None:
        try:
            check_folder(self._folder)
            return (self._folder / "hmac.key").read_bytes() or None
        except FileNotFoundError:
            return None
        except OSError as exc:
            self._log_failure(exc)
            return None

    def _create_salt(self) -> bytes:
        salt = random_secrets.token_bytes(32)
        try:
            private_folder(self._folder)
            path = self._folder / "hmac.key"
            # Creating the link is atomic, so all processes use the salt of the first process. Fingerprints with
            # different salts cannot be compared.
            temporary = self._folder / f".{random_secrets.token_hex(8)}.tmp"
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(salt)
            try:
                os.link(temporary, path)
            except FileExistsError:
                salt = path.read_bytes()
            finally:
                temporary.unlink()
        except OSError as exc:
            self._log_failure(exc)
        return salt

    def _path(self) -> Path:
        return self._folder / "fingerprints.json"

    def _read(self) -> dict[str, Any]:
        try:
            document = json.loads(self._path().read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as exc:
            self._log_failure(exc)
            return {}
        is_ours = (
            isinstance(document, dict) and document.get("format") == _FORMAT and isinstance(document.get("edges"), dict)
        )
        return document if is_ours else {}

    def _entries(self, stored: Mapping[str, Any]) -> dict[str, str]:
        entries = (stored.get("edges") or {}).get(self._edge_key)
        return {str(name): str(value) for name, value in entries.items()} if isinstance(entries, dict) else {}

    def _change(self, change: Any) -> None:
        import filelock

        try:
            private_folder(self._folder)
            lock = file_lock(self._folder / "fingerprints.lock")
            with lock.acquire(timeout=_LOCK_TIMEOUT_S, poll_interval=0.02):
                stored = self._read() or {"format": _FORMAT, "edges": {}}
                entries = self._entries(stored)
                change(entries)
                stored["edges"][self._edge_key] = entries
                temporary = self._path().with_suffix(".tmp")
                temporary.unlink(missing_ok=True)
                descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    json.dump(stored, file, indent=1, sort_keys=True)
                temporary.replace(self._path())
        except (OSError, filelock.Timeout) as exc:
            self._log_failure(exc)

    def _log_failure(self, exc: Exception) -> None:
        _log.warning(
            "Storing fingerprints of pre-shared keys in %s failed (%s). The keys will be sent again in the next run.",
            self._folder,
            type(exc).__name__,
        )


def _replace(entries: dict[str, str], fingerprints: Mapping[str, str], outdated: Iterable[str]) -> None:
    for identity in outdated:
        entries.pop(identity, None)
    entries.update(fingerprints)
