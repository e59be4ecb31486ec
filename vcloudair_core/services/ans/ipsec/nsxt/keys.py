"""Compare the pre-shared keys that NSX-T returns with the keys of a desired state.

Keys are ``Secret`` objects, which are never shown, stored or staged. Source: protocol/nsxt.md §7.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from vcloudair_core.services.ans.ipsec.model import KeyView, new_identity
from vcloudair_core.util.redaction import Secret, as_bytes


class ServerKeys:
    """The current keys of tunnels, and the keys that this process has sent.

    ``fallback`` has key fingerprints for the tunnels whose keys the user cannot read. ``fallback`` is None if the user
    can read all keys.
    """

    def __init__(
        self, current: Mapping[str, Secret], sent: Mapping[str, Secret], fallback: KeyView | None = None
    ) -> None:
        self._current = dict(current)
        self._sent = dict(sent)
        self._fallback = fallback

    def is_known(self, site_id: str | None, ends: str, key: Secret) -> bool:
        """Return True if ``key`` is the current key of the tunnel."""
        current = self._current.get(site_id or "")
        if current is not None:
            return is_same_key(current, key)
        return self._fallback is not None and self._fallback.is_known(site_id, ends, key)

    def is_sent(self, site_id: str | None, ends: str, key: Secret) -> bool:
        """Return True if this process has sent ``key`` for the tunnel."""
        sent = self._sent.get(site_id or "") or self._sent.get(new_identity(ends))
        return sent is not None and is_same_key(sent, key)


def is_same_key(first: Secret, second: Secret) -> bool:
    """Return True if two keys are equal. The comparison takes constant time."""
    return hmac.compare_digest(as_bytes(first.reveal()), as_bytes(second.reveal()))


def visible_key(value: Any) -> Secret | None:
    """Return the key in a response, or None if it is missing or masked.

    Users without the right to configure the IPsec VPN see no keys (inferred).
    """
    return Secret(value) if isinstance(value, str) and value and set(value) != {"*"} else None
