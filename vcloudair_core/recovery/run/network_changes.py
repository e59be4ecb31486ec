"""Apply edge documents within a run, in the same way as ``vca edge apply``."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import SpecError

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.services.ans.document.file import EdgeDocument

KIND = "ans.edge"


def target_of(client: Client, document: EdgeDocument) -> dict[str, str]:
    """Return the edge gateway of a document, and its VDC if one is set.

    Raises SpecError when neither the document nor the settings name an edge.
    """
    edge = document.target.get("edge") or client.settings.edge or ""
    if not edge:
        reason = "the edge gateway is not set in the document or in the settings"
        raise SpecError("edge", reason, hint="Add the key `edge` to the document.")
    vdc = document.target.get("vdc") or client.settings.vdc or ""
    return {"edge": str(edge), **({"vdc": str(vdc)} if vdc else {})}


def saved_file(folder: Path, key: str) -> Path:
    """Return the path of the file that stores an edge's configuration before a step.

    Each step key has a separate file.
    """
    shown = re.sub(r"[^\w-]+", "-", key).strip("-")[:60]
    return folder / f"{shown}-{hashlib.sha256(key.encode()).hexdigest()[:8]}.edge.json"


def apply_document(
    client: Client, document: EdgeDocument, saved: Path | None = None, keep: Callable[[Path], None] | None = None
) -> str:
    """Apply a document to an edge, and return a summary of the changes.

    The sections of the document replace the sections of the edge.

    The current sections are saved as a document in the file ``saved``, unless an earlier attempt of this run saved
    them. ``keep`` then stores the file before the edge is changed. Pre-shared keys are not saved, because the server
    does not return them. The pre-shared keys of remaining tunnels do not change.
    """
    target = target_of(client, document)
    if saved is not None and not saved.exists():
        current = client.read(KIND, target)
        sections = {name: current[name] for name in document.sections if name in current}
        # allow_empty: if a section is empty now, the restore must be able to empty it again.
        write_durably(saved, {**target, "allow_empty": True, **sections})
        try:
            if keep is not None:
                keep(saved)
        except BaseException:
            saved.unlink()  # another attempt must save and store it again
            raise
    return client.ensure(KIND, document.sections, state="exact", target=target).plan.summary()


def write_durably(path: Path, data: dict[str, Any]) -> None:
    """Write a JSON file atomically, so that it survives a power failure."""
    draft = path.with_name(f"{path.name}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(data, file, indent=1, default=str)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
