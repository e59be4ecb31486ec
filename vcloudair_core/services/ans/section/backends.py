"""Select the codec of a section by the backend of its edge and the media type."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from vcloudair_core.services.ans.edge.model import refuse_backend
from vcloudair_core.services.ans.section.descriptor import Section
from vcloudair_core.services.ans.section.document import SectionCodec

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge


@cache
def codec_of(section: Section[Any, Any], backend: str, media_type: str) -> SectionCodec[Any]:
    """Return the codec of a section for a backend. Imports lxml only for XML."""
    return section.codecs[backend, media_type]()


def refuse_unsupported(edge: Edge, section: Section[Any, Any]) -> None:
    """Raise ConfigurationError if the backend of the edge does not support a section."""
    refuse_backend(edge, section.name, (backend for backend, _ in section.codecs))
