"""Records that hooks return.

A record contains the name of an extension, and a function that loads the extension.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from vcloudair_core.transport.messages import Request, Response

if TYPE_CHECKING:
    from vcloudair_core.engine.kind import ResourceKind
    from vcloudair_core.session.auth.base import AuthProvider
    from vcloudair_core.session.session import Session

API_VERSION = 1
"""Version of the plugin API.

A plugin module must set ``vcloudair_api_version`` to this number. Otherwise, the module is not loaded.
"""


@dataclass(frozen=True)
class ServiceRecord:
    """A service that a plugin adds to clients.

    ``client.service(name)`` calls ``factory(session)`` once per client and caches the result.
    """

    name: str
    summary: str
    factory: Callable[[Session], Any]


@dataclass(frozen=True)
class KindRecord:
    """A resource kind with its name, such as ``ans.firewall_rule``.

    The name consists of the service and the element.

    ``load()`` is called at first use and returns the kind.
    """

    name: str
    service: str
    summary: str
    load: Callable[[], ResourceKind]


@dataclass(frozen=True)
class RecordType:
    """A record type of the query service. Source: protocol/query.md §6.

    Attributes:
        attributes: The type of each attribute: ``str``, ``bool``, ``int``, ``float``, ``datetime`` or ``uri``.
            Attributes that are not listed are strings.
        since: The first API version that has the attribute, for attributes that are not available on all servers. An
            empty string means that only some servers have the attribute, whatever their version. Such an attribute is
            requested only if the caller names it.
    """

    name: str
    record_element: str
    references_element: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    admin_name: str = ""
    summary: str = ""
    since: Mapping[str, str] = field(default_factory=dict)

    def attributes_of(self, version: str) -> list[str]:
        """Return the attributes that every server with this API version has."""
        supported = _numbers(version)
        return [name for name in self.attributes if name not in self.since or _is_met(self.since[name], supported)]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split(".") if number.isdigit())


def _is_met(needed: str, supported: tuple[int, ...]) -> bool:
    return bool(needed) and _numbers(needed) <= supported


@dataclass(frozen=True)
class AuthRecord:
    """An authentication method.

    Attributes:
        options: Names of the settings that the method requires.
        factory: A function that takes the settings and returns the auth flow.
        is_applicable: A function that takes the settings. It returns True if this method can sign in with these
            settings. It is called only if ``auth_method`` is not set.
    """

    name: str
    summary: str
    options: tuple[str, ...]
    factory: Callable[[Any], AuthProvider]
    is_applicable: Callable[[Any], bool] = lambda settings: False


@dataclass(frozen=True)
class CommandRecord:
    """A command that a plugin adds to ``vca``.

    ``load()`` returns a typer app for a command group, or a function for a single command.
    """

    name: str
    summary: str
    load: Callable[[], Any]


class SimulatorContext(Protocol):
    """The argument that a simulator passes to the handler of a route.

    ``state`` is a dict that all routes of a ``SimulatorRoutes`` record share.
    """

    request: Request
    path_params: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    base_url: str
    state: dict[str, Any]

    @property
    def world(self) -> Any:
        """The inventory of the simulator. See ``vcloudair_core.simulator.state.world``."""

    @property
    def user(self) -> Any:
        """The user who signed in, or None on a route with ``auth=False``."""


@dataclass(frozen=True)
class SimulatorRoute:
    """An API path that the simulator serves.

    Attributes:
        path: A template, such as ``/network/edges/{edge_id}/loadbalancer/config``.
        handler: A function that takes the context of a request and returns the response.
        auth: If True, a request without a valid vCloud session returns 401 or 403.
        versions: API versions in which the path exists, such as ``36.1 and newer``. If empty, the value of
            ``SimulatorRoutes`` applies.
        simplifications: Differences from a real server. If empty, the value of ``SimulatorRoutes`` applies.
        right: The right that the role of the user must have. If the right is missing, a request returns 403. If
            ``right`` is empty, no right is required.
    """

    method: str
    path: str
    handler: Callable[[Any], Response]
    auth: bool = True
    versions: str = ""
    simplifications: str = ""
    right: str = ""


@dataclass(frozen=True)
class SimulatorRecords:
    """Records that the simulator serves at ``/api/query``, with paging and filters.

    ``list(context)`` returns a mapping of attributes for each record. Each mapping has a ``name`` and an absolute
    ``href``. The built-in record types of the simulator cannot be replaced.
    """

    type: RecordType
    list: Callable[[Any], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class SimulatorRoutes:
    """Routes and seed data that a plugin adds to the simulator.

    ``seed(world, state)`` runs when a simulator starts or is reset. ``versions`` and ``simplifications`` apply to each
    route that does not set these values.
    """

    name: str
    summary: str
    routes: tuple[SimulatorRoute, ...]
    seed: Callable[[Any, dict[str, Any]], None] | None = None
    records: tuple[SimulatorRecords, ...] = ()
    versions: str = ""
    simplifications: str = ""
