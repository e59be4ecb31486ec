"""The base class of JSON codecs of sections."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Generic

from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.rulelist import RuleStep
from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.edge.backend import JSON
from vcloudair_core.services.ans.section.document import (
    KeptRecords,
    SectionDocument,
    SectionEdit,
    SectionState,
    SettingsT,
    replace_user_records,
)
from vcloudair_core.services.ans.section.json_values import mapping_of
from vcloudair_core.util.xml import parse_json


class JsonCodec(ABC, Generic[SettingsT]):
    """The base class of JSON codecs. The records are below one key or two nested keys.

    Example: ``{"rules": {"natRulesDtos": [...]}}``. Unknown keys of a tree are kept.

    Attributes:
        section: Name of the section.
        what: Name of the section in messages: ``the NAT configuration``.
        records_path: The key of the records, or the outer and the inner key.
        feature_type: Value of ``featureType`` to write if the server sent no value. If it is an empty string, no value
            is written.
        signs: Keys that identify the section if a document has no ``featureType``. Default: the outer key.
        not_sent: Keys of records that the server does not accept.
        has_secrets: True if documents may contain pre-shared keys. In this case, messages do not quote documents.
        document_type: Type of the documents.
    """

    section: ClassVar[str]
    what: ClassVar[str]
    records_path: ClassVar[tuple[str, ...]]
    feature_type: ClassVar[str] = ""
    signs: ClassVar[tuple[str, ...]] = ()
    not_sent: ClassVar[frozenset[str]] = frozenset()
    has_secrets: ClassVar[bool] = False
    document_type: ClassVar[type[SectionDocument[Any]]] = SectionDocument
    media_type = JSON

    def __init__(self, backend: str) -> None:
        self.backend = backend

    # -- defined by subclasses -------------------------------------------------------------------------------------

    @abstractmethod
    def settings_of(self, tree: Mapping[str, Any]) -> SettingsT:
        """Return the settings in a tree. Never raises."""

    @abstractmethod
    def rule_of(self, record: Mapping[str, Any]) -> Any:
        """Return the rule that a record describes. Never raises."""

    def rule_type_of(self, record: Mapping[str, Any]) -> str:
        """Return the type of a record: ``user``, or a type of server-generated rules."""
        return "user"

    @abstractmethod
    def set_settings(self, tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
        """Set ``settings`` in ``tree``, a shallow copy that the caller has made.

        Implementations must not change nested objects in place, because the original tree shares them.
        """

    @abstractmethod
    def new_record(self, spec: Any) -> dict[str, Any]:
        """Return the record of a new rule, without the rule ID."""

    @abstractmethod
    def changed_record(self, record: Mapping[str, Any], spec: Any, changed: tuple[str, ...]) -> dict[str, Any]:
        """Return a copy of a record with the fields ``changed`` set from ``spec``."""

    # -- the codec -------------------------------------------------------------------------------------------------

    def parse(self, body: bytes) -> SectionDocument[SettingsT]:
        """Return the document of a response.

        Raises: DecodeError if the response is not JSON or contains another section.
        """
        return self.received(parse_json(body, what=self.what))

    def received(self, tree: Any) -> SectionDocument[SettingsT]:
        """Return the document of a parsed response.

        Raises: DecodeError if the response contains another section.
        """
        if isinstance(tree, dict):
            self._refuse_other_sections(tree)
        return self.document(tree)

    def document(self, tree: Any) -> SectionDocument[SettingsT]:
        """Return a document for a parsed tree.

        Raises: DecodeError if the tree contains another section.
        """
        if not isinstance(tree, dict) or not self._has_records(tree):
            raise DecodeError(
                f"Reading {self.what} failed. An object with {self.records_path[0]} was expected.",
                excerpt="" if self.has_secrets else json.dumps(tree, default=str)[:200],
            )
        version = tree.get("version")
        version = version if isinstance(version, int) and not isinstance(version, bool) else None
        return self.document_type(self.section, tree, version, self.backend, self.media_type, codec=self)

    def with_kept_rules(
        self, document: SectionDocument[SettingsT], earlier: SectionDocument[SettingsT]
    ) -> SectionDocument[SettingsT]:
        """Return a document that reuses the decoded rules of an earlier read.

        A rule is reused if its record equals the record with the same ID in ``earlier``. The codec must decode a rule
        from its record only.
        """
        before = self.records(earlier.tree)
        places = {record.get("id"): slot for slot, record in enumerate(before) if isinstance(record, dict)}
        slots: list[int | None] = []
        for record in self.records(document.tree):
            slot = places.get(record.get("id")) if isinstance(record, dict) else None
            slots.append(slot if slot is not None and before[slot] == record else None)
        return replace(document, kept=KeptRecords(document.tree, self, earlier, slots))

    def encode(self, document: Document) -> bytes:
        """Return the whole section, with the version if the document has one.

        Source: protocol/ans.md §8.
        """
        tree: dict[str, Any] = document.tree
        sent = {key: value for key, value in tree.items() if key != "version" or document.version is not None}
        if self.feature_type:
            sent.setdefault("featureType", self.feature_type)
        records = [self._sent(record) for record in self.records(tree)]
        return json.dumps(self._with_records(sent, records), ensure_ascii=False).encode()

    def decode(self, document: Document) -> SectionState[SettingsT]:
        """Return the decoded document."""
        tree: dict[str, Any] = document.tree
        return SectionState(self.settings_of(tree), tuple(self._rules(document)))

    def _rules(self, document: Document) -> Iterator[LiveRule]:
        records = self.records(document.tree)
        kept = document.kept_rules(len(records)) if isinstance(document, SectionDocument) else [None] * len(records)
        for slot, (record, rule) in enumerate(zip(records, kept, strict=True)):
            if rule is not None:
                yield LiveRule(slot, rule.spec, rule.rule_type)
            elif isinstance(record, dict):
                yield LiveRule(slot, self.rule_of(record), self.rule_type_of(record))

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """Return a new document with the edit applied. It shares unchanged objects."""
        assert isinstance(document, SectionDocument)
        tree: dict[str, Any] = dict(document.tree)
        self.set_settings(tree, edit.settings)
        kept = None
        if edit.steps is not None:
            records = self.records(tree)
            types = [self.rule_type_of(record) if isinstance(record, dict) else "" for record in records]
            tree = self._with_records(
                tree, replace_user_records(records, types, [self._step(records, step) for step in edit.steps])
            )
            kept = KeptRecords.of(document, tree, types, edit.steps)
        return replace(document, tree=tree, kept=kept)

    def records(self, tree: Mapping[str, Any]) -> list[Any]:
        """Return the raw records, or an empty list if they are missing or null."""
        *outer_keys, last_key = self.records_path
        for key in outer_keys:
            tree = mapping_of(tree.get(key))
        records: list[Any] | None = tree.get(last_key)
        return records if records is not None else []

    def _has_records(self, tree: Mapping[str, Any]) -> bool:
        """Return True if the records of a tree are a list, null or missing."""
        value: Any = tree
        for key in self.records_path:
            if not isinstance(value, dict):
                return False
            value = value.get(key)
            if value is None:
                return True
        return isinstance(value, list)

    def _with_records(self, tree: Mapping[str, Any], records: list[Any]) -> dict[str, Any]:
        *outer_keys, last_key = self.records_path
        if not outer_keys:
            return {**tree, last_key: records}
        [outer_key] = outer_keys
        return {**tree, outer_key: {**mapping_of(tree.get(outer_key)), last_key: records}}

    def _step(self, records: list[Any], step: RuleStep) -> Any:
        if step.slot is None:
            return self.new_record(step.spec)
        record = records[step.slot]
        return self.changed_record(record, step.spec, step.changed) if step.changed else record

    def _sent(self, record: Any) -> Any:
        if not isinstance(record, dict) or self.not_sent.isdisjoint(record):
            return record
        return {key: value for key, value in record.items() if key not in self.not_sent}

    def _refuse_other_sections(self, tree: Mapping[str, Any]) -> None:
        """Raise DecodeError for a document of another section.

        Such a document would look like an empty section, and a write of the whole section would delete all rules. The
        message does not quote the tree, because the tree may contain pre-shared keys. Source: protocol/ans.md §2.1,
        §3.1, §4.1 (``featureType``).
        """
        feature = str(tree.get("featureType") or "")
        name = self.feature_type.partition("_")[0]
        signs = self.signs or self.records_path[:1]
        if (name and feature.startswith(name)) or (not feature and any(sign in tree for sign in signs)):
            return
        shown = (
            f"featureType {feature[:40]!r}"
            if feature
            else f"an object with {json.dumps(sorted(map(str, tree))[:5])[:120]}"
        )
        raise DecodeError(f"Reading {self.what} failed. The key {signs[0]!r} was expected, not {shown}.")


def without_nulls(record: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a record with changes, without keys whose new value is None."""
    return {key: value for key, value in {**record, **changes}.items() if key not in changes or value is not None}
