"""Edge gateways switched over and back within a run, by the flow that ``vca edge apply`` has."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import SpecError

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.services.ans.document.file import EdgeDocument

KIND = "ans.edge"


def target_of(client: Client, document: EdgeDocument) -> dict[str, str]:
    """Return the edge of a document. Raises SpecError when nothing names it."""
    edge = document.target.get("edge") or client.settings.edge or ""
    if not edge:
        raise SpecError("edge", "the document names no edge gateway", hint="Write `edge:` into it.")
    vdc = document.target.get("vdc") or client.settings.vdc or ""
    return {"edge": str(edge), **({"vdc": str(vdc)} if vdc else {})}


def saved_file(folder: Path, key: str) -> Path:
    """Return the file that keeps an edge's configuration from before a step, one for each step key."""
    shown = re.sub(r"[^\w-]+", "-", key).strip("-")[:60]
    return folder / f"{shown}-{hashlib.sha256(key.encode()).hexdigest()[:8]}.edge.json"


def switch(client: Client, document: EdgeDocument, saved: Path | None = None) -> str:
    """Bring an edge to a document, whose sections are replaced, and say what was changed.

    ``saved``: there, what these sections hold now is kept as a document, unless an earlier try of this run has done so.
    A pre-shared key, which no server shows, is not kept: a tunnel that stays keeps its own.
    """
    target = target_of(client, document)
    if saved is not None and not saved.exists():
        held = client.read(KIND, target)
        sections = {name: held[name] for name in document.sections if name in held}
        write_durably(saved, {**target, "allow_empty": True, **sections})  # an empty section goes back to empty
    return client.ensure(KIND, document.sections, state="exact", target=target).plan.summary()


def write_durably(path: Path, data: dict[str, Any]) -> None:
    """All of it or nothing, and outlasting a power cut: it is needed when all else has gone wrong."""
    draft = path.with_name(f"{path.name}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(data, file, indent=1, default=str)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
