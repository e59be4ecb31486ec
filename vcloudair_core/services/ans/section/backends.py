"""Select the codec of a section by the backend of its edge and the media type."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from vcloudair_core.services.ans.edge.backend import NSXT
from vcloudair_core.services.ans.edge.model import refuse_backend
from vcloudair_core.services.ans.section.descriptor import Section
from vcloudair_core.services.ans.section.document import SectionCodec

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.services.ans.section.store import SectionStore


@cache
def codec_of(section: Section[Any, Any], backend: str, media_type: str, api_version: str = "") -> SectionCodec[Any]:
    """Return the codec of a section for a backend. Imports lxml only for XML.

    ``api_version`` selects the codec for NSX-T edge gateways only.
    """
    if backend == NSXT and section.nsxt is not None:
        return section.nsxt.codec(api_version)
    return section.codecs[backend, media_type]()


def store_of(section: Section[Any, Any], backend: str) -> type[SectionStore]:
    """Return the store class of a section for a backend."""
    return section.nsxt.store() if backend == NSXT and section.nsxt is not None else section.store_type


def refuse_unsupported(edge: Edge, section: Section[Any, Any]) -> None:
    """Raise ConfigurationError if the backend of the edge does not support a section."""
    alternative, reason = (texts.get(edge.backend, "") for texts in (section.alternatives, section.reasons))
    refuse_backend(edge, section.name, section.backends, alternative, reason=reason)
