"""Records that hooks return: frozen values that name what a plugin offers, and the functions that load it."""

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
"""Version of the hook API. A plugin states ``vcloudair_api_version = 1``; without it, or with another number, it is
refused by name."""


@dataclass(frozen=True)
class ServiceRecord:
    """A service: ``client.service(name)`` calls ``factory(session)`` once per client and keeps the result."""

    name: str
    summary: str
    factory: Callable[[Session], Any]


@dataclass(frozen=True)
class KindRecord:
    """A resource kind, named ``<service>.<thing>``. ``load()`` returns the kind; it is called at first use."""

    name: str
    service: str
    summary: str
    load: Callable[[], ResourceKind]


@dataclass(frozen=True)
class RecordType:
    """A type of the query service. Source: protocol/query.md §6.

    ``attributes`` maps attribute names to ``str | bool | int | float | datetime | uri``; what is not listed is text.
    ``since`` maps those that not every server knows to the API version that they came with, or to nothing when they are
    there on some servers only: they are not asked for unless somebody names them.
    """

    name: str
    record_element: str
    references_element: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    admin_name: str = ""
    summary: str = ""
    since: Mapping[str, str] = field(default_factory=dict)

    def attributes_of(self, version: str) -> list[str]:
        """Return the attributes that every server of an API version knows."""
        supported = _numbers(version)
        return [name for name in self.attributes if name not in self.since or _is_met(self.since[name], supported)]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split(".") if number.isdigit())


def _is_met(needed: str, supported: tuple[int, ...]) -> bool:
    return bool(needed) and _numbers(needed) <= supported


@dataclass(frozen=True)
class AuthRecord:
    """A way to sign in, chosen by ``name``. ``factory(settings)`` returns the flow.

    ``options`` names the settings it needs; ``is_applicable(settings)`` lets it be chosen when none was named.
    """

    name: str
    summary: str
    options: tuple[str, ...]
    factory: Callable[[Any], AuthProvider]
    is_applicable: Callable[[Any], bool] = lambda settings: False


@dataclass(frozen=True)
class CommandRecord:
    """A command of ``vca``: ``load()`` returns a typer app (a group) or a plain function (one command)."""

    name: str
    summary: str
    load: Callable[[], Any]


class SimulatorContext(Protocol):
    """The argument of a simulator route. ``state`` is the dict of its ``SimulatorRoutes``."""

    request: Request
    path_params: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    base_url: str
    state: dict[str, Any]

    @property
    def world(self) -> Any:
        """The simulator's inventory (orgs, VDCs, edges, networks, VMs): ``vcloudair_core.simulator.state.world``."""

    @property
    def user(self) -> Any:
        """The signed-in identity, or None on a route with ``auth=False``."""


@dataclass(frozen=True)
class SimulatorRoute:
    """One path of the API. ``path`` is a template such as ``/network/edges/{edge_id}/loadbalancer/config``.

    ``auth`` true: the simulator answers 401 or 403 itself when there is no valid vCloud session.
    """

    method: str
    path: str
    handler: Callable[[Any], Response]
    auth: bool = True


@dataclass(frozen=True)
class SimulatorRecords:
    """Records of a query type that the simulator serves at ``/api/query``, with paging and filters.

    ``list(context)`` gives a mapping for each: attributes by name, ``name`` and an absolute ``href`` among them. A type
    that the simulator knows by itself stays as it is.
    """

    type: RecordType
    list: Callable[[Any], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class SimulatorRoutes:
    """Routes and seed data that a plugin adds to the simulator. ``seed(world, state)`` runs at start and at reset."""

    name: str
    summary: str
    routes: tuple[SimulatorRoute, ...]
    seed: Callable[[Any, dict[str, Any]], None] | None = None
    records: tuple[SimulatorRecords, ...] = ()
