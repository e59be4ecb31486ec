"""Declare the options that a backend does not support, or supports only in part.

Specs are checked against these declarations before the first read. The documentation has a table of these limits.
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
        reason: The clause that messages add to "is not supported on NSX-T edge gateways:", such as ``rules have no
            tags``.
        hint: A sentence that tells the user what to do instead.
        since: The first API version that supports the option. None if no version supports the option.
        values: The affected values, for the documentation. Empty if all values are affected.
        refused: A function that returns the unsupported part of the value. By default, every value is unsupported.
        depends_on_edge: True if the check of the value needs the state of the edge. The section makes this check after
            the read.
        is_neutral: True if the option does not affect traffic, so a conversion can omit the option.
        applies: A function that returns True for specs to which the limit applies. By default, these are all specs.
        has_default: False if the default value of the option is also unsupported.
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
        """Return True if the API version ``version`` supports the option."""
        return self.since is not None and version >= self.since


def problems_of(
    spec: Any, limits: Sequence[Limit], version: ApiVersion, title: str, owner_noun: str = EDGE_GATEWAYS
) -> list[SpecProblem]:
    """Return a problem for each option of a spec that a backend does not support.

    Omitted options cause no problems. A default value causes a problem only if ``has_default`` of the limit is False.
    ``title`` is the display name of the backend, and ``owner_noun`` is what messages call its objects,
    such as ``edge gateways``.
    """
    return [
        problem_of(limit, refused, getattr(spec, limit.option), title, owner_noun)
        for limit, refused in exceeded_limits(spec, limits, version)
    ]


def exceeded_limits(spec: Any, limits: Sequence[Limit], version: ApiVersion) -> Iterator[tuple[Limit, Any]]:
    """Yield each limit that a spec exceeds, with the unsupported values."""
    infos = fields_of(type(spec))
    for limit in limits:
        value = getattr(spec, limit.option)
        if value is None or limit.depends_on_edge or limit.is_lifted(version) or not limit.applies(spec):
            continue
        refused = limit.refused(value)
        if refused is None or refused is False or refused == ():
            continue
        info = infos[limit.option]
        if not (limit.has_default and info.absent is not None and info.same(value, info.absent)):
            yield limit, refused


def problem_of(limit: Limit, refused: Any, value: Any, title: str, owner_noun: str = EDGE_GATEWAYS) -> SpecProblem:
    """Return the problem to report for an option that exceeds a limit.

    ``refused`` is the unsupported part of ``value``. ``title`` is the display name of the backend, and ``owner_noun``
    is what messages call its objects, such as ``edge gateways``.
    """
    return SpecProblem(limit.option, _reason(limit, refused, value, f"{title} {owner_noun}"), limit.hint)


def _reason(limit: Limit, refused: Any, value: Any, objects: str) -> str:
    shown = ""
    if refused is not value and refused is not True:
        shown = ", ".join(map(repr, refused)) if isinstance(refused, tuple) else repr(refused)
    where = f"on {objects}"
    if limit.since is not None:
        where += " before API version {}.{}".format(*limit.since)
    return f"{shown} is not supported {where}: {limit.reason}".lstrip()
