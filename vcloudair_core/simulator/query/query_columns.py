"""Rows of the query service, and columns that several query types have.

Attributes are computed on access: a page with 128 of 100,000 VMs computes 128 records, and a filter by name computes
one attribute of each VM. Source: protocol/query.md §7, protocol/recorded-responses.md §3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.simulator.access.visibility import in_visible_vdcs
from vcloudair_core.simulator.documents.addresses import href
from vcloudair_core.simulator.state.entities import Org, User

Column = Callable[[Any, Any], Any]
"""Function that takes a context and an object, and returns one attribute or None."""


@dataclass(frozen=True)
class Source:
    """Objects and attributes of a query type.

    ``since`` contains the first API version of attributes that older versions lack. ``is_steady`` is true if records
    can be cached until the inventory changes.
    """

    objects: Callable[[Any], Sequence[Any]]
    columns: Mapping[str, Column]
    since: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    is_steady: bool = True

    def columns_of_version(self, version: str) -> dict[str, Column]:
        """Return the attributes that exist in an API version, by name."""
        numbers = tuple(int(number) for number in version.split("-")[0].split("."))
        return {name: column for name, column in self.columns.items() if numbers >= self.since.get(name, (0,))}


class QueryRow(Mapping[str, Any]):
    """The record of one object. Attributes without a value are omitted."""

    __slots__ = ("_columns", "_context", "subject")

    def __init__(self, context: Any, subject: Any, columns: Mapping[str, Column]) -> None:
        self._context = context
        self._columns = columns
        self.subject = subject

    def __getitem__(self, name: str) -> Any:
        value = self._columns[name](self._context, self.subject)
        if value is None:
            raise KeyError(name)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        column = self._columns.get(name)
        value = column(self._context, self.subject) if column else None
        return default if value is None else value

    def as_dict(self) -> dict[str, Any]:
        """Return the attributes that have a value."""
        cells = ((name, column(self._context, self.subject)) for name, column in self._columns.items())
        return {name: value for name, value in cells if value is not None}

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._columns if self.get(name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


# -- objects ----------------------------------------------------------------------------------------------------


def visible(shelf: str) -> Callable[[Any], list[Any]]:
    """Return a function that lists those objects of a registry that the user can see.

    ``shelf`` is the name of the registry in the world, such as ``vms``. Each object must belong to a VDC.
    """
    return lambda context: in_visible_vdcs(context, getattr(context.world, shelf))


def org_of(context: Any, item: Any) -> Org:
    """Return the org of an object."""
    world = context.world
    name = item.org if hasattr(item, "org") else world.vdcs[item.vdc_id].org
    org: Org = world.orgs[name]
    return org


def owner_of(context: Any, item: Any) -> User | None:
    """Return the owner of an object that belongs to an org or a VDC, or None."""
    user: User | None = context.world.owner_of(item, org_of(context, item).name)
    return user


# -- columns ----------------------------------------------------------------------------------------------------


def constant(value: Any) -> Column:
    """Return a column with the same value in all rows."""
    return lambda context, item: value


def from_field(name: str) -> Column:
    """Return a column with the value of a field of the object."""
    return lambda context, item: getattr(item, name)


def href_column(kind: str, field_name: str) -> Column:
    """Return a column with the URL of an object of ``kind``.

    ``field_name`` is the field that contains the ID of the object.
    """
    return lambda context, item: href(context.root, kind, getattr(item, field_name))


def vdc_href(context: Any, item: Any) -> str:
    """Return the URL of the VDC that contains an object."""
    return f"{context.root}/api/vdc/{item.vdc_id}"


def vdc_name(context: Any, item: Any) -> str:
    """Return the name of the VDC that contains an object."""
    return str(context.world.vdcs[item.vdc_id].name)


def org_href(context: Any, item: Any) -> str:
    """Return the URL of the org that contains an object."""
    return href(context.root, "org", org_of(context, item).org_id)


def org_name(context: Any, item: Any) -> str:
    """Return the name of the org that contains an object."""
    return org_of(context, item).name


def owner_name(context: Any, item: Any) -> str:
    """Return the name of an object's owner, or ``system``."""
    user = owner_of(context, item)
    return user.name if user else "system"


def owner_href(context: Any, item: Any) -> str | None:
    """Return the URL of an object's owner, or None."""
    user = owner_of(context, item)
    return href(context.root, "user", user.user_id) if user else None


def last_task_columns(path: Callable[[Any], str]) -> dict[str, Column]:
    """Return the columns for the latest task of an object.

    ``path`` returns the path of the object. The values are None if the object has no task. ``taskDetails`` is always
    one space.

    Source: protocol/query.md §2.1, protocol/recorded-responses.md §3.
    """

    def column(show: Column) -> Column:
        def of_last_task(context: Any, item: Any) -> Any:
            task = context.simulator.tasks.last_on(path(item))
            return None if task is None else show(context, task)

        return of_last_task

    return {
        "task": column(href_column("task", "task_id")),
        "taskStatus": column(lambda context, task: context.simulator.tasks.status(task)),
        "taskDetails": column(constant(" ")),
        "taskOperation": column(from_field("operation_name")),
    }
