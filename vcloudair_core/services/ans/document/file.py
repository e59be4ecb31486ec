"""Read edge documents: YAML files with the desired state of an edge gateway.

``vca edge export`` writes edge documents. Recovery plans use edge documents to change networks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import SpecError
from vcloudair_core.util import strict_yaml
from vcloudair_core.util.document_errors import place_of, raise_problems, with_lines
from vcloudair_core.util.option_conflicts import Stated, reject_contradiction
from vcloudair_core.util.strict_yaml import Reading
from vcloudair_core.util.user_files import STDIN, read_text_or_stdin

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

_TARGET_KEYS = ("edge", "vdc")


@dataclass(frozen=True)
class EdgeDocument:
    """A parsed edge document.

    ``target`` has the edge gateway and VDC that the document names. ``sections`` has the desired state of each section.
    ``name`` is the file name to show in messages. ``reading`` has the line number of each value.
    """

    target: Mapping[str, str]
    sections: Mapping[str, Any]
    name: str = field(default="", compare=False)
    reading: Reading = field(default=Reading(None), compare=False)

    def digest(self) -> str:
        """Return a hash of the desired state, without pre-shared keys.

        A saved plan contains the hash, to detect later changes of the document.
        """
        from vcloudair_core.services.ans.document.kind import EdgeKind

        text = json.dumps(_without(self.sections, EdgeKind().secret_names()), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    @contextmanager
    def lines_in_errors(self) -> Iterator[None]:
        """Add the file and line to errors that are raised in the ``with`` block."""
        try:
            yield
        except SpecError as exc:
            raise with_lines(exc, self.name, self.reading) from exc

    def stated(self, *path: str) -> Stated:
        """Return the value at a path, with its file and line, or None if it is missing."""
        value: Any = self.reading.tree
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return Stated(value, place_of(self.name, self.reading, path))


def read_document(path: str) -> EdgeDocument:
    """Read an edge document from a file, or from standard input for ``-``.

    Raises: ConfigurationError if the file cannot be read; SpecError, with file and line, if the document is not a YAML
    mapping.
    """
    text = read_text_or_stdin(path, "The edge document")
    name = STDIN if path == "-" else path
    reading = strict_yaml.read(text)
    raise_problems(name, reading)
    tree = reading.tree
    if not isinstance(tree, Mapping):
        raise_problems(name, reading, [((), "not an edge document: a mapping with sections was expected")])
    target = {key: str(tree[key]) for key in _TARGET_KEYS if tree.get(key)}
    sections = {key: value for key, value in tree.items() if key not in _TARGET_KEYS}
    return EdgeDocument(target, sections, name, reading)


def explicit_target(settings: Settings) -> dict[str, str]:
    """Return the edge and VDC that options or arguments name.

    Values from the environment and from files are not included.
    """
    arguments = {name: settings[name] for name in _TARGET_KEYS if settings.origin(name).source == "argument"}
    return {name: str(value) for name, value in arguments.items() if value}


def agreed_target(
    named: Mapping[str, Any], explicit: Mapping[str, Any], places: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the edge and VDC that a document, options and arguments select.

    The document takes precedence over defaults, such as environment variables.

    Args:
        named: The target that the document names.
        explicit: The target that options or arguments name.
        places: The file and line of each value in the document.

    Raises: ConfigurationError if the two targets name different edges or different VDCs.
    """
    for name in _TARGET_KEYS:
        inside, outside = str(named.get(name) or "").strip(), str(explicit.get(name) or "").strip()
        stated = Stated(inside or None, (places or {}).get(name) or f"The document's {name}")
        reject_contradiction(name, outside or None, stated, same=lambda left, right: _bare(left) == _bare(right))
    merged = {**named, **{name: value for name, value in explicit.items() if value}}
    return {name: str(merged[name]) for name in _TARGET_KEYS if merged.get(name)}


def _bare(name: str) -> str:
    """Return a name in lower case, or the UUID of a URN."""
    return name.rpartition(":")[2].casefold() if name.casefold().startswith("urn:") else name.casefold()


def _without(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _without(item, names) for key, item in value.items() if key not in names}
    if isinstance(value, list):
        return [_without(item, names) for item in value]
    return value
