"""The JSON codecs of the load balancer for ``/hybridity`` and ``/network/edges``.

Source: protocol/ans.md §5, §8.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from vcloudair_core.engine.kind import Document
from vcloudair_core.services.ans.load_balancer.document import LoadBalancerDocument, with_ids, with_names
from vcloudair_core.services.ans.load_balancer.profile_spec import (
    LbApplicationProfileSpec,
    LbApplicationRuleSpec,
    MonitorSpec,
)
from vcloudair_core.services.ans.load_balancer.records import CERTIFICATE_KEYS, LISTS, new_values, spec_of, wire_values
from vcloudair_core.services.ans.load_balancer.references import ID_KEYS, MONITOR, POOL, PROFILE, RULE, SERVER, Records
from vcloudair_core.services.ans.load_balancer.spec import LoadBalancerSpec, PoolSpec, VirtualServerSpec
from vcloudair_core.services.ans.section.document import SectionEdit, SectionState
from vcloudair_core.services.ans.section.json_codec import JsonCodec
from vcloudair_core.services.ans.section.json_values import items_of, mapping_of, texts_of


class JsonRecords:
    """Access to the objects of a load balancer in JSON."""

    def objects(self, tree: Any, key: str) -> list[Any]:
        """Return the objects of a list."""
        return [item for item in items_of(tree.get(key)) if isinstance(item, dict)]

    def texts(self, record: Any, key: str) -> list[str]:
        """Return the values of a field as strings."""
        return [text for text in texts_of(record.get(key)) if text]

    def set_text(self, record: Any, key: str, text: str) -> None:
        """Set a field of an object in place."""
        is_reference = key in LISTS and isinstance(record.get(key), list)
        record[key] = [text] if is_reference else text

    def set_texts(self, record: Any, key: str, texts: list[str]) -> None:
        """Set all values of a field of an object in place."""
        record[key] = texts if key in LISTS else texts[0]

    def has_certificates(self, tree: Any) -> bool:
        """Return True if an application profile refers to certificates."""
        sides = (mapping_of(profile.get("clientSsl")) for profile in self.objects(tree, PROFILE))
        return any(self.texts(side, key) for side in sides for key in CERTIFICATE_KEYS)


class JsonServerCodec(JsonCodec[LoadBalancerSpec]):
    """A codec for the settings and the virtual servers of the load balancer in JSON."""

    section = "load_balancer"
    what = "the load balancer"
    records_path = (SERVER,)
    signs = (SERVER, POOL, MONITOR)
    feature_type = "loadbalancer_4.0"
    document_type = LoadBalancerDocument
    rule_type: ClassVar[type] = VirtualServerSpec
    access: ClassVar[Records] = JsonRecords()

    def settings_of(self, tree: Mapping[str, Any]) -> LoadBalancerSpec:
        """Return the settings."""
        settings: LoadBalancerSpec = spec_of(LoadBalancerSpec, tree)
        return settings

    def decode(self, document: Document) -> SectionState[LoadBalancerSpec]:
        """Return the decoded document, with names in place of IDs."""
        return with_names(self.access, document, self.records_path[0], super().decode(document))

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """Return a document with the edit applied, and with IDs in place of names."""
        return super().merge(document, with_ids(self.access, document, self.records_path[0], edit))

    def _has_records(self, tree: Mapping[str, Any]) -> bool:
        """Return True if each key for a list of objects has a list or null, or is missing."""
        return all(isinstance(tree.get(key), (list, type(None))) for key in ID_KEYS)

    def rule_of(self, record: Mapping[str, Any]) -> Any:
        """Return the spec of a record. References are IDs."""
        return spec_of(self.rule_type, record)

    def set_settings(self, tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
        """Set ``settings`` in ``tree``, a copy that the caller has made."""
        if settings:
            tree.update(_applied(tree, wire_values(LoadBalancerSpec(**settings), tuple(settings))))

    def new_record(self, spec: Any) -> dict[str, Any]:
        """Return the record of a new object, without its ID."""
        return _applied({}, new_values(spec))

    def changed_record(self, record: Mapping[str, Any], spec: Any, changed: tuple[str, ...]) -> dict[str, Any]:
        """Return a copy of a record with the fields ``changed`` set from ``spec``."""
        return _applied(record, wire_values(spec, changed))


class JsonPoolCodec(JsonServerCodec):
    """A codec for the pools of the load balancer in JSON."""

    records_path = (POOL,)
    rule_type = PoolSpec


class JsonMonitorCodec(JsonServerCodec):
    """A codec for the service monitors of the load balancer in JSON."""

    records_path = (MONITOR,)
    rule_type = MonitorSpec


class JsonProfileCodec(JsonServerCodec):
    """A codec for the application profiles of the load balancer in JSON."""

    records_path = (PROFILE,)
    rule_type = LbApplicationProfileSpec


class JsonRuleCodec(JsonServerCodec):
    """A codec for the application rules of the load balancer in JSON."""

    records_path = (RULE,)
    rule_type = LbApplicationRuleSpec


def _applied(record: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a record with ``values`` applied. None removes a key."""
    result = dict(record)
    for key, value in values.items():
        if isinstance(value, Mapping):
            nested = _applied(mapping_of(record.get(key)), value)
            value = nested if any(item not in (None, []) for item in nested.values()) else None
        elif key == "member":
            members = {str(item.get("name")): item for item in items_of(record.get(key)) if isinstance(item, dict)}
            value = [_applied(members.get(str(member["name"]), {}), member) for member in value]
        if value is None:
            result.pop(key, None)
        else:
            result[key] = value
    return result
