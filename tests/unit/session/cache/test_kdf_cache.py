"""Tests of derived keys that forked processes share in memory."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from vcloudair_core.session.auth.base import Credentials
from vcloudair_core.session.cache import token_cache
from vcloudair_core.session.cache.kdf_cache import KEY_BYTES, SLOTS
from vcloudair_core.session.cache.shared_memory import SharedMemory
from vcloudair_core.session.cache.token_cache import TokenCache
from vcloudair_core.session.identity import Identity
from vcloudair_core.util.redaction import Secret

NAME, KEY = hashlib.sha256(b"name").digest(), hashlib.sha256(b"key").digest()


def test_a_key_derived_in_a_child_is_available_in_parent_and_siblings() -> None:
    memory = SharedMemory(slots=SLOTS, size=KEY_BYTES)
    assert memory.get(NAME) is None
    child = os.fork()
    if child == 0:
        memory.put(NAME, KEY)
        os._exit(0)
    os.waitpid(child, 0)
    assert memory.get(NAME) == KEY


def test_an_evicted_or_incomplete_key_is_missing() -> None:
    memory = SharedMemory(slots=SLOTS, size=KEY_BYTES)
    memory.put(NAME, KEY)
    other = NAME[:4] + bytes(28)
    assert memory.get(other) is None
    memory.put(other, KEY)
    assert (memory.get(NAME), memory.get(other)) == (None, KEY)
    start = int.from_bytes(NAME[:4], "big") % SLOTS * 96
    memory._memory[start + 40] ^= 1
    assert memory.get(other) is None


def test_caches_with_the_same_password_derive_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    derived: list[bytes] = []
    scrypt = hashlib.scrypt

    def counted(password: bytes, **how: int) -> bytes:
        derived.append(password)
        return scrypt(password, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(hashlib, "scrypt", counted)
    monkeypatch.setattr(token_cache, "KEYS", SharedMemory(slots=SLOTS, size=KEY_BYTES))
    folder = tmp_path / "sessions"
    credentials = Credentials(
        Identity("vcd", "https://vcd.example.test", "5.6", "ops", "acme"), {"x-token": Secret("t")}
    )
    assert TokenCache(folder, "k" * 64, Secret("right")).store(credentials)
    for _ in range(5):
        assert TokenCache(folder, "k" * 64, Secret("right")).load() is not None
    assert len(derived) == 1
    assert TokenCache(folder, "k" * 64, Secret("wrong")).load() is None
    assert len(derived) == 2
