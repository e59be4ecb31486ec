"""Parse and validate monitor options before the first request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.engine.validation import Problems, Reader, one_of
from vcloudair_core.errors import VcloudAirError
from vcloudair_core.services.ans.document.file import read_document

CHECK_NAMES = ("tasks", "tunnels", "replications", "drift")
OPTION_NAMES = ("watch", "edges", "documents", "purge", "interval", "max_interval", "confirm", "with_past")


@dataclass(frozen=True)
class MonitorOptions:
    """Options of the monitors.

    Attributes:
        watch: Names of the checks to run.
        documents: The documents of the check ``drift``, by edge gateway. A document is a mapping of sections.
        interval_s: Seconds between polls.
        max_interval_s: Longest time between polls after failures, in seconds.
        confirm: Number of consecutive checks that must return the same state.
        with_past: Report the tasks that failed before the start.
        connection: Settings by name.
    """

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
    """Parse monitor options.

    Arguments that are not in :data:`OPTION_NAMES` are connection settings.

    ``documents`` maps edge gateways to documents, or to paths of document files.

    Raises: SpecError with all problems; ConfigurationError if a file cannot be read.
    """
    problems = Problems()
    reader = Reader({name: value for name, value in arguments.items() if name in OPTION_NAMES}, "", problems)
    watch = tuple(str(item) for _, item in reader.items("watch") or ())
    for check in watch:
        if check not in CHECK_NAMES:
            problems.add("watch", one_of(check, CHECK_NAMES))
    if not watch:
        problems.add("watch", f"at least one check is required: {', '.join(CHECK_NAMES)}")
    documents = _documents(arguments.get("documents"), problems)
    if documents and "drift" not in watch:
        problems.add("documents", "only the check 'drift' uses documents, so add 'drift' to 'watch'")
    if "drift" in watch and not documents:
        problems.add("documents", "the check 'drift' requires documents")
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
        connection={name: value for name, value in arguments.items() if name not in OPTION_NAMES},
    )
    problems.raise_if_any()
    return options


def _documents(option: Any, problems: Problems) -> dict[str, Mapping[str, Any]]:
    if option is None:
        return {}
    if not isinstance(option, Mapping):
        problems.add("documents", "expected a mapping of edge gateways to documents or files")
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
                problems.add(path, "expected a document or the path of a file")
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
        reader.problems.add(name, f"expected a number of seconds, not {value!r}")
    return seconds
