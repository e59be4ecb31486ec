"""The base of the codecs of sections in XML, as ``/network/edges`` speaks it."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from lxml import etree

from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.rulelist import RuleStep
from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.edge.backend import NSXV, XML
from vcloudair_core.services.ans.section.document import (
    SectionDocument,
    SectionEdit,
    SectionState,
    SettingsT,
    placed,
)
from vcloudair_core.services.ans.section.xml_elements import (
    child_of,
    children,
    int_of,
    made_child,
    remove,
    tag_like,
    text_of,
)
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from lxml.etree import _Element


class XmlCodec(ABC, Generic[SettingsT]):
    """A section in XML. Its records are below two elements: ``<natRules><natRule>``.

    The tree of a document is an element; it is copied, never changed in place. All that a subclass does not know in it
    stays as it is.

    Attributes:
        section: Name of the section.
        what: The section in messages: ``the NAT configuration``.
        root: Name of the root element.
        records_path: Name of the element around the records, and of a record.
        not_sent: Elements of records that the server does not take back.
        has_secrets: Documents may hold keys, so that no message quotes them.
        document_type: Type of the documents.
    """

    section: ClassVar[str]
    what: ClassVar[str]
    root: ClassVar[str]
    records_path: ClassVar[tuple[str, str]]
    not_sent: ClassVar[frozenset[str]] = frozenset()
    has_secrets: ClassVar[bool] = False
    document_type: ClassVar[type[SectionDocument[Any]]] = SectionDocument
    backend = NSXV
    media_type = XML

    # -- what a section knows --------------------------------------------------------------------------------------

    @abstractmethod
    def settings_of(self, root: _Element) -> SettingsT:
        """Return the settings in a tree. Never raises."""

    @abstractmethod
    def rule_of(self, record: _Element) -> Any:
        """Return the rule that a record says. Never raises."""

    def rule_type_of(self, record: _Element) -> str:
        """Return who owns a record: ``user``, or a type of the server's own."""
        return "user"

    @abstractmethod
    def set_settings(self, root: _Element, settings: Mapping[str, Any]) -> None:
        """Set settings in a copy of the tree."""

    @abstractmethod
    def set_fields(self, record: _Element, spec: Any, changed: tuple[str, ...]) -> None:
        """Set the values that ``spec`` has for the fields ``changed`` in a record."""

    @abstractmethod
    def fill(self, record: _Element, spec: Any) -> None:
        """Fill the empty record of a rule that the server does not know yet, without id."""

    # -- the codec -------------------------------------------------------------------------------------------------

    def parse(self, body: bytes) -> SectionDocument[SettingsT]:
        """Return the document of a response. Raises: DecodeError when it is not XML, or not this section."""
        root = xml.parse(body, what=self.what)
        if xml.local(root) != self.root:
            raise DecodeError(
                f"{self.what[:1].upper()}{self.what[1:]} is not what was expected: <{self.root}>, not "
                f"<{xml.local(root)}>.",
                excerpt="" if self.has_secrets else body[:200].decode("utf-8", errors="replace"),
            )
        version = int_of(text_of(root, "version"))
        return self.document_type(self.section, root, version, self.backend, self.media_type, codec=self)

    def encode(self, document: Document) -> bytes:
        """Return the whole section, version and all. Source: protocol/ans.md §8."""
        root: _Element = document.tree
        if any(child_of(record, name) is not None for record in self.records(root) for name in self.not_sent):
            root = copy.deepcopy(root)
            for record in self.records(root):
                for child in [child for name in self.not_sent for child in children(record, name)]:
                    remove(child)
        return xml.to_bytes(root)

    def decode(self, document: Document) -> SectionState[SettingsT]:
        """Return the meaning of a document."""
        root: _Element = document.tree
        return SectionState(
            self.settings_of(root),
            tuple(
                LiveRule(slot, self.rule_of(record), self.rule_type_of(record))
                for slot, record in enumerate(self.records(root))
            ),
        )

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """Return a document with a copy of the tree that has the edit carried out."""
        root: _Element = copy.deepcopy(document.tree)
        self.set_settings(root, edit.settings)
        if edit.steps is not None:
            holder = made_child(root, self.records_path[0])
            records = self.records(root)
            users = [self._step(records, step, holder) for step in edit.steps]
            others = [child for child in holder if xml.local(child) != self.records_path[1]]
            holder[:] = [*others, *placed(records, [self.rule_type_of(record) for record in records], users)]
        return replace(document, tree=root)

    def records(self, root: _Element) -> list[_Element]:
        """Return the elements of the records."""
        return children(child_of(root, self.records_path[0]), self.records_path[1])

    def _step(self, records: Sequence[_Element], step: RuleStep, holder: _Element) -> _Element:
        if step.slot is None:
            record = etree.Element(tag_like(holder, self.records_path[1]))
            self.fill(record, step.spec)
            return record
        record = records[step.slot]
        if step.changed:
            self.set_fields(record, step.spec, step.changed)
        return record


def leaf_texts(element: _Element) -> dict[str, Any]:
    """Return the texts of the children that have no children, by name."""
    return {xml.local(child): child.text or "" for child in element if len(child) == 0}
