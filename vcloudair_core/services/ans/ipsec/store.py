"""The IPsec section of one edge: like any section, but for its keys, which are sent and never come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcloudair_core.engine.kind import Document
from vcloudair_core.services.ans.edge.model import Edge
from vcloudair_core.services.ans.ipsec.fingerprints import PskBook
from vcloudair_core.services.ans.ipsec.spec import MASKED
from vcloudair_core.services.ans.section.store import SectionStore
from vcloudair_core.util.redaction import Secret

if TYPE_CHECKING:
    from vcloudair_core.services.ans.ipsec.model import IpsecCodec
    from vcloudair_core.session.session import Session

KEY_VIEW, KEYS_TO_SEND = "key_view", "keys_to_send"
"""In the memo of documents: what is known of keys (read), and the keys in it that are not the server's (merged)."""


class IpsecStore(SectionStore):
    """Not to be kept in a stage: documents that are about to be written hold keys in clear."""

    def __init__(self, session: Session, edge: Edge, codec: IpsecCodec) -> None:
        super().__init__(session, edge, "ipsec", codec)
        self._decode = codec.decode
        self._book = PskBook.of(session.settings, self.target_key)
        self._sent: dict[str, Secret] = {}

    def _read(self) -> Document:
        """Raises what a section's store raises. The document knows what this machine knows of its keys."""
        document = super()._read()
        self._book.load()
        if self._sent:
            tunnels = self._decode(document).tunnels
            self._book.settle(
                {rule.spec.site_id: rule.spec.ends for rule in tunnels if rule.spec.site_id is not None}, self._sent
            )
        document.memo[KEY_VIEW] = self._book
        return document

    def commit(self, base: Document, document: Document) -> None:
        """Write the section, and remember the fingerprints of the keys that were sent once the server has them.

        A key whose answer was lost is not remembered, so that it is sent again. Raises what a section's store raises.
        """
        keys: dict[str, Secret] = document.memo.get(KEYS_TO_SEND, {})
        # Before anything is sent: a server that quotes what it refuses must not betray them. The mask is no secret.
        self.session.learn(*(key for key in keys.values() if key.reveal() != MASKED))
        super().commit(base, document)
        self._sent = dict(keys)
        self._book.record(keys)

    def read_statistics(self) -> bytes:
        """What the edge says of its tunnels, undecoded.

        Source: protocol/ans.md §4.4. Raises: ApiError, TransportError.
        """
        path = self.path.removesuffix("/config") + "/statistics"
        return self.session.call("GET", path, accept=self._accept()).body
