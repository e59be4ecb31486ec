"""Fingerprints of the pre-shared keys that this host has sent, never the keys.

Servers show keys masked, so nobody can tell by looking whether a key is the wanted one. The book holds, for each
tunnel, a keyed fingerprint (HMAC-SHA256, with a random key that never leaves the machine) of the last key that was
sent. What it says is about us, not about the server: a key that somebody else has changed since is not noticed.
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
    """The fingerprints of one edge as they were at one moment: what planning asks.

    ``known`` are the last keys that were sent from this host, ``sent`` those that the same program sent.
    """

    edge_key: str
    known: Mapping[str, str] = field(repr=False)
    sent: Mapping[str, str] = field(repr=False)
    salt: bytes = field(repr=False)

    def is_known(self, site_id: str | None, ends: str, key: Secret) -> bool:
        """Return True when this very key was the last that was sent for a tunnel, by its id or until then its ends."""
        return self._is_in(self.known, site_id, ends, key)

    def is_sent(self, site_id: str | None, ends: str, key: Secret) -> bool:
        """Return True when the program that read the document sent it."""
        return self._is_in(self.sent, site_id, ends, key)

    def _is_in(self, entries: Mapping[str, str], site_id: str | None, ends: str, key: Secret) -> bool:
        for identity in ([site_id] if site_id else []) + [new_identity(ends)]:
            if identity in entries:
                return hmac.compare_digest(entries[identity], fingerprint(self.salt, self.edge_key, identity, key))
        return False


def fingerprint(salt: bytes, edge_key: str, identity: str, key: Secret) -> str:
    """Return the keyed hash of a pre-shared key, different for every edge and tunnel."""
    text = f"{edge_key}\0{identity}\0".encode() + as_bytes(key.reveal())
    return hmac.new(salt, text, hashlib.sha256).hexdigest()


class PskBook:
    """The fingerprints of one edge. ``edge_key`` tells it from others: the store's target key.

    It is loaded once, and a file that cannot be used is told of in the log and counts as empty: then every key is
    unknown, is sent, and the task says that it changed something.
    """

    def __init__(self, folder: Path, edge_key: str) -> None:
        self._folder = folder
        self._edge_key = edge_key
        self._known: dict[str, str] | None = None
        self._sent: dict[str, str] = {}
        self._salt: bytes | None = None

    @classmethod
    def of(cls, settings: Settings, edge_key: str) -> PskBook:
        """The book of the setting ``state_dir``."""
        from vcloudair_core.settings.directories import state_folder

        return cls(state_folder(settings) / "psk", edge_key)

    def load(self) -> None:
        """Read the file, so that planning needs no look at it any more. Nothing is made when there is none."""
        if self._known is None:
            self._salt = self._read_salt()
            self._known = self._entries(self._read()) if self._salt is not None else {}

    def known_keys(self) -> KnownKeys:
        """Return the fingerprints as they are now."""
        return KnownKeys(self._edge_key, dict(self._known or {}), dict(self._sent), self._salt or b"")

    # -- what the store tells --------------------------------------------------------------------------------------

    def record(self, keys: Mapping[str, Secret]) -> None:
        """Remember what was sent, by what the tunnels are known by."""
        if not keys:
            return
        if self._salt is None:
            self._salt = self._made_salt()
        made = {identity: self._fingerprint(identity, key) for identity, key in keys.items()}
        self._sent.update(made)
        self._known = {**(self._known or {}), **made}
        self._change(lambda entries: entries.update(made))

    def settle(self, ends_by_id: Mapping[str, str], keys: Mapping[str, Secret]) -> None:
        """File new tunnels under the ids that they have by now. ``keys`` are those that were just sent, by identity."""
        named = {
            site_id: keys[new_identity(ends)] for site_id, ends in ends_by_id.items() if new_identity(ends) in keys
        }
        if not named:
            return
        gone = [new_identity(ends_by_id[site_id]) for site_id in named]
        made = {site_id: self._fingerprint(site_id, key) for site_id, key in named.items()}
        for entries in (self._sent, self._known or {}):
            _replace(entries, made, gone)
        self._change(lambda entries: _replace(entries, made, gone))

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
            self._complain(exc)
            return None

    def _made_salt(self) -> bytes:
        salt = random_secrets.token_bytes(32)
        try:
            private_folder(self._folder)
            path = self._folder / "hmac.key"
            # Whole or not at all, and whoever comes first decides: others would remember with another key.
            beside = self._folder / f".{random_secrets.token_hex(8)}.tmp"
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(salt)
            try:
                os.link(beside, path)
            except FileExistsError:
                salt = path.read_bytes()
            finally:
                beside.unlink()
        except OSError as exc:
            self._complain(exc)
        return salt

    def _path(self) -> Path:
        return self._folder / "fingerprints.json"

    def _read(self) -> dict[str, Any]:
        try:
            document = json.loads(self._path().read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as exc:
            self._complain(exc)
            return {}
        is_ours = (
            isinstance(document, dict) and document.get("format") == _FORMAT and isinstance(document.get("edges"), dict)
        )
        return document if is_ours else {}

    def _entries(self, book: Mapping[str, Any]) -> dict[str, str]:
        entries = (book.get("edges") or {}).get(self._edge_key)
        return {str(name): str(value) for name, value in entries.items()} if isinstance(entries, dict) else {}

    def _change(self, change: Any) -> None:
        import filelock

        try:
            private_folder(self._folder)
            lock = file_lock(self._folder / "fingerprints.lock")
            with lock.acquire(timeout=_LOCK_TIMEOUT_S, poll_interval=0.02):
                book = self._read() or {"format": _FORMAT, "edges": {}}
                entries = self._entries(book)
                change(entries)
                book["edges"][self._edge_key] = entries
                beside = self._path().with_suffix(".tmp")
                beside.unlink(missing_ok=True)
                made = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(made, "w", encoding="utf-8") as file:
                    json.dump(book, file, indent=1, sort_keys=True)
                beside.replace(self._path())
        except (OSError, filelock.Timeout) as exc:
            self._complain(exc)

    def _complain(self, exc: Exception) -> None:
        _log.warning(
            "Fingerprints of pre-shared keys cannot be kept in %s (%s): the keys will be sent again next time.",
            self._folder,
            type(exc).__name__,
        )


def _replace(entries: dict[str, str], made: Mapping[str, str], gone: Iterable[str]) -> None:
    for identity in gone:
        entries.pop(identity, None)
    entries.update(made)
