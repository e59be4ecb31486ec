"""Groups and profiles, the rules that use them, and documents with both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.matching import LiveRule

if TYPE_CHECKING:
    from vcloudair_core.engine.kind import Store

USER, OTHER = "user", "other"
"""Type of objects that specs can name, and of all other objects."""


def id_tail(object_id: str) -> str:
    """Return the last part of an ID, to compare IDs with and without scope.

    For ``<VDC>:ipset-2``, it is ``ipset-2``. For a URN, it is the UUID. Source: protocol/ans.md §2.5.
    """
    return object_id.rpartition(":")[2].casefold()


@dataclass(frozen=True)
class GroupObject:
    """An IP set, a security group or an application profile on the server.

    ``raw`` is the decoded response, which updates are based on. ``object_type`` is :data:`USER`, or :data:`OTHER` for
    system objects and for objects that this project creates automatically for rules.
    """

    object_id: str
    spec: Any
    raw: Any = field(default=None, repr=False)
    object_type: str = USER


@dataclass(frozen=True)
class Use:
    """A rule that refers to objects.

    Attributes:
        object_ids: The last parts of the IDs of the objects.
        owner: The display name of the edge gateway or VDC group of the rule.
        section: The section of the rule, such as ``firewall``.
        rule: The name of the rule. If it has no name, its ID.
        before: The fields that refer to the objects, with their members.
        after: The same fields without the objects. It is None if the rule would be deleted.
        reason: The reason why the references cannot be removed. Empty if they can.
    """

    object_ids: frozenset[str]
    owner: str
    section: str
    rule: str
    before: Mapping[str, Any]
    after: Mapping[str, Any] | None
    reason: str = ""

    @property
    def title(self) -> str:
        """The display name, such as ``firewall rule 'in' of edge gateway web-edge``."""
        return f"{self.noun} {self.rule!r} of {self.owner}" if self.rule else f"{self.noun} of {self.owner}"

    @property
    def noun(self) -> str:
        """The noun for this type of rule in messages, such as ``NAT rule``."""
        return {
            "firewall": "firewall rule",
            "nat": "NAT rule",
            "distributed_firewall": "distributed firewall rule",
            "dhcp_relay": "DHCP relay",
            "group": "group",
        }[self.section]

    def as_dict(self) -> dict[str, Any]:
        """Return the rule as JSON types."""
        return {
            "owner": self.owner,
            "section": self.section,
            "rule": self.rule,
            "fields": sorted(self.before),
            "removal": self.removal,
        }

    @property
    def removal(self) -> str:
        """The effect of ``force``: ``update``, ``delete``, or the reason why it has none."""
        return self.reason or ("delete" if self.after is None else "update")


@dataclass(frozen=True)
class UsedSection:
    """A section with rules that refer to objects.

    ``edited`` is the document of the section without the references. ``store`` and both documents are None for groups
    that contain the objects, because groups are not edited.
    """

    store: Store | None
    document: Document | None = field(repr=False)
    edited: Document | None = field(repr=False)
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True)
class GroupEdit:
    """The changes that a commit makes.

    ``changed`` has each changed object with its new spec and the names of the changed fields. ``sections`` are the
    sections whose references are removed before the objects in ``deleted`` are deleted.
    """

    created: tuple[Any, ...] = ()
    changed: tuple[tuple[GroupObject, Any, tuple[str, ...]], ...] = ()
    deleted: tuple[GroupObject, ...] = ()
    sections: tuple[UsedSection, ...] = ()


@dataclass(frozen=True)
class GroupDocument(Document):
    """The objects of one type that an edge gateway, VDC or VDC group owns.

    Attributes:
        objects: The objects. A narrowed store reads only the objects that the desired state names.
        sections: The sections with rules that refer to the objects. They are read only before a deletion.
        networks: The names of the networks that can be members of security groups, keyed by URN.
        edit: The changes to write, or None.
    """

    objects: tuple[GroupObject, ...] = field(default=(), kw_only=True)
    sections: tuple[UsedSection, ...] = field(default=(), kw_only=True, compare=False)
    networks: Mapping[str, str] = field(default_factory=dict, kw_only=True, compare=False)
    edit: GroupEdit | None = field(default=None, kw_only=True, compare=False)

    @property
    def live(self) -> list[LiveRule]:
        """The objects that specs can name, in the form that planning functions take."""
        return [
            LiveRule(slot, item.spec, item.object_type)
            for slot, item in enumerate(self.objects)
            if item.object_type == USER
        ]

    def uses_of(self, objects: Sequence[GroupObject]) -> list[Use]:
        """Return the rules that refer to at least one of the objects."""
        ids = {id_tail(item.object_id) for item in objects}
        return [use for section in self.sections for use in section.uses if ids & use.object_ids]
