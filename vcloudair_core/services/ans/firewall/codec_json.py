"""The JSON codec of the firewall for ``/hybridity`` and ``/network/edges``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vcloudair_core.engine.fields import spec_with
from vcloudair_core.services.ans.edge.backend import VCLOUDAIR
from vcloudair_core.services.ans.firewall.model import (
    READ_ONLY,
    is_any_service,
    members_of,
    service_of,
    services_of,
    split_members,
    wire_service,
)
from vcloudair_core.services.ans.firewall.spec import GLOBAL_SETTINGS, FirewallPolicySpec, FirewallRuleSpec, ServiceSpec
from vcloudair_core.services.ans.section.json_codec import JsonCodec
from vcloudair_core.services.ans.section.json_values import (
    bool_of,
    digits_of,
    int_of,
    items_of,
    mapping_of,
    text_of,
    texts_of,
)

_SIMPLE = {
    "name": "name",
    "action": "action",
    "enabled": "enabled",
    "logging": "loggingEnabled",
    "description": "description",
    "match_translated": "matchTranslated",
    "direction": "direction",
    "tag": "ruleTag",
}
"""JSON key of each simple field. Source: protocol/ans.md §2.4."""

_LISTS = ("ipAddress", "groupingObjectId", "vnicGroupId")


class JsonFirewallCodec(JsonCodec[FirewallPolicySpec]):
    """A codec for the firewall in JSON.

    The attribute ``backend`` determines the prefix of interfaces: ``vnic-index-`` or ``vnic-``.

    Source: protocol/ans.md §2.1-2.6, §9.
    """

    section = "firewall"
    what = "the firewall configuration"
    records_path = ("firewallRules", "firewallRules")
    feature_type = "firewall_4.0"
    not_sent = READ_ONLY

    def __init__(self, backend: str) -> None:
        super().__init__(backend)
        self.vnic_prefix = "vnic-index-" if backend == VCLOUDAIR else "vnic-"

    def settings_of(self, tree: Mapping[str, Any]) -> FirewallPolicySpec:
        """Return the policy without its rules. Source: protocol/ans.md §2.2-2.3."""
        policy = mapping_of(tree.get("defaultPolicy"))
        return FirewallPolicySpec(
            enabled=bool_of(tree.get("enabled")),
            default_action=_folded(text_of(policy.get("action"))),
            default_logging=bool_of(policy.get("loggingEnabled")),
            global_settings=tuple(_known_settings(mapping_of(tree.get("globalConfig"))).items()),
        )

    def rule_of(self, record: Mapping[str, Any]) -> FirewallRuleSpec:
        """Decode the rule in a record. Source: protocol/ans.md §2.4."""
        return _rule(record)

    def rule_type_of(self, record: Mapping[str, Any]) -> str:
        """Return the type of a record, such as ``user``. Source: protocol/ans.md §2.7."""
        return str(record.get("ruleType") or "")

    def set_settings(self, tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
        """Set ``settings`` in ``tree``, a copy that the caller has made."""
        if "enabled" in settings:
            tree["enabled"] = settings["enabled"]
        policy = {
            wire: settings[name]
            for name, wire in (("default_action", "action"), ("default_logging", "loggingEnabled"))
            if name in settings
        }
        if policy:
            tree["defaultPolicy"] = {**mapping_of(tree.get("defaultPolicy")), **policy}
        if "global_settings" in settings:
            changed = {GLOBAL_SETTINGS[name][0]: value for name, value in settings["global_settings"].items()}
            tree["globalConfig"] = {**mapping_of(tree.get("globalConfig")), **changed}

    def new_record(self, spec: FirewallRuleSpec) -> dict[str, Any]:
        """Return the record of a new rule, without the rule ID.

        Source: protocol/ans.md §2.4.
        """
        fields = [name for name in _SIMPLE if getattr(spec, name) is not None]
        rest = ("source", "source_exclude", "destination", "destination_exclude", "services", "applications")
        set_fields = [name for name in rest if getattr(spec, name) is not None]
        return self._changed({"name": "", "ruleType": "user"}, spec, (*fields, *set_fields))

    def changed_record(
        self, record: Mapping[str, Any], spec: FirewallRuleSpec, changed: tuple[str, ...]
    ) -> dict[str, Any]:
        """Return a copy of a record with the fields ``changed`` set from ``spec``."""
        return self._changed(dict(record), spec, changed)

    def _changed(self, raw: dict[str, Any], spec: FirewallRuleSpec, changed: tuple[str, ...]) -> dict[str, Any]:
        for name in changed:
            if name in _SIMPLE:
                value = getattr(spec, name)
                raw[_SIMPLE[name]] = int(value) if name == "tag" else value
        for side in ("source", "destination"):
            if side in changed or f"{side}_exclude" in changed:
                _set_or_drop(raw, side, self._endpoint(mapping_of(raw.get(side)), spec, side, changed))
        if "services" in changed or "applications" in changed:
            _set_or_drop(raw, "application", _application(mapping_of(raw.get("application")), spec, changed))
        return raw

    def _endpoint(
        self, raw: Mapping[str, Any], spec: FirewallRuleSpec, side: str, changed: tuple[str, ...]
    ) -> dict[str, Any]:
        """Return the source or destination of a changed rule. An empty dict means any.

        Keys that this version does not know are kept. Source: protocol/ans.md §2.5.
        """
        result = dict(raw)
        members = getattr(spec, side)
        if side in changed and members is not None:
            result |= split_members(members, self.vnic_prefix)
        if f"{side}_exclude" in changed:
            result["exclude"] = getattr(spec, f"{side}_exclude")
        known = {*_LISTS, "exclude"}
        is_any = not any(result.get(name) for name in known)
        return {} if is_any and not set(result) - known else {"exclude": False, **result}


def _application(raw: Mapping[str, Any], spec: FirewallRuleSpec, changed: tuple[str, ...]) -> dict[str, Any]:
    """Return the application of a changed rule. An empty dict matches any service.

    Source: protocol/ans.md §2.6.
    """
    result = dict(raw)
    if "applications" in changed and spec.applications is not None:
        result["applicationId"] = list(spec.applications)
    if spec.services is not None:
        # Write the services even if only the applications change. Without services, the rule matches any service until
        # it has an application.
        result["service"] = [wire_service(service) for service in spec.services]
        if is_any_service(spec.services) and not result.get("applicationId"):
            result["service"] = []
    known = {"applicationId", "service"}
    is_any = not any(result.get(name) for name in known)
    return {} if is_any and not set(result) - known else result


def _set_or_drop(raw: dict[str, Any], key: str, value: dict[str, Any]) -> None:
    if value:
        raw[key] = value
    else:
        raw.pop(key, None)


def _folded(name: str | None) -> str | None:
    return None if name is None else name.casefold()


# -- reading -----------------------------------------------------------------------------------------------------


def _rule(raw: Mapping[str, Any]) -> FirewallRuleSpec:
    source, destination = mapping_of(raw.get("source")), mapping_of(raw.get("destination"))
    application = mapping_of(raw.get("application"))
    applications = texts_of(application.get("applicationId"))
    services = [_service(item) for item in items_of(application.get("service")) if isinstance(item, dict)]
    enabled, logging = raw.get("enabled"), raw.get("loggingEnabled")
    rule_id = digits_of(raw.get("ruleId"))
    tag = digits_of(raw.get("ruleTag"))
    direction = text_of(raw.get("direction"))
    values = {
        "name": text_of(raw.get("name")) or "",
        "action": (text_of(raw.get("action")) or "deny").casefold(),
        "enabled": enabled if type(enabled) is bool else bool_of(enabled, True),
        "logging": logging if type(logging) is bool else bool_of(logging, False),
        "description": text_of(raw.get("description")) or "",
        "source": _members(source),
        "destination": _members(destination),
        "source_exclude": bool_of(source.get("exclude"), False),
        "destination_exclude": bool_of(destination.get("exclude"), False),
        "services": services_of(services, applications),
        "applications": applications,
        "match_translated": bool_of(raw.get("matchTranslated"), False),
        "direction": direction.casefold() if direction else None,
        "tag": rule_id if tag is None else tag,
        "rule_id": rule_id,
    }
    return spec_with(FirewallRuleSpec, values)


def _members(raw: Mapping[str, Any]) -> tuple[str, ...]:
    return members_of(
        texts_of(raw.get("ipAddress")), texts_of(raw.get("vnicGroupId")), texts_of(raw.get("groupingObjectId"))
    )


def _service(raw: Mapping[str, Any]) -> ServiceSpec:
    return service_of(
        text_of(raw.get("protocol")) or "any",
        texts_of(raw.get("port")),
        texts_of(raw.get("sourcePort")),
        text_of(raw.get("icmpType")),
    )


def _known_settings(raw: Mapping[str, Any]) -> dict[str, bool | int]:
    settings: dict[str, bool | int] = {}
    for name, (wire, kind, _) in GLOBAL_SETTINGS.items():
        value = bool_of(raw.get(wire)) if kind is bool else int_of(raw.get(wire))
        if value is not None:
            settings[name] = value
    return settings
