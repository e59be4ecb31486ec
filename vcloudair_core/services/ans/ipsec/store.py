"""Read and write the IPsec section, including pre-shared keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.kind import Document
from vcloudair_core.services.ans.certificate.certificate_names import EdgeCertificates
from vcloudair_core.services.ans.edge.backend import NSXV
from vcloudair_core.services.ans.ipsec.fingerprints import KeyFingerprints
from vcloudair_core.services.ans.ipsec.model import Ipsec, IpsecDocument
from vcloudair_core.services.ans.ipsec.status import IpsecStatus, parse_status
from vcloudair_core.services.ans.keys.key_values import MASKED
from vcloudair_core.services.ans.section.document import state_of
from vcloudair_core.services.ans.section.store import SectionStore
from vcloudair_core.util.redaction import Secret


class IpsecStore(SectionStore):
    """The store of an IPsec section.

    Documents of this store must not be staged, because they contain keys in clear text until they are written.

    If the section or a spec of an NSX-V edge gateway has a certificate, the store also reads the certificates of the
    edge gateway, once. The same applies to revocation lists.

    Attributes:
        certificates_by_name: The certificates of an NSX-V edge gateway. None for other backends, and if documents must
            contain IDs.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._fingerprints = KeyFingerprints.of(self.session.settings, self.target_key)
        self._sent: dict[str, Secret] = {}
        self.certificates_by_name: EdgeCertificates | None = None
        if self.backend == NSXV:
            self.certificates_by_name = EdgeCertificates(self.session, self.edge, self.target)

    def _read(self) -> Document:
        """Return the section, with the fingerprints of the keys that this host has sent.

        Raises: the errors of a section store.
        """
        document = super()._read()
        assert isinstance(document, IpsecDocument)
        self._fingerprints.load()
        if self._sent:
            state: Ipsec = state_of(document)
            self._fingerprints.assign_ids(
                {rule.spec.site_id: rule.spec.ends for rule in state.rules if rule.spec.site_id is not None}, self._sent
            )
        document = replace(document, known_keys=self._fingerprints.known_keys())
        if self.certificates_by_name is None:
            return document
        state = state_of(document)
        names = self.certificates_by_name.names([state.settings, *(rule.spec for rule in state.rules)])
        return replace(document, certificate_names=names) if names else document

    def commit(self, base: Document, document: Document) -> None:
        """Write the section, then store the fingerprints of the keys that were sent.

        If the response is lost, no fingerprint is stored, and the next run sends the key again. Raises: the errors of a
        section store.
        """
        assert isinstance(document, IpsecDocument)
        keys = dict(document.keys_to_send)
        # Register the keys for redaction before the write, because an error of the server may quote a key. Skip the
        # mask, which is not secret.
        self.session.learn(*(key for key in keys.values() if key.reveal() != MASKED))
        super().commit(base, document)
        self._sent = keys
        self._fingerprints.record(keys)

    def read_status(self, tunnels: Sequence[Mapping[str, Any]], *, has_statistics: bool = True) -> IpsecStatus:
        """Return the status of all tunnels, in one call.

        Source: protocol/ans.md §4.4. Raises: ApiError, TransportError, DecodeError.
        """
        path = self.path.removesuffix("/config") + "/statistics"
        return parse_status(self.session.call("GET", path, accept=self._accept()).body)
