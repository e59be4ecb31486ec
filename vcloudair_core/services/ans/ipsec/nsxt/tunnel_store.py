"""The base class of stores of NSX-T tunnels with keys: IPsec and L2 VPN.

Source: protocol/nsxt.md §7, §10.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from vcloudair_core.engine.kind import Document
from vcloudair_core.errors import NotFoundError, PermissionDeniedError, VcloudAirError
from vcloudair_core.services.ans.ipsec.fingerprints import KeyFingerprints
from vcloudair_core.services.ans.ipsec.model import new_identity
from vcloudair_core.services.ans.ipsec.nsxt.sent_keys import SentKeys
from vcloudair_core.services.ans.nsxt.ignored_logging import LoggingRequests
from vcloudair_core.services.ans.nsxt.store import NsxtStore
from vcloudair_core.util.redaction import Secret


class TunnelStore(NsxtStore):
    """The base class of stores of tunnels with keys.

    Each tunnel is read in its own request, because the list has no keys, and is written in its own request.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._keys = SentKeys(KeyFingerprints.of(self.session.settings, self.target_key))
        self._logging = LoggingRequests(self.session, self.target_key)

    @property
    def ignored_logging(self) -> set[str]:
        """Names of tunnels for which the server ignored a request to enable logging."""
        return self._logging.ignored

    @property
    def is_written_whole(self) -> bool:
        """False, because each tunnel is written in its own request."""
        return False

    @abstractmethod
    def tunnel_path(self, tunnel_id: str = "") -> str:
        """Return the API path of a tunnel. Without an ID, return the path of the list."""

    @abstractmethod
    def read_tunnel(self, tunnel_id: str) -> dict[str, Any]:
        """Return a tunnel with its key. Raises: ApiError, TransportError, DecodeError."""

    @abstractmethod
    def described(self, tunnel: dict[str, Any]) -> dict[str, Any]:
        """Return a tunnel in the form of the tree.

        The method also checks if the server ignored a request to log.
        """

    def _read(self) -> Document:
        try:
            return super()._read()
        except VcloudAirError:
            self._keys.keep()
            raise

    def read_tunnels(self) -> list[dict[str, Any]]:
        """Return the tunnels with their keys.

        Tunnels that another client deletes during the read are left out.
        """
        listed = [str(summary.get("id")) for summary in self.list_tunnels()]
        tunnels = [self._tunnel(tunnel_id) for tunnel_id in listed]
        if None in tunnels:
            remaining = {str(summary.get("id")) for summary in self.list_tunnels()}
            for position, tunnel_id in enumerate(listed):
                if tunnels[position] is None and tunnel_id in remaining:
                    # The list contains the tunnel, so the error does not mean that the tunnel was deleted.
                    tunnels[position] = self.described(self.read_tunnel(tunnel_id))
        return [tunnel for tunnel in tunnels if tunnel is not None]

    def list_tunnels(self) -> list[dict[str, Any]]:
        """Return the list of tunnels, without keys."""
        values = self.api.cursor_pages(self.tunnel_path())
        return [value for value in values if isinstance(value, dict)]

    def _tunnel(self, tunnel_id: str) -> dict[str, Any] | None:
        """Return a tunnel, or None if it does not exist or the user cannot read it."""
        try:
            tunnel = self.read_tunnel(tunnel_id)
        except (NotFoundError, PermissionDeniedError):
            return None
        return self.described(tunnel)

    def _identity_of(self, record: Mapping[str, Any]) -> str:
        """Return the identity that a raw tunnel has before it gets an ID."""
        codec: Any = self._codec
        return new_identity(codec.rule_of(record).ends)

    @contextmanager
    def _creating(
        self, keys: Mapping[str, Secret], record: Mapping[str, Any], before: Sequence[Mapping[str, Any]]
    ) -> Iterator[None]:
        """Record the key of a new tunnel (see :meth:`SentKeys.creating`).

        ``before`` has the tunnels before the write.
        """
        known_ids = frozenset(str(known.get("id")) for known in before)
        with self._keys.creating(keys, self._identity_of(record), record, known_ids):
            yield
