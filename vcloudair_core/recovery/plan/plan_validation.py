"""Validation of a recovery plan beyond its schema: references, files, commands and addresses.

Everything here takes a plan as it was written, right or wrong: what has the wrong shape is passed over, as the schema
tells of it, and all the rest is looked at, so that a person sees every problem at once.
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

MOST_VMS = 5000
_MOST_GUESSES = 20

Problem = tuple[Path, str]
Named = tuple[Path, dict[str, Any]]


def problems(reading: Reading, folder: File) -> Iterator[Problem]:
    """All that is wrong with a plan beyond the schema. ``folder``: where its paths start."""
    groups = list(_mappings((), reading.tree, "groups"))
    vms = [vm for at, group in groups for vm in _vms(at, group)]
    if len(groups) + len(vms) > MOST_VMS:
        yield ("groups",), f"there are more than {MOST_VMS} groups and VMs; make several plans of this one"
        return
    yield from _twice(reading, groups)
    yield from _twice(reading, vms)
    yield from _unknown_names(groups, vms)
    for at, owner in (((), reading.tree), *groups):
        for key in ("before", "after"):
            steps = list(_mappings(at, owner, key))
            yield from _twice(reading, steps)
            for path, step in steps:
                yield from _step_problems(path, step, folder)


def words_of(thing: Any, key: str) -> dict[str, Any]:
    """A thing that may be written as one text, or as a mapping in which that text is ``key``."""
    if isinstance(thing, str):
        return {key: thing}
    return thing if isinstance(thing, dict) else {}


def argv_of(command: Any) -> list[str]:
    """The program and its arguments. Raises ValueError when a quote is not closed."""
    return shlex.split(command) if isinstance(command, str) else list(command)


# -- what has names ------------------------------------------------------------------------------------------------


def _vms(at: Path, group: dict[str, Any]) -> Iterator[Named]:
    for position, vm in enumerate(_list(group, "vms")):
        yield (*at, "vms", position), words_of(vm, "name")


def _mappings(at: Path, owner: Any, key: str) -> Iterator[Named]:
    for position, item in enumerate(_list(owner, key)):
        if isinstance(item, dict):
            yield (*at, key, position), item


def _list(owner: Any, key: str) -> list[Any]:
    items = owner.get(key) if isinstance(owner, dict) else None
    return items if isinstance(items, list) else []


def _twice(reading: Reading, things: list[Named]) -> Iterator[Problem]:
    seen: dict[str, Path] = {}
    for path, thing in things:
        name = thing.get("name")
        if isinstance(name, str) and name in seen:
            yield path, f"the name {name!r} was already given in line {reading.line(seen[name])}"
        elif isinstance(name, str):
            seen[name] = path


def _unknown_names(groups: list[Named], vms: list[Named]) -> Iterator[Problem]:
    guesses = 0
    for kind, things, other_kind, others in (
        ("group", groups, "VM", vms),
        ("VM", vms, "group", groups),
    ):
        known = {thing["name"] for _, thing in things if isinstance(thing.get("name"), str)}
        known_others = {thing["name"] for _, thing in others if isinstance(thing.get("name"), str)}
        for path, thing in things:
            for position, name in enumerate(_list(thing, "depends_on")):
                if not isinstance(name, str) or name in known:
                    continue
                guesses += 1
                # To compare a name with thousands takes its time.
                hint = near(name, known) if guesses <= _MOST_GUESSES else ""
                hint = f"it is a {other_kind}" if name in known_others else hint
                reason = f"there is no {kind} {name!r} in the plan{'; ' + hint if hint else ''}"
                yield (*path, "depends_on", position), reason


# -- steps ---------------------------------------------------------------------------------------------------------


def _step_problems(path: Path, step: dict[str, Any], folder: File) -> Iterator[Problem]:
    if "command" in step:
        yield from _command_problems((*path, "command"), step["command"], folder)
    if "http" in step:
        yield from _address_problems((*path, "http"), words_of(step["http"], "url").get("url"))
    playbook = words_of(step.get("playbook"), "path")
    inventory = playbook.get("inventory")
    yield from _file_problems((*path, "playbook"), playbook.get("path"), folder)
    if isinstance(inventory, str) and "," not in inventory:
        yield from _file_problems((*path, "playbook", "inventory"), inventory, folder, may_be_folder=True)
    network = words_of(step.get("network"), "document")
    for key in ("document", "back"):
        at = (*path, "network", key) if isinstance(step.get("network"), dict) else (*path, "network")
        wrong = list(_file_problems(at, network.get(key), folder))
        yield from wrong or _document_problems(at, network.get(key), folder)


def _command_problems(path: Path, command: Any, folder: File) -> Iterator[Problem]:
    if not command or not isinstance(command, (str, list)):
        return
    try:
        argv = argv_of(command)
    except ValueError:
        yield path, "a quote in it is not closed"
        return
    if not argv or argv[0] == "":
        yield path, "it names no program"
    elif isinstance(argv[0], str) and "/" in argv[0]:
        wrong = list(_file_problems(path, argv[0], folder))
        yield from wrong
        if not wrong and not os.access(folder / argv[0], os.X_OK):
            yield path, f"{argv[0]} may not be executed: chmod +x {argv[0]}"


def _address_problems(path: Path, url: Any) -> Iterator[Problem]:
    if not isinstance(url, str):
        return
    try:
        parts = urlsplit(url)
        is_right = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_right = False
    if not is_right and url.lower().startswith(("http://", "https://")):
        yield path, "the host or port of the address is none"


def _file_problems(path: Path, name: Any, folder: File, *, may_be_folder: bool = False) -> Iterator[Problem]:
    if not isinstance(name, str) or not name:
        return
    try:
        file = folder / name
        is_there = file.is_file() or (may_be_folder and file.is_dir())
    except (OSError, ValueError):
        is_there = False
    if not is_there:
        where = "" if File(name).is_absolute() else f" in {str(folder)!r}, the folder of the plan"
        yield path, f"there is no file {name!r}{where}"


def _document_problems(path: Path, name: Any, folder: File) -> Iterator[Problem]:
    """Check that a file can be an edge document. The resource kind validates it later."""
    from vcloudair_core.services.ans.sections import SECTIONS

    if not isinstance(name, str) or not name:
        return
    try:
        sections = read_document(str(folder / name)).sections
    except (ConfigurationError, SpecError) as exc:
        yield path, exc.message.rstrip(".").replace("\n", "; ")
        return
    if not any(section in sections for section in SECTIONS):
        yield path, f"{name} is no edge document: it has none of the sections {', '.join(SECTIONS)}"
