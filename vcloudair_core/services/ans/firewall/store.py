"""The store of the firewall of NSX-V edge gateways and vCloud Air."""

from __future__ import annotations

from functools import cached_property

from vcloudair_core.engine.kind import Document
from vcloudair_core.services.ans.edge.backend import NSXV
from vcloudair_core.services.ans.names.directory import ObjectDirectory
from vcloudair_core.services.ans.names.store import document_with_names
from vcloudair_core.services.ans.section.store import StageableSectionStore


class FirewallStore(StageableSectionStore):
    """The store of a firewall section. On NSX-V, firewall rules can name objects."""

    @cached_property
    def directory(self) -> ObjectDirectory | None:
        """The objects that rules can name. None on vCloud Air, which cannot list objects."""
        if self.backend != NSXV:
            return None
        from vcloudair_core.services.ans.names.nsxv import NsxvDirectory

        return NsxvDirectory(self.session, self.edge)

    def load(self, body: bytes) -> Document:
        """Return the document that :meth:`dump` saved, with the names of its objects.

        Raises: DecodeError.
        """
        return document_with_names(super().load(body), self.directory)

    def _read(self) -> Document:
        return document_with_names(super()._read(), self.directory)
