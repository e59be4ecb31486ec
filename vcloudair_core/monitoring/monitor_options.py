"""Options of a monitor, read from plain data: every problem is found before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.engine.validation import Problems, Reader, one_of
from vcloudair_core.errors import VcloudAirError
from vcloudair_core.services.ans.document.file import read_document

WATCHES = ("tasks", "tunnels", "replications", "drift")
OWN = ("watch", "edges", "documents", "purge", "interval", "max_interval", "confirm", "with_past")


@dataclass(frozen=True)
class MonitorOptions:
    """``connection`` are settings by name. ``documents`` are sections by edge gateway. Intervals are in seconds."""

    watch: tuple[str, ...]
    edges: tuple[str, ...] = ()
    documents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    purge: bool = False
    interval_s: float = 60.0
    max_interval_s: float = 600.0
    confirm: int = 1
    with_past: bool = False
    connection: Mapping[str, Any] = field(default_factory=dict, repr=False)


def read_options(arguments: Mapping[str, Any]) -> MonitorOptions:
    """Options in the words of :data:`OWN`; everything else is a setting of the connection.

    ``documents`` maps edge gateways to documents, or to files that hold them.
    Raises: SpecError with all that is wrong, ConfigurationError for a file that cannot be read.
    """
    problems = Problems()
    reader = Reader({name: value for name, value in arguments.items() if name in OWN}, "", problems)
    watch = tuple(str(item) for _, item in reader.items("watch") or ())
    for word in watch:
        if word not in WATCHES:
            problems.add("watch", one_of(word, WATCHES))
    if not watch:
        problems.add("watch", f"say what: {', '.join(WATCHES)}")
    documents = _documents(arguments.get("documents"), problems)
    if bool(documents) != ("drift" in watch):
        problems.add("documents", "is what drift is watched by: it needs documents, and they need drift in watch")
    interval = _seconds(reader, "interval", 60.0)
    options = MonitorOptions(
        watch=watch,
        edges=tuple(str(item) for _, item in reader.items("edges") or ()),
        documents=documents,
        purge=bool(reader.boolean("purge")),
        interval_s=interval,
        max_interval_s=max(interval, _seconds(reader, "max_interval", 600.0)),
        confirm=reader.integer("confirm", low=1) or 1,
        with_past=bool(reader.boolean("with_past")),
        connection={name: value for name, value in arguments.items() if name not in OWN},
    )
    problems.raise_if_any()
    return options


def _documents(option: Any, problems: Problems) -> dict[str, Mapping[str, Any]]:
    if option is None:
        return {}
    if not isinstance(option, Mapping):
        problems.add("documents", "a mapping of edge gateways to documents or files was expected")
        return {}
    documents: dict[str, Mapping[str, Any]] = {}
    for edge, document in option.items():
        path = f"documents.{edge}"
        try:
            if isinstance(document, str):
                documents[str(edge)] = read_document(document).sections
            elif isinstance(document, Mapping):
                documents[str(edge)] = {
                    name: section for name, section in document.items() if name not in ("edge", "vdc")
                }
            else:
                problems.add(path, "a document or the name of a file was expected")
        except VcloudAirError as exc:
            problems.add(path, str(exc))
    return documents


def _seconds(reader: Reader, name: str, default: float) -> float:
    value = reader.data.get(name)
    try:
        seconds = default if value is None else float(value)
    except (TypeError, ValueError):
        seconds = 0.0
    if not 0 < seconds < 1e6:
        reader.problems.add(name, f"a number of seconds was expected, not {value!r}")
    return seconds
