"""Checks of plugins: functions that raise AssertionError with a message for the author of the plugin."""

from __future__ import annotations

import inspect
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

from vcloudair_core.plugin import hooks
from vcloudair_core.plugin.manager import PluginManager
from vcloudair_core.plugin.plugin_info import PluginInfo
from vcloudair_core.plugin.records import (
    API_VERSION,
    AuthRecord,
    CommandRecord,
    KindRecord,
    RecordType,
    SimulatorRoute,
)
from vcloudair_core.transport.messages import Headers, Request

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.simulator import Simulator
    from vcloudair_core.testing.simulated_cloud import RequestView

HEAVY = ("requests", "lxml", "typer", "rich", "yaml", "starlette", "uvicorn", "cryptography", "matplotlib", "jinja2")
"""Packages that the import of a plugin must not load: ``vca --help`` imports every plugin."""

ATTRIBUTE_TYPES = ("str", "bool", "int", "float", "datetime", "uri")
_KIND_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\Z")
_NAME = re.compile(r"[A-Za-z][\w-]*\Z", re.ASCII)
_BODIES = (b"", b"{}", b"[]", b"null", b"7", b"\xff")
_PARAMETER = re.compile(r"\{(\w+)\}")


def check_loaded(info: PluginInfo | None, name: str) -> None:
    """It is installed, and works."""
    assert info is not None, f"there is no plugin {name!r}: is its distribution installed, with its entry point?"
    assert info.status == "loaded", f"plugin {name} is {info.status}: {info.error}"


def check_api_version(info: PluginInfo) -> None:
    """It says which plugin API it is made for, and that is this one."""
    assert info.api_version is not None, f"write vcloudair_api_version = {API_VERSION} into {info.module}"
    assert info.api_version == API_VERSION, f"{info.module} is made for plugin API {info.api_version}"


def check_hook_names(info: PluginInfo) -> None:
    """Each function that looks like a hook is one, and is marked as one."""
    marker = f"{hooks.PROJECT}_impl"
    for name, item in inspect.getmembers(info.plugin, callable):
        if not name.startswith("vca_"):
            continue
        assert hasattr(hooks, name), f"{info.module}: there is no hook {name}"
        assert getattr(item, marker, None) is not None, f"{info.module}: {name} lacks @hookimpl, so nobody calls it"
    assert info.hooks, f"{info.module} implements no hook at all"


def check_import_is_cheap(info: PluginInfo) -> None:
    """Importing it brings nothing heavy along."""
    module = getattr(info.plugin, "__name__", None)
    assert module, f"plugin {info.name} is no module"
    code = (
        "import sys, vcloudair_core.plugin.manager; before = set(sys.modules); "
        f"import {module}; print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    brought = [name for name in done.stdout.split() if name in HEAVY]
    assert not brought, f"importing {module} imports {', '.join(brought)}: import them in the functions that need them"


# -- records -----------------------------------------------------------------------------------------------------


def check_record(record: Any) -> None:
    """A record has a name that can be typed, and says in one line what it is."""
    name = record.name
    pattern = _KIND_NAME if isinstance(record, KindRecord) else _NAME
    if not hasattr(record, "routes"):
        assert pattern.match(name), f"{name!r} is no good name for a {type(record).__name__}"
    if not isinstance(record, RecordType):
        assert record.summary.strip(), f"{type(record).__name__} {name} has no summary"
        assert "\n" not in record.summary, f"the summary of {name} is longer than a line"
    if isinstance(record, KindRecord):
        assert name.startswith(f"{record.service}.") or record.service, f"{name} belongs to no service"
    if isinstance(record, AuthRecord):
        from vcloudair_core.settings.settings import OPTIONS

        unknown = set(record.options) - {option.name for option in OPTIONS}
        assert not unknown, f"{name} needs settings that there are not: {', '.join(sorted(unknown))}"


def check_names_are_free(problems: list[Any]) -> None:
    """No two plugins offer one name."""
    assert problems == [], "; ".join(str(problem) for problem in problems)


def check_kind_record(record: KindRecord, services: dict[str, Any]) -> None:
    """Its service is there."""
    assert record.service in services, f"{record.name} is of the service {record.service!r}, which nobody offers"


def check_service(name: str, client: Client, journal: RequestView) -> None:
    """It is made without asking the server anything, and is there for good."""
    journal.clear()
    service = client.service(name)
    assert service is not None, f"the factory of the service {name} returns nothing"
    assert journal.calls == [], f"making the service {name} asks the server: {journal.calls}"
    assert client.service(name) is service
    assert inspect.getdoc(type(service)), f"{type(service).__name__} has no docstring"


def check_record_type(record: RecordType, client: Client) -> None:
    """It is known to the query service; where the server offers it, records of it come."""
    unknown = set(record.attributes.values()) - set(ATTRIBUTE_TYPES)
    assert not unknown, f"{record.name} has attributes of types that there are not: {', '.join(sorted(unknown))}"
    assert record.record_element, f"{record.name} does not say what its records are called on the wire"
    strangers = set(record.since) - set(record.attributes)
    assert not strangers, f"{record.name} says since when there is {', '.join(strangers)}, which it does not list"
    query = client.query
    assert record.name in query.types()
    if record.name in query.offered_types():
        query.query(record.name).all()


# -- commands ----------------------------------------------------------------------------------------------------


def check_command(record: CommandRecord, plugins: PluginManager) -> None:
    """It can be loaded, ``--help`` answers, and every command and option of it says what it does."""
    from vcloudair_core.cli.command_tree import as_command, build_tree
    from vcloudair_core.cli.invocation import Invocation

    output = io.StringIO()
    with redirect_stdout(output):
        status = build_tree({record.name: record}, plugins).main(
            args=[record.name, "--help"], prog_name="vca", standalone_mode=False, obj=Invocation(plugins=plugins)
        )
    assert not status, f"vca {record.name} --help ends with {status}"
    assert f"vca {record.name}" in output.getvalue()
    silent = list(_without_help(as_command(record.load(), record), f"vca {record.name}"))
    assert not silent, f"no help is given for {', '.join(silent)}"


def _without_help(command: Any, path: str) -> Iterator[str]:
    if not command.help:
        yield path
    for parameter in command.params:
        if not getattr(parameter, "hidden", False) and not getattr(parameter, "help", None):
            yield f"{path} {parameter.name}"
    for name, subcommand in getattr(command, "commands", {}).items():
        yield from _without_help(subcommand, f"{path} {name}")


# -- the simulator -----------------------------------------------------------------------------------------------


def check_route(route: SimulatorRoute, simulator: Simulator) -> None:
    """Without a session it answers 401, unless it needs none; with one it answers whatever comes, and never crashes."""
    name = f"{route.method} {route.path}"
    user = simulator.world.users[0]
    for path in _paths(route, simulator):
        stranger = _send(simulator, route.method, path)
        if route.auth:
            assert stranger == 401, f"{name} answers {stranger} without a session; 401 was expected"
        for body in _BODIES:
            known = _send(simulator, route.method, path, body, simulator.sessions.open_vcd(user.name, user.org))
            assert known != 501, f"{name} cannot be reached: another route has its place"
            assert known != 401 or not route.auth, f"{name} answers 401 with a session"
            assert known < 500, f"{name} answers {known} to the body {body!r}; 400 or so was expected"


def _paths(route: SimulatorRoute, simulator: Simulator) -> set[str]:
    """The path with ids that there are not, and with those of the first things that there are."""
    world = simulator.world
    firsts = {name: next(iter(held), "") for name, held in (("edge_id", world.edges), ("vdc_id", world.vdcs))}
    return {
        _PARAMETER.sub("nowhere", route.path),
        _PARAMETER.sub(lambda parameter: firsts.get(parameter[1]) or "nowhere", route.path),
    }


def _send(simulator: Simulator, method: str, path: str, body: bytes = b"", token: str = "") -> int:
    headers = {"Accept": "application/*+json;version=5.6", "Content-Type": "application/json"}
    headers |= {"x-vcloud-authorization": token} if token else {}
    request = Request(method, f"https://simulator.invalid{path}", Headers(headers), body)
    try:
        return simulator.handle(request).status
    except Exception as exc:
        raise AssertionError(f"{method} {path} raises {type(exc).__name__} for the body {body!r}: {exc}") from exc
