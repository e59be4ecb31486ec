"""An edge gateway as a YAML document: what ``vca edge export`` writes, and a recovery plan switches to."""

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
from vcloudair_core.util.option_conflicts import Stated, refuse_contradiction
from vcloudair_core.util.strict_yaml import Reading
from vcloudair_core.util.user_files import STDIN, read_text_or_stdin

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

_ABOUT = ("edge", "vdc")


@dataclass(frozen=True)
class EdgeDocument:
    """``target``: which edge, as far as the document says; ``sections``: the desired state of each section.

    ``name`` and ``reading`` are for messages: the file, and the line of each value.
    """

    target: Mapping[str, str]
    sections: Mapping[str, Any]
    name: str = field(default="", compare=False)
    reading: Reading = field(default=Reading(None), compare=False)

    def digest(self) -> str:
        """A fingerprint of the desired state, pre-shared keys left out: it is kept in plans."""
        from vcloudair_core.services.ans.document.kind import EdgeKind

        text = json.dumps(_without(self.sections, EdgeKind().secret_names()), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    @contextmanager
    def lines_in_errors(self) -> Iterator[None]:
        """Give errors about the content of this document its file and line."""
        try:
            yield
        except SpecError as exc:
            raise with_lines(exc, self.name, self.reading) from exc

    def stated(self, *path: str) -> Stated:
        """The value at a path, with its place; None for what the document does not give."""
        value: Any = self.reading.tree
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return Stated(value, place_of(self.name, self.reading, path))


def read_document(path: str) -> EdgeDocument:
    """An edge document of a file, or of standard input for ``-``.

    Raises: ConfigurationError when it cannot be read; SpecError, with file and line, when it is no YAML or no mapping.
    """
    text = read_text_or_stdin(path, "The edge document")
    name = STDIN if path == "-" else path
    reading = strict_yaml.read(text)
    raise_problems(name, reading)
    tree = reading.tree
    if not isinstance(tree, Mapping):
        raise_problems(name, reading, [((), "no edge document: a mapping with sections was expected")])
    target = {key: str(tree[key]) for key in _ABOUT if tree.get(key)}
    sections = {key: value for key, value in tree.items() if key not in _ABOUT}
    return EdgeDocument(target, sections, name, reading)


def explicit_target(settings: Settings) -> dict[str, str]:
    """The edge and VDC that somebody asked for: options and arguments count, the environment and files do not."""
    asked = {name: settings[name] for name in _ABOUT if settings.origin(name).source == "argument"}
    return {name: str(value) for name, value in asked.items() if value}


def agreed_target(
    named: Mapping[str, Any], explicit: Mapping[str, Any], places: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The target of a document that names one, and of options that may name one, too.

    ``named``: what the document says; ``explicit``: what was asked for beside it; ``places``: where the document says
    it. Defaults, such as environment variables, are no contradiction: the document wins over them.
    Raises ConfigurationError when both name an edge or a VDC, and not the same one.
    """
    for name in _ABOUT:
        inside, outside = str(named.get(name) or "").strip(), str(explicit.get(name) or "").strip()
        stated = Stated(inside or None, (places or {}).get(name) or f"The document's {name}")
        refuse_contradiction(name, outside or None, stated, same=lambda left, right: _bare(left) == _bare(right))
    both = {**named, **{name: value for name, value in explicit.items() if value}}
    return {name: str(both[name]) for name in _ABOUT if both.get(name)}


def _bare(name: str) -> str:
    """A name without regard to case; of a URN its UUID."""
    return name.rpartition(":")[2].casefold() if name.casefold().startswith("urn:") else name.casefold()


def _without(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _without(item, names) for key, item in value.items() if key not in names}
    if isinstance(value, list):
        return [_without(item, names) for item in value]
    return value
