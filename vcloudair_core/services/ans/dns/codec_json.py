"""The JSON codec of DNS forwarding for ``/network/edges``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vcloudair_core.services.ans.dns.model import SERVERS, VIEW_TYPE, VIEWS
from vcloudair_core.services.ans.dns.spec import DnsSpec, DnsZoneSpec
from vcloudair_core.services.ans.section.json_codec import JsonCodec
from vcloudair_core.services.ans.section.json_values import bool_of, int_of, mapping_of, text_of, texts_of


class JsonDnsCodec(JsonCodec[DnsSpec]):
    """A codec for DNS forwarding in JSON. Views and listeners are kept.

    Source: protocol/ans.md §5.
    """

    section = "dns"
    what = "the DNS configuration"
    records_path = VIEWS
    feature_type = "dns"

    def settings_of(self, tree: Mapping[str, Any]) -> DnsSpec:
        """Return the settings in a tree."""
        outer, inner = SERVERS
        log = mapping_of(tree.get("logging"))
        return DnsSpec(
            enabled=bool_of(tree.get("enabled"), False),
            servers=texts_of(mapping_of(tree.get(outer)).get(inner)),
            cache_size=int_of(tree.get("cacheSize")),
            logging=bool_of(log.get("enable")),
            log_level=text_of(log.get("logLevel")),
        )

    def rule_of(self, record: Mapping[str, Any]) -> DnsZoneSpec:
        """Decode the name of a view."""
        return DnsZoneSpec(text_of(record.get("name")))

    def rule_type_of(self, record: Mapping[str, Any]) -> str:
        """Return the rule type of DNS views. Plans never change rules of this type."""
        return VIEW_TYPE

    def set_settings(self, tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
        """Set ``settings`` in ``tree``, a copy that the caller has made."""
        outer, inner = SERVERS
        log = {
            key: settings[name] for name, key in (("logging", "enable"), ("log_level", "logLevel")) if name in settings
        }
        if "enabled" in settings:
            tree["enabled"] = settings["enabled"]
        if "servers" in settings:
            tree[outer] = {**mapping_of(tree.get(outer)), inner: list(settings["servers"])}
        if "cache_size" in settings:
            tree["cacheSize"] = settings["cache_size"]
        if log:
            tree["logging"] = {**mapping_of(tree.get("logging")), **log}

    def new_record(self, spec: DnsZoneSpec) -> dict[str, Any]:
        """Return the record of a view. Not used, because the limits refuse new zones."""
        return {"name": spec.name}

    def changed_record(self, record: Mapping[str, Any], spec: DnsZoneSpec, changed: tuple[str, ...]) -> dict[str, Any]:
        """Return a view unchanged, because plans never change views."""
        return dict(record)

    def _with_records(self, tree: Mapping[str, Any], records: list[Any]) -> dict[str, Any]:
        """Return a copy of the tree with the records as its DNS views.

        If there are no records, no key for views is added.
        """
        return super()._with_records(tree, records) if records else dict(tree)
