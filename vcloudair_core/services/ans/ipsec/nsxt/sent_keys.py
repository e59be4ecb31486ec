"""Remember the keys that this process has sent to NSX-T tunnels.

A key counts as sent only if its write succeeded, or if the tunnel that it created can be read. IPsec tunnels and L2 VPN
tunnels use the same rules. Source: protocol/nsxt.md §7, §10.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.engine.ensure.failures import may_have_executed
from vcloudair_core.errors import VcloudAirError
from vcloudair_core.services.ans.ipsec.fingerprints import KeyFingerprints
from vcloudair_core.services.ans.ipsec.nsxt.keys import ServerKeys
from vcloudair_core.util.redaction import Secret

_NOT_COMPARED = ("logging",)
"""Fields of a new tunnel that the server may change (see ``LoggingRequests``)."""


@dataclass(frozen=True)
class _Creation:
    """The creation of a tunnel whose result is unknown.

    ``known_ids`` has the IDs of the tunnels before the write.
    """

    key: Secret
    record: Mapping[str, Any] = field(repr=False)
    known_ids: Collection[str]

    def is_shown_by(self, record: Mapping[str, Any]) -> bool:
        """Return True if a tunnel is new and has all values that were sent."""
        sent = {name: value for name, value in self.record.items() if name not in _NOT_COMPARED}
        return str(record.get("id")) not in self.known_ids and _has_values(sent, record)


class SentKeys:
    """The keys that this process has sent to the tunnels of an edge gateway.

    If the result of a new tunnel is unknown, the next read decides: the key is sent if the tunnel exists and has all
    values of the request. If the result of a changed key is unknown, the key does not count as sent, because a server
    that hides keys does not show which key is set. The next run sends the key again, which is harmless.
    """

    def __init__(self, fingerprints: KeyFingerprints) -> None:
        self._fingerprints = fingerprints
        self._sent: dict[str, Secret] = {}
        self._undecided: dict[str, _Creation] = {}
        self._are_visible = False

    @contextmanager
    def changing(self, keys: Mapping[str, Secret], identity: str) -> Iterator[None]:
        """Record the key of a tunnel if the write in the ``with`` block succeeds."""
        yield
        if identity in keys:
            self._sent[identity] = keys[identity]

    @contextmanager
    def creating(
        self, keys: Mapping[str, Secret], identity: str, record: Mapping[str, Any], known_ids: Collection[str]
    ) -> Iterator[None]:
        """Record the key of a new tunnel if the write succeeds.

        If the result is unknown, the next read decides. ``known_ids`` has the IDs of the tunnels before the write.
        """
        try:
            with self.changing(keys, identity):
                yield
        except VcloudAirError as exc:
            if identity in keys and may_have_executed(exc):
                self._undecided[identity] = _Creation(keys[identity], record, known_ids)
            raise

    def decide(self, records: Iterable[Mapping[str, Any]], identity_of: Callable[[Mapping[str, Any]], str]) -> None:
        """Decide which creations with an unknown result were carried out.

        ``records`` has all current tunnels.
        """
        if not self._undecided:
            return
        for record in records:
            identity = identity_of(record)
            creation = self._undecided.get(identity)
            if creation is not None and creation.is_shown_by(record):
                self._sent[identity] = creation.key
        self._undecided.clear()

    def known_keys(self, visible: Mapping[str, Secret], hidden: Mapping[str, str]) -> ServerKeys:
        """Return what is known about the keys of tunnels.

        ``visible`` maps the IDs of tunnels to the keys that the server returned. ``hidden`` maps the IDs of all other
        tunnels with keys to the ends of the tunnels. Their keys are compared by fingerprint.
        """
        self._are_visible = bool(visible) and not hidden
        if not hidden:
            return ServerKeys(visible, self._sent)
        self._fingerprints.load()
        self._fingerprints.record({tunnel_id: self._sent[tunnel_id] for tunnel_id in hidden if tunnel_id in self._sent})
        new = {identity: key for identity, key in self._sent.items() if identity.startswith("new ")}
        # A tunnel with a key under its ID was changed after it was created.
        ends = {tunnel_id: text for tunnel_id, text in hidden.items() if tunnel_id not in self._sent}
        self._fingerprints.assign_ids(ends, new)
        return ServerKeys(visible, self._sent, self._fingerprints.known_keys())

    def keep(self) -> None:
        """Store the fingerprints of the sent keys after a failed read.

        Otherwise, the next run would send hidden keys again. Nothing is stored if the last read showed all keys.
        """
        if self._sent and not self._are_visible:
            self._fingerprints.load()
            self._fingerprints.record(self._sent)


def _has_values(sent: Any, current: Any) -> bool:
    """Return True if ``current`` has all values of ``sent``.

    A hidden secret counts as equal.
    """
    if isinstance(sent, Secret):
        return current is None or current == sent
    if isinstance(sent, Mapping) and isinstance(current, Mapping):
        return all(_has_values(value, current.get(name)) for name, value in sent.items())
    if isinstance(sent, list) and isinstance(current, list):
        return len(sent) == len(current) and all(map(_has_values, sent, current))
    return bool(sent == current) or not (sent or current)
