"""The base class of the XML codecs for sections under ``/network/edges``."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from lxml import etree

from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.rulelist import RuleStep
from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.edge.backend import NSXV, XML
from vcloudair_core.services.ans.section.document import (
    KeptRecords,
    SectionDocument,
    SectionEdit,
    SectionState,
    SettingsT,
    replace_user_records,
)
from vcloudair_core.services.ans.section.xml_elements import (
    child_of,
    children,
    ensure_child,
    fast_copies,
    fast_copy,
    int_of,
    remove,
    tag_like,
    text_of,
)
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from lxml.etree import _Element


class XmlCodec(ABC, Generic[SettingsT]):
    """The base class of XML codecs. The records are inside a list element.

    Example: the records ``<natRule>`` inside ``<natRules>``. The list element can be the root element. The codec never
    changes the tree of a document, but returns a changed copy. Unknown elements are kept.

    Attributes:
        section: Name of the section.
        what: Name of the section in messages: ``the NAT configuration``.
        root: Name of the root element.
        records_path: Name of the list element and name of a record, or only the latter if the root element is the list.
        not_sent: Elements of records that the server does not accept.
        has_secrets: True if documents may contain pre-shared keys. In this case, messages do not quote documents.
        document_type: Type of the documents.
        decodes_copies: True if ``rule_of`` expects copies of records from :func:`fast_copies`.
    """

    section: ClassVar[str]
    what: ClassVar[str]
    root: ClassVar[str]
    records_path: ClassVar[tuple[str, ...]]
    not_sent: ClassVar[frozenset[str]] = frozenset()
    has_secrets: ClassVar[bool] = False
    document_type: ClassVar[type[SectionDocument[Any]]] = SectionDocument
    decodes_copies: ClassVar[bool] = False
    backend = NSXV
    media_type = XML

    # -- defined by subclasses -------------------------------------------------------------------------------------

    @abstractmethod
    def settings_of(self, root: _Element) -> SettingsT:
        """Return the settings in a tree. Never raises."""

    @abstractmethod
    def rule_of(self, record: Any) -> Any:
        """Decode the rule in a record. Never raises."""

    def rule_type_of(self, record: Any) -> str:
        """Return the type of a record: ``user``, or a type of server-generated rules."""
        return "user"

    @abstractmethod
    def set_settings(self, root: _Element, settings: Mapping[str, Any]) -> None:
        """Set ``settings`` in ``root``, a copy that the caller has made."""

    @abstractmethod
    def set_fields(self, record: _Element, spec: Any, changed: tuple[str, ...]) -> None:
        """Set the ``changed`` fields of a record from ``spec``."""

    @abstractmethod
    def fill(self, record: _Element, spec: Any) -> None:
        """Fill the empty record of a new rule, without the rule ID."""

    # -- the codec -------------------------------------------------------------------------------------------------

    def parse(self, body: bytes) -> SectionDocument[SettingsT]:
        """Return the document of a response.

        Raises: DecodeError if the response is not XML or contains another section.
        """
        root = xml.parse(body, what=self.what)
        if xml.local(root) != self.root:
            raise DecodeError(
                f"Reading {self.what} failed. <{self.root}> was expected, not <{xml.local(root)}>.",
                excerpt="" if self.has_secrets else body[:200].decode("utf-8", errors="replace"),
            )
        version = int_of(text_of(root, "version"))
        return self.document_type(self.section, root, version, self.backend, self.media_type, codec=self)

    def encode(self, document: Document) -> bytes:
        """Return the whole section with its version. Source: protocol/ans.md §8."""
        root: _Element = document.tree
        unsent = [f"{{*}}{name}" for name in self.not_sent]
        if unsent and next(root.iter(*unsent), None) is not None:
            root = copy.deepcopy(root)
            for record in self.records(root):
                for child in [child for name in self.not_sent for child in children(record, name)]:
                    remove(child)
        return xml.to_bytes(root)

    def decode(self, document: Document) -> SectionState[SettingsT]:
        """Return the decoded document."""
        return SectionState(self.settings_of(document.tree), tuple(self._rules(document)))

    def _rules(self, document: Document) -> Iterator[LiveRule]:
        records: Sequence[Any] = self.records(document.tree)
        kept = document.kept_rules(len(records)) if isinstance(document, SectionDocument) else [None] * len(records)
        rules = None if any(kept) else self.rules_of(records)
        if rules is not None:
            yield from rules
            return
        if not self.decodes_copies:
            readable = iter(records)
        elif any(kept):
            readable = (record if rule else fast_copy(record) for record, rule in zip(records, kept, strict=True))
        else:
            readable = iter(fast_copies(self.record_list(document.tree), self.records_path[-1]))
        for slot, (record, rule) in enumerate(zip(readable, kept, strict=True)):
            if rule is not None:
                yield LiveRule(slot, rule.spec, rule.rule_type)
            else:
                yield LiveRule(slot, self.rule_of(record), self.rule_type_of(record))

    def rules_of(self, records: Sequence[Any]) -> Sequence[LiveRule] | None:
        """Return the rules of all records, or None if each record must be decoded.

        Override this method if a codec has a faster way.
        """
        return None

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """Return a document with the edit applied to a copy of the tree."""
        assert isinstance(document, SectionDocument)
        root: _Element = copy.deepcopy(document.tree)
        self.set_settings(root, edit.settings)
        kept = None
        if edit.steps is not None:
            holder = self.record_list(root, is_needed=True)
            assert holder is not None
            records = self.records(root)
            new = iter(self.new_records([step.spec for step in edit.steps if step.slot is None], holder))
            users = [next(new) if step.slot is None else self._step(records, step) for step in edit.steps]
            others = [child for child in holder if xml.local(child) != self.records_path[-1]]
            types = [self.rule_type_of(record) for record in records]
            holder[:] = [*others, *replace_user_records(records, types, users)]
            kept = KeptRecords.of(document, root, types, edit.steps)
        return replace(document, tree=root, kept=kept)

    def records(self, root: _Element) -> list[_Element]:
        """Return the elements of the records."""
        return children(self.record_list(root), self.records_path[-1])

    def record_list(self, root: _Element, *, is_needed: bool = False) -> _Element | None:
        """Return the list element, or None if it is missing.

        If it is needed, a missing element is created.
        """
        if len(self.records_path) == 1:
            return root
        name = self.records_path[0]
        return ensure_child(root, name) if is_needed else child_of(root, name)

    def new_records(self, specs: Sequence[Any], holder: _Element) -> Sequence[_Element]:
        """Return the records of new rules for the list element ``holder``."""
        records = []
        for spec in specs:
            record = etree.Element(tag_like(holder, self.records_path[-1]))
            self.fill(record, spec)
            records.append(record)
        return records

    def _step(self, records: Sequence[_Element], step: RuleStep) -> _Element:
        assert step.slot is not None
        record = records[step.slot]
        if step.changed:
            self.set_fields(record, step.spec, step.changed)
        return record


def leaf_texts(element: _Element) -> dict[str, Any]:
    """Return the texts of the children that have no children, by element name."""
    return {xml.local(child): child.text or "" for child in element if len(child) == 0}
