"""The store of a load balancer, which also reads the names of certificates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vcloudair_core.engine.kind import Document
from vcloudair_core.errors import NotFoundError, PermissionDeniedError
from vcloudair_core.services.ans.certificate.certificate_names import unique_names
from vcloudair_core.services.ans.edge.backend import NSXV
from vcloudair_core.services.ans.load_balancer.document import LoadBalancerDocument
from vcloudair_core.services.ans.section.store import StageableSectionStore


class LoadBalancerStore(StageableSectionStore):
    """The store of a load balancer.

    If an application profile or a spec has a certificate, the store also reads the certificates of the edge gateway,
    once.
    """

    _certificates: list[tuple[str, str]] | None = None

    def certificates(self) -> list[tuple[str, str]]:
        """Return the certificates of the edge gateway. Shape: ``[(ID, name)]``.

        Raises: the errors of reading certificates.
        """
        if self._certificates is None:
            from vcloudair_core.services.ans.certificate.truststore import ids_by_name

            ids = ids_by_name(self.session, self.edge)
            self._certificates = [(identifier, name) for name, of_name in ids.items() for identifier in of_name]
        return self._certificates

    def load(self, body: bytes) -> Document:
        """Return the document that :meth:`dump` saved, with the names of certificates."""
        return self._described(super().load(body))

    def _read(self) -> Document:
        return self._described(super()._read())

    def _described(self, document: Document) -> Document:
        """Return a document with the names of certificates.

        If the user is not allowed to read certificates, the document shows their IDs.
        """
        assert isinstance(document, LoadBalancerDocument)
        codec: Any = document.codec
        if self.backend != NSXV or (self._certificates is None and not codec.access.has_certificates(document.tree)):
            return document
        try:
            return replace(document, certificate_names=unique_names(self.certificates()))
        except (NotFoundError, PermissionDeniedError):
            return document
