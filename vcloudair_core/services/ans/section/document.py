"""Section documents: raw and decoded sections, and edits of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

from vcloudair_core.engine.ensure.garbage_collection import paused_collection
from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.rulelist import RuleStep
from vcloudair_core.services.ans.names.objects import ObjectNames

SettingsT = TypeVar("SettingsT")


@dataclass(frozen=True)
class SectionState(Generic[SettingsT]):
    """A decoded section with all rules in order, including server-generated rules.

    ``settings`` is a spec of the section without its list of rules.
    """

    settings: SettingsT
    rules: tuple[LiveRule, ...] = ()

    @property
    def user_rules(self) -> tuple[LiveRule, ...]:
        """The user rules, in order."""
        return tuple(rule for rule in self.rules if rule.is_user)


@dataclass(frozen=True)
class SectionEdit:
    """The changes to make to a section document, stored as the ``steps`` of a plan.

    Pre-shared keys in an edit are ``Secret`` objects.

    ``settings``: the new value of each changed setting. ``steps``: all user rules in order; None if the rules do not
    change. ``other_steps``: for sections with several lists, the steps of each other changed list, keyed by the field
    of the list.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[RuleStep, ...] | None = None
    other_steps: Mapping[str, tuple[RuleStep, ...]] = field(default_factory=dict)


class SectionCodec(Protocol[SettingsT]):
    """The codec of a section for one backend and media type."""

    backend: str
    media_type: str

    def parse(self, body: bytes) -> SectionDocument[SettingsT]:
        """Return the document of a response. Raises: DecodeError."""
        ...

    def encode(self, document: Document) -> bytes:
        """Return the body of a write, without fields that the server does not accept."""
        ...

    def decode(self, document: Document) -> SectionState[SettingsT]:
        """Return the decoded document. Never raises: invalid values are left out."""
        ...

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """Return a new document with the edit applied. Everything else is kept."""
        ...


@dataclass(frozen=True)
class KeptRecords:
    """The records that did not change since an earlier document.

    Their rules can be reused.

    Attributes:
        tree, codec: The tree and the codec of the document.
        earlier: The earlier document: before an edit, or from an earlier read.
        slots: For each record of the document, the slot of the same record in ``earlier``, or None for a new or changed
            record.
    """

    tree: Any
    codec: Any
    earlier: SectionDocument[Any]
    slots: Sequence[int | None]

    @classmethod
    def of(
        cls, document: SectionDocument[Any], tree: Any, types: Sequence[str], steps: Sequence[RuleStep]
    ) -> KeptRecords | None:
        """Return the records that ``steps`` do not change.

        Return None if more than a quarter of the records are new or changed. ``types`` has the type of each record of
        ``document``. ``tree`` is the tree after the edit.
        """
        users = [None if step.changed else step.slot for step in steps]
        slots = replace_user_records(range(len(types)), types, users)
        if slots.count(None) * 4 > len(slots):
            return None
        return cls(tree, document.codec, document, slots)


@dataclass(frozen=True)
class SectionDocument(Document, Generic[SettingsT]):
    """A document of a section. Its codec decodes the document once, at first use.

    ``names`` has the names of the objects that rules contain, for display. It is None if the objects have no names.
    ``kept`` contains the records that did not change since an earlier document, or is None.
    """

    codec: SectionCodec[SettingsT] = field(kw_only=True, repr=False, compare=False)
    names: ObjectNames | None = field(default=None, kw_only=True, repr=False, compare=False)
    kept: KeptRecords | None = field(default=None, kw_only=True, repr=False, compare=False)

    @cached_property
    def decoded(self) -> SectionState[SettingsT]:
        """The decoded document."""
        with paused_collection():
            return self.codec.decode(self)

    def kept_rules(self, count: int) -> Sequence[LiveRule | None]:
        """Return the rules that were decoded in an earlier document, one for each record.

        ``count`` is the number of records. The entry is None for a new or changed record, or if there is no earlier
        document.
        """
        kept = self.kept
        if kept is None or kept.tree is not self.tree or kept.codec is not self.codec or len(kept.slots) != count:
            return [None] * count
        rules: dict[int | None, LiveRule] = {rule.slot: rule for rule in kept.earlier.decoded.rules}
        return [rules.get(slot) for slot in kept.slots]


def state_of(document: Document) -> SectionState[Any]:
    """Return the decoded document of a section."""
    assert isinstance(document, SectionDocument), type(document).__name__
    return document.decoded


def names_in(document: Document) -> ObjectNames | None:
    """Return the names of the objects in the rules of a document, or None."""
    return document.names if isinstance(document, SectionDocument) else None


LAST_TYPES = frozenset(("internal_low", "default_policy"))
"""Rule types that the server keeps after the user rules.

Source: protocol/ans.md §2.7.
"""


def replace_user_records(records: Sequence[Any], types: Sequence[str], users: Sequence[Any]) -> list[Any]:
    """Return all records, with the user records replaced.

    ``types`` has the type of each record, and ``users`` has the new user records. Server-generated records keep their
    order. The new user records take the positions of the old user records. Surplus new records follow directly after
    the last of these positions. If there were no old user records, the new records go before the records of
    :data:`LAST_TYPES`.
    """
    folded = [rule_type.casefold() for rule_type in types]
    slots = [at for at, rule_type in enumerate(folded) if rule_type == "user"]
    if not slots:
        end = next((at for at, rule_type in enumerate(folded) if rule_type in LAST_TYPES), len(records))
        return [*records[:end], *users, *records[end:]]
    fill = dict(zip(slots, users, strict=False))
    result: list[Any] = []
    for at, record in enumerate(records):
        if folded[at] != "user":
            result.append(record)
        elif at in fill:
            result.append(fill[at])
        if at == slots[-1]:
            result += users[len(slots) :]
    return result
