"""An edge gateway as a YAML document: what ``vca edge export`` writes, and a recovery plan switches to."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vcloudair_core import yamltree
from vcloudair_core.errors import ConfigurationError, SpecError

_ABOUT = ("edge", "vdc")
_SECRETS = ("psk",)


@dataclass(frozen=True)
class EdgeDocument:
    """``target``: which edge, as far as the document says; ``sections``: what is wanted of it."""

    target: Mapping[str, str]
    sections: Mapping[str, Any]

    def digest(self) -> str:
        """A fingerprint of all that is wanted, pre-shared keys left out: it is kept in plans."""
        text = json.dumps(_without_secrets(self.sections), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def read_document(path: str) -> EdgeDocument:
    """An edge document of a file, or of standard input for ``-``.

    Raises: ConfigurationError when it cannot be read or is no YAML; SpecError when it is no mapping.
    """
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as exc:
        raise ConfigurationError(f"The document {path} cannot be read: {exc}.") from exc
    reading = yamltree.read(text)
    if reading.flaws:
        flaw = reading.flaws[0]
        what = f"{yamltree.spelled(flaw.path)}: {flaw.reason}" if flaw.path else flaw.reason
        where = f"line {flaw.line}, column {flaw.column}"
        raise ConfigurationError(f"The document {path} is no YAML ({where}): {what}.")
    tree = reading.tree
    if not isinstance(tree, Mapping):
        raise SpecError("", f"{path} holds no edge document: a mapping with sections was expected")
    target = {name: str(tree[name]) for name in _ABOUT if tree.get(name)}
    return EdgeDocument(target, {name: value for name, value in tree.items() if name not in _ABOUT})


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_secrets(item) for key, item in value.items() if key not in _SECRETS}
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    return value
