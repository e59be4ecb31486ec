"""Documents of sections: raw, decoded, and the edits that lead from one to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.rulelist import RuleStep

SettingsT = TypeVar("SettingsT")


@dataclass(frozen=True)
class SectionState(Generic[SettingsT]):
    """A decoded section. ``rules`` are all its rules, the server's own too, in their order.

    ``settings`` is of the section's spec type; its list of rules is not filled.
    """

    settings: SettingsT
    rules: tuple[LiveRule, ...] = ()

    @property
    def user_rules(self) -> tuple[LiveRule, ...]:
        """The rules that users own, in their order."""
        return tuple(rule for rule in self.rules if rule.is_user)


@dataclass(frozen=True)
class SectionEdit:
    """Changes of a document: the payload of a plan. Keys in it are secrets, which no rendering shows.

    ``settings``: the new value of each setting that changes. ``steps``: the whole list of user rules, None to leave the
    rules alone.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[RuleStep, ...] | None = None


class SectionCodec(Protocol[SettingsT]):
    """One wire format of a section: bytes to document, document to meaning, and back."""

    backend: str
    media_type: str

    def parse(self, body: bytes) -> SectionDocument[SettingsT]:
        """Return the document of a response. Raises: DecodeError."""
        ...

    def encode(self, document: Document) -> bytes:
        """Return the body of a write of the whole section, without what the server does not take back."""
        ...

    def decode(self, document: Document) -> SectionState[SettingsT]:
        """Return the meaning of a document. Never raises: strange values are left out."""
        ...

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """Return a new document; all that ``edit`` does not name is as it was."""
        ...


@dataclass(frozen=True)
class SectionDocument(Document, Generic[SettingsT]):
    """A document that its codec decodes, once and at first use."""

    codec: SectionCodec[SettingsT] = field(kw_only=True, repr=False, compare=False)

    @cached_property
    def decoded(self) -> SectionState[SettingsT]:
        """The meaning of the document."""
        return self.codec.decode(self)


def state_of(document: Document) -> SectionState[Any]:
    """Return the meaning of a document of a section."""
    assert isinstance(document, SectionDocument), type(document).__name__
    return document.decoded


LAST_TYPES = frozenset(("internal_low", "default_policy"))
"""Rule types that the server keeps behind the user rules. Source: protocol/ans.md §2.7."""


def placed(records: Sequence[Any], types: Sequence[str], users: Sequence[Any]) -> list[Any]:
    """Return all records with those of users replaced: the server's own stay where they are among them.

    Records of users fill the places that such records had; more of them go behind the last one, or, if there was none,
    before the first of the server's records that come last.
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
