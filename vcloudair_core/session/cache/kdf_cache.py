"""Cache of derived encryption keys, in memory that forked processes share.

Deriving a key takes about 50 ms, and Ansible runs every task in a separate process. The processes share derived keys in
memory, never on disk. All these processes already have the secret, and no other process can read this memory.
"""

from __future__ import annotations

from vcloudair_core.session.cache.shared_memory import SharedMemory

SLOTS = 128
KEY_BYTES = 32

KEYS = SharedMemory(slots=SLOTS, size=KEY_BYTES)
"""The keys of this process and its forks: 32 bytes each.

Programs must import this module before they fork.
"""
