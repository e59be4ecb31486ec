"""Checks for plugins. A failed check raises AssertionError."""

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
"""Packages that a plugin must not import when it is loaded.

``vca --help`` loads all plugins, and must be fast.
"""

ATTRIBUTE_TYPES = ("str", "bool", "int", "float", "datetime", "uri")
_KIND_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\Z")
_NAME = re.compile(r"[A-Za-z][\w-]*\Z", re.ASCII)
_BODIES = (b"", b"{}", b"[]", b"null", b"7", b"\xff")
_PARAMETER = re.compile(r"\{(\w+)\}")


def check_loaded(info: PluginInfo | None, name: str) -> None:
    """Check that a plugin is installed and loaded."""
    assert info is not None, f"plugin {name!r} not found; install its distribution and check its entry point"
    assert info.status == "loaded", f"plugin {name} is {info.status}: {info.error}"


def check_api_version(info: PluginInfo) -> None:
    """Check that a plugin states the current version of the plugin API."""
    assert info.api_version is not None, f"add vcloudair_api_version = {API_VERSION} to {info.module}"
    assert info.api_version == API_VERSION, f"{info.module} requires plugin API {info.api_version}, not {API_VERSION}"


def check_hook_names(info: PluginInfo) -> None:
    """Check that all ``vca_*`` functions are hooks with ``@hookimpl``."""
    marker = f"{hooks.PROJECT}_impl"
    for name, item in inspect.getmembers(info.plugin, callable):
        if not name.startswith("vca_"):
            continue
        assert hasattr(hooks, name), f"{info.module}: unknown hook {name}"
        assert getattr(item, marker, None) is not None, f"{info.module}: {name} lacks @hookimpl, so it is not called"
    assert info.hooks, f"{info.module} implements no hook"


def check_import_is_cheap(info: PluginInfo) -> None:
    """Check that the import of a plugin loads no heavy package."""
    module = getattr(info.plugin, "__name__", None)
    assert module, f"plugin {info.name} is not a module"
    code = (
        "import sys, vcloudair_core.plugin.manager; before = set(sys.modules); "
        f"import {module}; print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    heavy = [name for name in done.stdout.split() if name in HEAVY]
    assert not heavy, f"importing {module} imports {', '.join(heavy)}; import them in the functions that use them"


# -- records -----------------------------------------------------------------------------------------------------


def check_record(record: Any) -> None:
    """Check that a record has a valid name and a summary of one line."""
    name = record.name
    pattern = _KIND_NAME if isinstance(record, KindRecord) else _NAME
    if not hasattr(record, "routes"):
        assert pattern.match(name), f"{name!r} is not a valid name for a {type(record).__name__}"
    if not isinstance(record, RecordType):
        assert record.summary.strip(), f"{type(record).__name__} {name} has no summary"
        assert "\n" not in record.summary, f"the summary of {name} has more than one line"
    if isinstance(record, KindRecord):
        assert name.startswith(f"{record.service}.") or record.service, f"{name} has no service"
    if isinstance(record, AuthRecord):
        from vcloudair_core.settings.settings import OPTIONS

        unknown = set(record.options) - {option.name for option in OPTIONS}
        assert not unknown, f"{name} requires unknown settings: {', '.join(sorted(unknown))}"


def check_names_are_free(problems: list[Any]) -> None:
    """Check that no two plugins offer records with the same name."""
    assert problems == [], "; ".join(str(problem) for problem in problems)


def check_kind_record(record: KindRecord, services: dict[str, Any]) -> None:
    """Check that a plugin offers the service of a resource kind."""
    assert record.service in services, f"no plugin offers the service {record.service!r} of {record.name}"


def check_service(name: str, client: Client, request_log: RequestView) -> None:
    """Check that a service is created once per client, without requests."""
    request_log.clear()
    service = client.service(name)
    assert service is not None, f"the factory of the service {name} returns None"
    assert request_log.calls == [], f"creating the service {name} sends requests: {request_log.calls}"
    assert client.service(name) is service
    assert inspect.getdoc(type(service)), f"{type(service).__name__} has no docstring"


def check_record_type(record: RecordType, client: Client) -> None:
    """Check the attributes of a record type, and query it if the server offers it."""
    unknown = set(record.attributes.values()) - set(ATTRIBUTE_TYPES)
    assert not unknown, f"{record.name} has attributes with unknown types: {', '.join(sorted(unknown))}"
    assert record.record_element, f"record_element of {record.name} is empty"
    unlisted = set(record.since) - set(record.attributes)
    assert not unlisted, f"{record.name} has attributes in since but not in attributes: {', '.join(sorted(unlisted))}"
    query = client.query
    assert record.name in query.types()
    if record.name in query.offered_types():
        query.query(record.name).all()


# -- commands ----------------------------------------------------------------------------------------------------


def check_command(record: CommandRecord, plugins: PluginManager) -> None:
    """Check that a command can be loaded, and that its help is complete.

    The command and each option must have a help text.
    """
    from vcloudair_core.cli.command_tree import as_command, build_tree
    from vcloudair_core.cli.invocation import Invocation

    output = io.StringIO()
    with redirect_stdout(output):
        status = build_tree({record.name: record}, plugins).main(
            args=[record.name, "--help"], prog_name="vca", standalone_mode=False, obj=Invocation(plugins=plugins)
        )
    assert not status, f"vca {record.name} --help ends with {status}"
    assert f"vca {record.name}" in output.getvalue()
    undocumented = list(_without_help(as_command(record.load(), record), f"vca {record.name}"))
    assert not undocumented, f"missing help: {', '.join(undocumented)}"


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
    """Check the status codes that a route returns with and without a session.

    Without a session, the route must return 401. With a session, the route must return a status below 500 other than
    401. Routes with ``auth=False`` need no session and can return any status below 500.
    """
    name = f"{route.method} {route.path}"
    user = simulator.world.users[0]
    for path in _paths(route, simulator):
        status = _send(simulator, route.method, path)
        if route.auth:
            assert status == 401, f"{name} returns {status} without a session; expected 401"
        for body in _BODIES:
            status = _send(simulator, route.method, path, body, simulator.sessions.open_vcd(user.name, user.org))
            assert status != 501, f"{name} cannot be reached, because another route matches first"
            assert status != 401 or not route.auth, f"{name} returns 401 with a session"
            assert status < 500, f"{name} returns {status} for the body {body!r}; expected less than 500"


def _paths(route: SimulatorRoute, simulator: Simulator) -> set[str]:
    """Return two paths of a route: with unknown IDs, and with IDs of existing objects."""
    world = simulator.world
    firsts = {name: next(iter(ids), "") for name, ids in (("edge_id", world.edges), ("vdc_id", world.vdcs))}
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
