"""The IPsec section of one edge: like any section, but for its keys, which are sent and never come back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vcloudair_core.engine.kind import Document
from vcloudair_core.services.ans.ipsec.fingerprints import PskBook
from vcloudair_core.services.ans.ipsec.model import Ipsec, IpsecDocument
from vcloudair_core.services.ans.ipsec.spec import MASKED
from vcloudair_core.services.ans.section.document import state_of
from vcloudair_core.services.ans.section.store import SectionStore
from vcloudair_core.util.redaction import Secret


class IpsecStore(SectionStore):
    """Not to be kept in a stage: documents that are about to be written hold keys in clear."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._book = PskBook.of(self.session.settings, self.target_key)
        self._sent: dict[str, Secret] = {}

    def _read(self) -> Document:
        """Return the section, with the keys that this host knows. Raises what a section's store raises."""
        document = super()._read()
        assert isinstance(document, IpsecDocument)
        self._book.load()
        if self._sent:
            state: Ipsec = state_of(document)
            self._book.settle(
                {rule.spec.site_id: rule.spec.ends for rule in state.rules if rule.spec.site_id is not None}, self._sent
            )
        return replace(document, known_keys=self._book.known_keys())

    def commit(self, base: Document, document: Document) -> None:
        """Write the section, and remember the fingerprints of the keys that were sent once the server has them.

        A key whose answer was lost is not remembered, so that it is sent again. Raises what a section's store raises.
        """
        assert isinstance(document, IpsecDocument)
        keys = dict(document.keys_to_send)
        # Before anything is sent: a server that quotes what it refuses must not betray them. The mask is no secret.
        self.session.learn(*(key for key in keys.values() if key.reveal() != MASKED))
        super().commit(base, document)
        self._sent = keys
        self._book.record(keys)

    def read_statistics(self) -> bytes:
        """Return the edge's statistics of its tunnels, undecoded.

        Source: protocol/ans.md §4.4. Raises: ApiError, TransportError.
        """
        path = self.path.removesuffix("/config") + "/statistics"
        return self.session.call("GET", path, accept=self._accept()).body
