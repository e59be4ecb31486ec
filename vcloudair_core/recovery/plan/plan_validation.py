"""Check what the schema of plans cannot express: names, files, commands, URLs.

The checks also run on plans that violate the schema, so that the user sees all problems together. Values of
the wrong type are skipped, because the schema reports them.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any
from urllib.parse import urlsplit

from vcloudair_core.engine.validation import near
from vcloudair_core.errors import ConfigurationError, SpecError
from vcloudair_core.services.ans.document.file import read_document
from vcloudair_core.util.strict_yaml import Path, Reading

MAX_VMS = 5000
_MAX_GUESSES = 20

Problem = tuple[Path, str]
Named = tuple[Path, dict[str, Any]]


def problems(reading: Reading, folder: File) -> Iterator[Problem]:
    """Yield the plan problems that the schema cannot detect.

    Paths in the plan are relative to ``folder``.
    """
    groups = list(_mappings((), reading.tree, "groups"))
    vms = [vm for at, group in groups for vm in _vms(at, group)]
    if len(groups) + len(vms) > MAX_VMS:
        yield ("groups",), f"the plan has more than {MAX_VMS} groups and VMs; split the plan into several plans"
        return
    yield from _duplicate_names(reading, groups)
    yield from _duplicate_names(reading, vms)
    yield from _unknown_names(groups, vms)
    for at, owner in (((), reading.tree), *groups):
        for key in ("before", "after"):
            steps = list(_mappings(at, owner, key))
            yield from _duplicate_names(reading, steps)
            for path, step in steps:
                yield from _step_problems(path, step, folder)


def as_mapping(item: Any, key: str) -> dict[str, Any]:
    """Return an item as a mapping.

    If ``item`` is in short form, it is a string. The mapping then has this string as the value of ``key``.
    """
    if isinstance(item, str):
        return {key: item}
    return item if isinstance(item, dict) else {}


def split_command(command: Any) -> list[str]:
    """Return the program and its arguments. Raises ValueError for an unclosed quote."""
    return shlex.split(command) if isinstance(command, str) else list(command)


# -- names ---------------------------------------------------------------------------------------------------------


def _vms(at: Path, group: dict[str, Any]) -> Iterator[Named]:
    for position, vm in enumerate(_list(group, "vms")):
        yield (*at, "vms", position), as_mapping(vm, "name")


def _mappings(at: Path, owner: Any, key: str) -> Iterator[Named]:
    for position, item in enumerate(_list(owner, key)):
        if isinstance(item, dict):
            yield (*at, key, position), item


def _list(owner: Any, key: str) -> list[Any]:
    items = owner.get(key) if isinstance(owner, dict) else None
    return items if isinstance(items, list) else []


def _duplicate_names(reading: Reading, items: list[Named]) -> Iterator[Problem]:
    seen: dict[str, Path] = {}
    for path, item in items:
        name = item.get("name")
        if isinstance(name, str) and name in seen:
            yield path, f"the name {name!r} is already used in line {reading.line(seen[name])}"
        elif isinstance(name, str):
            seen[name] = path


def _unknown_names(groups: list[Named], vms: list[Named]) -> Iterator[Problem]:
    guesses = 0
    names = {"group": _names(groups), "VM": _names(vms)}
    for kind, items, other_kind in (("group", groups, "VM"), ("VM", vms, "group")):
        for path, item in items:
            for position, name in enumerate(_list(item, "depends_on")):
                if not isinstance(name, str) or name in names[kind]:
                    continue
                guesses += 1
                # Comparing a name with thousands of names is slow.
                hint = near(name, names[kind]) if guesses <= _MAX_GUESSES else ""
                hint = f"{name!r} is a {other_kind}" if name in names[other_kind] else hint
                reason = f"{kind} {name!r} is not in the plan{'; ' + hint if hint else ''}"
                yield (*path, "depends_on", position), reason


def _names(items: list[Named]) -> set[str]:
    return {item["name"] for _, item in items if isinstance(item.get("name"), str)}


# -- steps ---------------------------------------------------------------------------------------------------------


def _step_problems(path: Path, step: dict[str, Any], folder: File) -> Iterator[Problem]:
    if "command" in step:
        yield from _command_problems((*path, "command"), step["command"], folder)
    if "http" in step:
        yield from _url_problems((*path, "http"), as_mapping(step["http"], "url").get("url"))
    playbook = as_mapping(step.get("playbook"), "path")
    inventory = playbook.get("inventory")
    yield from _file_problems((*path, "playbook"), playbook.get("path"), folder)
    if isinstance(inventory, str) and "," not in inventory:
        yield from _file_problems((*path, "playbook", "inventory"), inventory, folder, may_be_folder=True)
    network = as_mapping(step.get("network"), "document")
    for key in ("document", "rollback"):
        at = (*path, "network", key) if isinstance(step.get("network"), dict) else (*path, "network")
        file_problems = list(_file_problems(at, network.get(key), folder))
        yield from file_problems or _document_problems(at, network.get(key), folder)


def _command_problems(path: Path, command: Any, folder: File) -> Iterator[Problem]:
    if not command or not isinstance(command, (str, list)):
        return
    try:
        argv = split_command(command)
    except ValueError:
        yield path, "has an unclosed quote"
        return
    if not argv or argv[0] == "":
        yield path, "must name a program"
    elif isinstance(argv[0], str) and "/" in argv[0]:
        file_problems = list(_file_problems(path, argv[0], folder))
        yield from file_problems
        if not file_problems and not os.access(folder / argv[0], os.X_OK):
            yield path, f"{argv[0]} is not executable; run `chmod +x {argv[0]}`"


def _url_problems(path: Path, url: Any) -> Iterator[Problem]:
    if not isinstance(url, str):
        return
    try:
        parts = urlsplit(url)
        is_valid = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_valid = False
    if not is_valid and url.lower().startswith(("http://", "https://")):
        yield path, "the host or port of the URL is not valid"


def _file_problems(path: Path, name: Any, folder: File, *, may_be_folder: bool = False) -> Iterator[Problem]:
    if not isinstance(name, str) or not name:
        return
    try:
        file = folder / name
        exists = file.is_file() or (may_be_folder and file.is_dir())
    except (OSError, ValueError):
        exists = False
    if not exists:
        where = "" if File(name).is_absolute() else f" in {str(folder)!r}, the folder of the plan"
        yield path, f"file {name!r} does not exist{where}"


def _document_problems(path: Path, name: Any, folder: File) -> Iterator[Problem]:
    """Check that a file is an edge document.

    The resource kind validates the sections of the document later.
    """
    from vcloudair_core.services.ans.sections import SECTIONS

    if not isinstance(name, str) or not name:
        return
    try:
        sections = read_document(str(folder / name)).sections
    except (ConfigurationError, SpecError) as exc:
        yield path, exc.message.rstrip(".").replace("\n", "; ")
        return
    if not any(section in sections for section in SECTIONS):
        yield path, f"{name} is not an edge document: it has none of the sections {', '.join(SECTIONS)}"
