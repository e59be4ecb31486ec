"""The keys of edge documents: which edge gateway they are of, and its sections."""

from __future__ import annotations

from collections.abc import Mapping

from vcloudair_core.engine.fields import FieldInfo, SpecKey, input_key, secret_names
from vcloudair_core.services.ans.sections import SECTIONS, load_section

_TARGET: Mapping[str, FieldInfo] = {
    "edge": input_key(
        "Name or UUID of the edge gateway that the document is of. It is the target when none is given beside the "
        "document, and beats `VCA_EDGE`.",
        "If both are given, they must name the same edge gateway, or the task fails before anything is sent.",
    ),
    "vdc": input_key("Name or UUID of the VDC that it is in. The rules of `edge` apply."),
    "allow_empty": input_key(
        "Whether a section may be emptied by a list without items. A section can say it for itself.", kind=bool
    ),
}


def document_keys() -> tuple[SpecKey, ...]:
    """Return every key of an edge document. Imports all sections."""
    keys = [SpecKey(name, info, info.kind or str, info.is_list) for name, info in _TARGET.items()]
    for section in map(load_section, SECTIONS):
        details = ("An export holds no keys, so what is new needs its own.",) if secret_names(section.spec_type) else ()
        reference = f"`{section.module}`" if section.module else f"the kind ``ans.{section.name}``"
        info = input_key(f"{section.title}, in the words of {reference}.", *details)
        keys.append(SpecKey(section.name, info, section.spec_type, is_list=False))
    return tuple(keys)
