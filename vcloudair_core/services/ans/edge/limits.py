"""Options that a backend supports only partly, or not at all.

The same declarations refuse a spec before the first read and make the table of options in the documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from vcloudair_core.engine.fields import fields_of
from vcloudair_core.errors import SpecProblem

ApiVersion = tuple[int, int]
EDGE_GATEWAYS = "edge gateways"


@dataclass(frozen=True)
class Limit:
    """An option, or some of its values, that a backend does not support.

    Attributes:
        option: The name of the field in the spec.
        reason: A clause that follows "is not supported on NSX-T edge gateways:", such as ``rules have no tags``.
        hint: A sentence about the solution.
        since: The first API version that supports the option. None if no version supports the option.
        values: The affected values, for the documentation. Empty if all values are affected.
        refused: Returns the refused values among the values of the option. By default, all values are refused.
        depends_on_edge: True if only the state of the edge shows whether a value is refused. The section checks such an
            option after the read.
        is_neutral: True if a document without the option has the same effect on traffic. A conversion omits the option.
        applies: Returns True for the specs to which the limit applies. By default, it applies to all specs.
        has_default: False if the default of the option is refused too.
    """

    option: str
    reason: str
    hint: str = ""
    since: ApiVersion | None = None
    values: str = ""
    refused: Callable[[Any], Any] = lambda value: value
    depends_on_edge: bool = False
    is_neutral: bool = False
    applies: Callable[[Any], bool] = lambda spec: True
    has_default: bool = True

    def is_lifted(self, version: ApiVersion) -> bool:
        """Return True if an API version supports the option."""
        return self.since is not None and version >= self.since


def problems_of(
    spec: Any, limits: Sequence[Limit], version: ApiVersion, title: str, place: str = EDGE_GATEWAYS
) -> list[SpecProblem]:
    """Return the options of a spec that a backend does not support in an API version.

    An option that is not set is always supported. So is the default, unless the limit says otherwise. ``title`` is the
    display name of the backend. ``place`` names its objects.
    """
    return [
        problem_of(limit, refused, getattr(spec, limit.option), title, place)
        for limit, refused in exceeded_limits(spec, limits, version)
    ]


def exceeded_limits(spec: Any, limits: Sequence[Limit], version: ApiVersion) -> Iterator[tuple[Limit, Any]]:
    """Yield the limits that a spec exceeds, each with the refused values."""
    infos = fields_of(type(spec))
    for limit in limits:
        value = getattr(spec, limit.option)
        info = infos[limit.option]
        if value is None or limit.depends_on_edge or limit.is_lifted(version) or not limit.applies(spec):
            continue
        if limit.has_default and info.absent is not None and info.same(value, info.absent):
            continue
        refused = limit.refused(value)
        if not (refused is None or refused is False or refused == ()):
            yield limit, refused


def problem_of(limit: Limit, refused: Any, value: Any, title: str, place: str = EDGE_GATEWAYS) -> SpecProblem:
    """Return the problem of an option that exceeds a limit.

    ``refused`` has the refused values of ``value``. ``title`` is the display name of the backend. ``place`` names its
    objects.
    """
    return SpecProblem(limit.option, _reason(limit, refused, value, f"{title} {place}"), limit.hint)


def _reason(limit: Limit, refused: Any, value: Any, objects: str) -> str:
    shown = ""
    if refused is not value and refused is not True:
        shown = ", ".join(map(repr, refused)) if isinstance(refused, tuple) else repr(refused)
    where = f"on {objects}"
    if limit.since is not None:
        where += " before API version {}.{}".format(*limit.since)
    return f"{shown} is not supported {where}: {limit.reason}".lstrip()
