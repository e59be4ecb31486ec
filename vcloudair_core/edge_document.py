"""An edge gateway as a YAML document: what ``vca edge export`` writes, and a recovery plan switches to."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    import yaml

    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        tree = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigurationError(f"The document {path} cannot be read: {exc}.") from exc
    except yaml.YAMLError as exc:
        place = getattr(exc, "problem_mark", None)
        where = f" (line {place.line + 1}, column {place.column + 1})" if place else ""
        raise ConfigurationError(f"The document {path} is no YAML{where}.") from exc
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
