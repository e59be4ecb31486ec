"""Pick the codec of a section by the backend of its edge and the wire format."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.services.ans.edge.backend import BACKENDS
from vcloudair_core.services.ans.section.descriptor import Section
from vcloudair_core.services.ans.section.document import SectionCodec

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge


@cache
def codec_of(section: Section[Any, Any], backend: str, media_type: str) -> SectionCodec[Any]:
    """Return the codec of a section for a backend that has it; lxml is imported for XML only."""
    return section.codecs[backend, media_type]()


def refuse_unsupported(edge: Edge, section: Section[Any, Any]) -> None:
    """Raise ConfigurationError for an edge whose backend has no codec for a section."""
    if section.is_on(edge.backend):
        return
    titles = " and ".join(sorted(BACKENDS[backend].title for backend in {backend for backend, _ in section.codecs}))
    title = BACKENDS[edge.backend].title
    raise ConfigurationError(
        f"The {section.name} section of edge gateway {edge.name or edge.edge_id!r} cannot be opened. It is an {title} "
        f"edge gateway, and this version supports {titles} only.",
        hint="Name an edge gateway with another backend. `vca edge list -o wide` shows the backend of each one.",
    )
