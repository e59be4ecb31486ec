"""The keys of edge documents, with their documentation."""

from __future__ import annotations

from collections.abc import Mapping

from vcloudair_core.engine.fields import FieldInfo, SpecKey, input_key, secret_names
from vcloudair_core.services.ans.sections import SECTIONS, load_section

_TARGET: Mapping[str, FieldInfo] = {
    "edge": input_key(
        "Name or UUID of the edge gateway that the document describes. It takes precedence over `VCA_EDGE`.",
        "If an edge gateway is also set outside the document, both must name the same edge gateway. "
        "Otherwise the task fails before it sends a request.",
    ),
    "vdc": input_key(
        "Name or UUID of the VDC that contains the edge gateway. It takes precedence over `VCA_VDC`.",
        "If a VDC is also set outside the document, both must name the same VDC.",
    ),
    "allow_empty": input_key(
        "Whether an empty list may delete all rules or tunnels of a section. A section can have its own `allow_empty`.",
        kind=bool,
    ),
}


def document_keys() -> tuple[SpecKey, ...]:
    """Return every key of an edge document. Imports all sections."""
    keys = [SpecKey(name, info, info.kind or str, info.is_list) for name, info in _TARGET.items()]
    for section in map(load_section, SECTIONS):
        details = (
            ("An export has no pre-shared keys. Add a key for each new tunnel.",)
            if secret_names(section.spec_type)
            else ()
        )
        reference = f"`{section.module}`" if section.module else f"the kind ``ans.{section.name}``"
        info = input_key(f"{section.title}, with the options of {reference}.", *details)
        keys.append(SpecKey(section.name, info, section.spec_type, is_list=False))
    return tuple(keys)
