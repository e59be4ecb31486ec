"""An edge gateway as a YAML document: what ``vca edge export`` writes, and a recovery plan switches to."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core import yamltree
from vcloudair_core.errors import ConfigurationError, SpecError

if TYPE_CHECKING:
    from vcloudair_core.config import Settings

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


def explicit_target(settings: Settings) -> dict[str, str]:
    """The edge and VDC that somebody asked for: options and arguments count, the environment and files do not."""
    asked = {name: settings[name] for name in _ABOUT if settings.origin(name).source == "argument"}
    return {name: str(value) for name, value in asked.items() if value}


def agreed_target(named: Mapping[str, Any], explicit: Mapping[str, Any]) -> dict[str, str]:
    """The target of a document that names one, and of options that may name one, too.

    ``named``: what the document says; ``explicit``: what was asked for beside it. Defaults, such as environment
    variables, are no contradiction: the document wins over them.
    Raises ConfigurationError when both name an edge or a VDC, and not the same one.
    """
    for name in _ABOUT:
        inside, outside = str(named.get(name) or "").strip(), str(explicit.get(name) or "").strip()
        if inside and outside and _bare(inside) != _bare(outside):
            raise ConfigurationError(
                f"The document is for {name} {inside!r}, and the option {name} says {outside!r}. Nothing was written.",
                hint=f"Leave the option out, or `{name}:` out of the document, or give the same name in both.",
            )
    both = {**named, **{name: value for name, value in explicit.items() if value}}
    return {name: str(both[name]) for name in _ABOUT if both.get(name)}


def _bare(name: str) -> str:
    """A name without regard to case; of a URN its UUID."""
    return name.rpartition(":")[2].casefold() if name.casefold().startswith("urn:") else name.casefold()


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_secrets(item) for key, item in value.items() if key not in _SECRETS}
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    return value
