"""Objects that rules can name, and the session cache of their names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

NETWORK, IP_SET, GROUP, VM, VAPP = "network", "ipset", "group", "vm", "vapp"
APPLICATION, APPLICATION_GROUP = "app", "appgroup"
NOUNS = {
    NETWORK: "network",
    IP_SET: "IP set",
    GROUP: "security group",
    VM: "VM",
    VAPP: "vApp",
    APPLICATION: "application",
    APPLICATION_GROUP: "application group",
}
"""Display name of each kind of object. The keys are the prefixes of names."""


@dataclass(frozen=True)
class NamedObject:
    """An object that a rule can name.

    Attributes:
        kind: The kind of the object, one of the keys of :data:`NOUNS`.
        object_id: The ID that rules contain.
        name: The name. Names are not always unique.
        place: The container of the object for messages, such as ``vApp shop``.
        member_ids: The IDs that rules contain instead of the object. Only vApps have them: rules contain their VMs.
        refusal: The reason why rules cannot contain the object, or an empty string.
        alias: Another name of the object, such as the name of the interface of a network. Names take precedence.
    """

    kind: str
    object_id: str
    name: str
    place: str = ""
    member_ids: tuple[str, ...] = ()
    refusal: str = ""
    alias: str = ""

    @property
    def ids(self) -> tuple[str, ...]:
        """The IDs to write in a rule."""
        return self.member_ids if self.kind == VAPP else (self.object_id,)

    @property
    def prefixed(self) -> str:
        """The name with its prefix: ``vm:db1``."""
        return f"{self.kind}:{self.name}"

    def __str__(self) -> str:
        return f"{self.object_id}{f' ({self.place})' if self.place else ''}"


class ObjectNames:
    """The cached objects of one edge gateway or VDC group, by kind."""

    def __init__(self) -> None:
        self._lists: dict[str, tuple[NamedObject, ...]] = {}
        self._by_id: dict[str, NamedObject] = {}
        self.missing: set[str] = set()
        """IDs that rules contain and that the lists do not have."""
        self.unreadable: set[str] = set()
        """Kinds whose names cannot be displayed, because their lists cannot be read."""

    @property
    def is_empty(self) -> bool:
        """True if no objects have been read."""
        return not self._lists

    def has(self, kind: str) -> bool:
        """Return True if the objects of a kind have been read."""
        return kind in self._lists

    def put(self, lists: Mapping[str, Iterable[NamedObject]]) -> None:
        """Replace the cached objects of each kind in ``lists``."""
        self._lists |= {kind: tuple(objects) for kind, objects in lists.items()}
        self._by_id = {item.object_id.casefold(): item for objects in self._lists.values() for item in objects}

    def clear(self) -> None:
        """Forget all objects."""
        self._lists.clear()
        self._by_id.clear()
        self.missing.clear()
        self.unreadable.clear()

    def all_of(self, kinds: Collection[str]) -> list[NamedObject]:
        """Return all objects of these kinds."""
        return [item for kind, objects in self._lists.items() if kind in kinds for item in objects]

    def find(self, kinds: Collection[str], name: str) -> list[NamedObject]:
        """Return the objects of these kinds whose name or alias is ``name``.

        Exact matches take precedence over matches that ignore case, and names over aliases.
        """
        objects = self.all_of(kinds)
        folded = name.casefold()
        return (
            [item for item in objects if item.name == name]
            or [item for item in objects if item.name.casefold() == folded]
            or [item for item in objects if item.alias and item.alias.casefold() == folded]
        )

    def by_id(self, object_id: str) -> NamedObject | None:
        """Return the object with an ID, or None if it is not known."""
        return self._by_id.get(object_id.casefold())

    def unique_by_id(self, object_id: str) -> NamedObject | None:
        """Return the object with an ID if its name identifies it, or None.

        The name must be printable and different from the names of all other objects of its kind.
        """
        item = self.by_id(object_id)
        if item is None or not item.name.strip() or item.name != item.name.strip() or not item.name.isprintable():
            return None
        return item if self.find((item.kind,), item.name) == [item] else None

    def listed(self, kinds: Collection[str], limit: int = 8) -> str:
        """Return up to ``limit`` names of objects, as a string for messages.

        The names have prefixes. Objects that rules cannot contain are left out.
        """
        names: Sequence[str] = sorted({item.prefixed for item in self.all_of(kinds) if not item.refusal})
        return ", ".join(names[:limit]) + (" …" if len(names) > limit else "")


@dataclass
class _KnownNames:
    """The object names cached in a session, by scope, such as an edge gateway."""

    scopes: dict[str, ObjectNames] = field(default_factory=dict)


def names_of(session: Session, scope: str) -> ObjectNames:
    """Return the cached names of a scope."""
    return session.state_of(_KnownNames).scopes.setdefault(scope, ObjectNames())


def forget_names(session: Session) -> None:
    """Forget all cached names.

    Required after a change to objects that rules can name.
    """
    for names in session.state_of(_KnownNames).scopes.values():
        names.clear()
