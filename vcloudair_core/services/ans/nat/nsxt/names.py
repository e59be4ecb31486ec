"""Resolve the names of port profiles and networks in NSX-T NAT rules.

Source: protocol/nsxt.md §4, §6, §13.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.canonical import ANY, fold
from vcloudair_core.engine.validation import Problems, near
from vcloudair_core.services.ans.nat.nsxt.profiles import (
    is_named,
    service_values,
    shown_profile,
    single_service,
)
from vcloudair_core.services.ans.nat.spec import NatRuleSpec, port_meaning
from vcloudair_core.services.ans.nsxt.networks import shown_network
from vcloudair_core.services.ans.nsxt.port_profiles import SYSTEM, has_content, services_of
from vcloudair_core.services.ans.section.rule_values import split_application

if TYPE_CHECKING:
    from vcloudair_core.services.ans.nsxt.helper_objects import HelperObjects


def resolve_names(objects: HelperObjects, specs: Sequence[NatRuleSpec], paths: Sequence[str]) -> Sequence[NatRuleSpec]:
    """Resolve profiles and networks, so that specs can be compared with decoded rules.

    A spec gets the protocol and port of its profile, and the name of its network. The list of profiles is read if a
    rule has a profile or an ICMP type. The list of networks is read if a rule has a network.

    Raises: SpecError with all names that do not exist or are ambiguous.
    """
    problems = Problems()
    resolved = [_resolved(objects, spec, path, problems) for spec, path in zip(specs, paths, strict=True)]
    problems.raise_if_any()
    is_same = all(new is old for new, old in zip(resolved, specs, strict=True))
    return specs if is_same else tuple(resolved)


def _resolved(objects: HelperObjects, spec: NatRuleSpec, path: str, problems: Problems) -> NatRuleSpec:
    changes: dict[str, Any] = {}
    if spec.application:
        changes |= _application(objects, spec, path, problems)
    if spec.applied_to:
        changes["applied_to"] = shown_network(objects, spec.applied_to, _at(path, "applied_to"), problems)
    if spec.protocol == "icmp" and spec.icmp_type not in (None, ANY):
        _check_icmp_type(objects, spec, path, problems)
    resolved = replace(spec, **changes)
    return spec if resolved == spec else resolved


def _at(path: str, name: str) -> str:
    return f"{path}.{name}".lstrip(".")


def _application(objects: HelperObjects, spec: NatRuleSpec, path: str, problems: Problems) -> dict[str, Any]:
    """Return the fields that the profile of a spec sets.

    A system profile is replaced by its protocol and port.
    """
    name = split_application(str(spec.application))[1]
    profile = objects.find_profile(name)
    if profile is None:
        hint = near(name, sorted({str(candidate.get("name")) for candidate in objects.profiles()}))
        reason = f"there is no application port profile {name!r}{'; ' + hint if hint else ''}"
        problems.add(_at(path, "application"), reason)
        return {}
    service = single_service(services_of(profile))
    values = {"protocol": ANY} if service is None else service_values(service, spec.action or "")
    for field, value in values.items():
        current = getattr(spec, field)
        if current is not None and not _is_same(field, current, value):
            problems.add(_at(path, field), f"is {current}, but the application {name!r} has {value}")
    is_shown = service is None or is_named(profile)
    return {**values, "application": shown_profile(objects, profile) if is_shown else None}


def _is_same(field: str, text: str, value: str) -> bool:
    return port_meaning(text) == port_meaning(value) if field.endswith("_port") else fold(text) == fold(value)


def _check_icmp_type(objects: HelperObjects, spec: NatRuleSpec, path: str, problems: Problems) -> None:
    """Add a problem if no system profile has the ICMP type of a rule.

    Only system profiles can have an ICMP type.
    """
    content = {"protocol": "icmp", "icmp_type": spec.icmp_type}
    if not any(profile.get("scope") == SYSTEM and has_content(profile, content) for profile in objects.profiles()):
        reason = (
            f"{spec.icmp_type!r} has no application port profile on this cloud; omit icmp_type to match all ICMP "
            "traffic"
        )
        problems.add(_at(path, "icmp_type"), reason)
