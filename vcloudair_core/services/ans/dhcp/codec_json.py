"""The JSON codecs of DHCP for ``/hybridity`` and ``/network/edges``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vcloudair_core.services.ans.dhcp.records import new_values, spec_of, wire_values
from vcloudair_core.services.ans.dhcp.spec import DhcpBindingSpec, DhcpPoolSpec, DhcpSpec
from vcloudair_core.services.ans.section.json_codec import JsonCodec, without_nulls
from vcloudair_core.services.ans.section.json_values import bool_of, mapping_of, text_of


class JsonDhcpCodec(JsonCodec[DhcpSpec]):
    """A codec for the settings and the pools of DHCP in JSON.

    Source: protocol/ans.md §5, §8.
    """

    section = "dhcp"
    what = "the DHCP configuration"
    records_path = ("ipPools", "ipPools")
    feature_type = "dhcp_4.0"

    def settings_of(self, tree: Mapping[str, Any]) -> DhcpSpec:
        """Return the settings."""
        logging = mapping_of(tree.get("logging"))
        return DhcpSpec(bool_of(tree.get("enabled")), bool_of(logging.get("enable")), text_of(logging.get("logLevel")))

    def rule_of(self, record: Mapping[str, Any]) -> Any:
        """Decode the pool in a record."""
        return spec_of(DhcpPoolSpec, record)

    def set_settings(self, tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
        """Set ``settings`` in ``tree``, a copy that the caller has made."""
        if "enabled" in settings:
            tree["enabled"] = settings["enabled"]
        keys = {"logging": "enable", "log_level": "logLevel"}
        logging = {keys[name]: value for name, value in settings.items() if name in keys}
        if logging:
            tree["logging"] = {**mapping_of(tree.get("logging")), **logging}

    def new_record(self, spec: Any) -> dict[str, Any]:
        """Return the record of a new pool or static binding, without its ID."""
        return without_nulls({}, new_values(spec))

    def changed_record(self, record: Mapping[str, Any], spec: Any, changed: tuple[str, ...]) -> dict[str, Any]:
        """Return a copy of a record with the fields ``changed`` set from ``spec``."""
        return without_nulls(record, wire_values(spec, changed))


class JsonBindingCodec(JsonDhcpCodec):
    """A codec for the static bindings of DHCP in JSON."""

    records_path = ("staticBindings", "staticBindings")

    def rule_of(self, record: Mapping[str, Any]) -> Any:
        """Decode the static binding in a record."""
        return spec_of(DhcpBindingSpec, record)

    def rule_type_of(self, record: Mapping[str, Any]) -> str:
        """Return ``user``, or ``vm`` for the static binding of an interface of a VM."""
        return "user" if record.get("macAddress") else "vm"
