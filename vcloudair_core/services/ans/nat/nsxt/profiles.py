"""The protocol and port of NSX-T NAT rules: external ports and port profiles.

Source: protocol/nsxt.md §4, §6, §13.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.canonical import ANY
from vcloudair_core.services.ans.nat.spec import DNAT, NO_DNAT, NO_SNAT, SNAT, NatRuleSpec
from vcloudair_core.services.ans.nsxt.port_profiles import SYSTEM, meaning, services_of
from vcloudair_core.services.ans.nsxt.references import CONTENT, NAMED_PROFILE, SERVICE, is_managed, pending
from vcloudair_core.services.ans.section.json_values import items_of, mapping_of, text_of, texts_of

if TYPE_CHECKING:
    from vcloudair_core.services.ans.nsxt.helper_objects import HelperObjects

PROFILE_KEY = "applicationPortProfile"
PROFILE_URN = "urn:vcloud:applicationPortProfile:"
_PORT_OF_PROFILE = {
    DNAT: "translated_port",
    NO_DNAT: "original_port",
    SNAT: "snat_match_destination_port",
    NO_SNAT: "snat_match_destination_port",
}
"""The field of a rule whose value is stored as the port of its profile, by action.

Source: protocol/nsxt.md §6.
"""


def is_named(profile: Mapping[str, Any]) -> bool:
    """Return True if decoded rules contain the name of a profile.

    System profiles and managed profiles never change, so decoded rules contain their protocol and port instead.
    """
    return profile.get("scope") != SYSTEM and not is_managed(profile)


def shown_profile(objects: HelperObjects, profile: Mapping[str, Any]) -> str:
    """Return the name of a profile, or its URN if the name is ambiguous."""
    name, urn = str(profile.get("name") or ""), str(profile.get("id"))
    return name if name and objects.profile_ids(name) == [urn] else urn


def single_service(services: Any) -> Mapping[str, Any] | None:
    """Return the service of a profile with one service and at most one port.

    Return None for other profiles, because the options of a rule cannot express them.
    """
    items = items_of(services)
    return items[0] if len(items) == 1 and len(items_of(items[0].get("port"))) <= 1 else None


def with_named_profiles(objects: HelperObjects, records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add the name and content of named profiles to rules.

    Makes no API call, because all profiles are cached already.
    """
    return [_with_named_profile(objects, record) for record in records]


def _with_named_profile(objects: HelperObjects, record: dict[str, Any]) -> dict[str, Any]:
    reference = mapping_of(record.get(PROFILE_KEY))
    profile = objects.profile(str(reference.get("id"))) if reference else None
    if profile is None:
        return record
    services = services_of(profile)
    service = single_service(services)
    if not is_named(profile) and service is not None:
        return record
    content = {NAMED_PROFILE: shown_profile(objects, profile), **({SERVICE: services} if service else {})}
    return {**record, PROFILE_KEY: {**reference, CONTENT: content}}


# -- reading -------------------------------------------------------------------------------------------------------


def service_values(content: Mapping[str, Any], action: str) -> dict[str, Any]:
    """Return the fields of a rule that express the content of a profile.

    Shape: ``{field: value}``.
    """
    if content["protocol"] == "icmp":
        return {"protocol": "icmp", "icmp_type": str(content.get("icmp_type") or ANY)}
    values: dict[str, Any] = {"protocol": str(content["protocol"])}
    field = _PORT_OF_PROFILE.get(action)
    if field is not None:
        values[field] = next(iter(texts_of(content.get("port"))), ANY)
    return values


def traffic_values(record: Mapping[str, Any], action: str) -> dict[str, Any]:
    """Return the protocol, ports, ICMP type and application of a rule.

    Shape: ``{field: value}``.
    """
    reference = mapping_of(record.get(PROFILE_KEY))
    content = mapping_of(reference.get(CONTENT))
    service = single_service(content.get(SERVICE))
    values: dict[str, Any] = {"protocol": ANY} if service is None else service_values(service, action)
    if NAMED_PROFILE in content:
        values["application"] = content[NAMED_PROFILE]
    elif reference and service is None:
        values["application"] = str(reference.get("name") or reference.get("id"))
    external = (text_of(record.get("dnatExternalPort")) or "").strip()
    if action == DNAT and external and external.casefold() != ANY:
        values["original_port"] = external
    return values


# -- writing -------------------------------------------------------------------------------------------------------


def traffic_record(record: Mapping[str, Any], spec: NatRuleSpec, *, names_application: bool) -> dict[str, Any]:
    """Return the keys to write for the external port and the profile of a rule.

    ``spec`` is the whole rule. If ``names_application`` is True, the rule gets the profile that the spec names.
    Otherwise, a current profile with the right content is kept.
    """
    external = spec.original_port if spec.action == DNAT and spec.original_port != ANY else None
    values: dict[str, Any] = {PROFILE_KEY: _profile(record, spec, names_application=names_application)}
    if external or "dnatExternalPort" in record:
        values["dnatExternalPort"] = external
    if record.get("internalPort") is not None:
        values["internalPort"] = None  # deprecated, and would contradict the profile
    return values


def _profile(record: Mapping[str, Any], spec: NatRuleSpec, *, names_application: bool) -> dict[str, Any] | None:
    service = _service(spec)
    if names_application and spec.application:
        key = "id" if spec.application.startswith(PROFILE_URN) else "name"
        content = {NAMED_PROFILE: spec.application, **({SERVICE: [service]} if service else {})}
        return {key: spec.application, CONTENT: content}
    if service is None:
        return None
    reference = record.get(PROFILE_KEY)
    current = single_service(mapping_of(mapping_of(reference).get(CONTENT)).get(SERVICE))
    if isinstance(reference, dict) and current is not None and meaning(current) == meaning(service):
        return reference
    return pending(SERVICE, [service])


def _service(spec: NatRuleSpec) -> dict[str, Any] | None:
    """Return the content of a rule's profile, or None for all traffic.

    A DNAT rule without a translated port keeps the original port.
    """
    if spec.protocol in (None, ANY):
        return None
    if spec.protocol == "icmp":
        return {"protocol": "icmp", "icmp_type": spec.icmp_type or ANY}
    port = getattr(spec, _PORT_OF_PROFILE[spec.action or ""]) or ANY
    if spec.action == DNAT and port == ANY:
        port = spec.original_port or ANY
    return {"protocol": spec.protocol, "port": [port]}
