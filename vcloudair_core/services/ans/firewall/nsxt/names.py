"""Resolve the names of port profiles in NSX-T firewall rules.

Source: protocol/nsxt.md §3, §4, §13.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.canonical import ANY
from vcloudair_core.engine.validation import Problems, near
from vcloudair_core.services.ans.firewall.spec import FirewallRuleSpec, ServiceSpec
from vcloudair_core.services.ans.nsxt.networks import shown_network
from vcloudair_core.services.ans.nsxt.port_profiles import SYSTEM, has_content, services_of
from vcloudair_core.services.ans.nsxt.references import is_managed
from vcloudair_core.services.ans.section.rule_values import split_application

if TYPE_CHECKING:
    from vcloudair_core.services.ans.nsxt.helper_objects import HelperObjects


def resolve_names(
    objects: HelperObjects, specs: Sequence[FirewallRuleSpec], paths: Sequence[str], problems: Problems
) -> Sequence[FirewallRuleSpec]:
    """Resolve the port profiles in specs, for the comparison with decoded rules.

    System profiles become services. The list of profiles is read if a rule names profiles or ICMP types. Names that do
    not exist are added to ``problems``.
    """
    resolved = [_resolved(objects, spec, path, problems) for spec, path in zip(specs, paths, strict=True)]
    is_same = all(new is old for new, old in zip(resolved, specs, strict=True))
    return specs if is_same else tuple(resolved)


def _resolved(objects: HelperObjects, spec: FirewallRuleSpec, path: str, problems: Problems) -> FirewallRuleSpec:
    services, applications = spec.services, spec.applications
    if applications:
        services, applications = _split_applications(objects, spec, path, problems)
    for service in services or ():
        if service.protocol == "icmp" and service.icmp_type not in (None, ANY):
            _check_icmp_type(objects, service, path, problems)
    resolved = spec
    if applications != spec.applications or services != spec.services:
        resolved = spec.with_traffic(spec.source, spec.destination, services, applications)
    if spec.applied_to:
        resolved = resolved.with_network(shown_network(objects, spec.applied_to, path, problems))
    return spec if resolved == spec else resolved


def _split_applications(
    objects: HelperObjects, spec: FirewallRuleSpec, path: str, problems: Problems
) -> tuple[tuple[ServiceSpec, ...] | None, tuple[str, ...]]:
    """Return the services and applications of a spec. System profiles become services."""
    services: list[ServiceSpec] = list(spec.services or ())
    remaining: list[str] = []
    for text in spec.applications or ():
        name = split_application(text)[1]
        profile = objects.find_profile(name)
        if profile is None:
            known = sorted({str(candidate.get("name")) for candidate in objects.profiles()})
            hint = near(name, known)
            problems.add(
                path,
                f"names the application {name!r}, but there is no such application port profile"
                f"{'; ' + hint if hint else ''}",
            )
            continue
        content = services_of(profile) if profile.get("scope") == SYSTEM or is_managed(profile) else None
        if content:
            services += [_service(service) for service in content]
        else:
            remaining.append(str(profile.get("name")))
    if spec.services is None and not services:
        return None, tuple(remaining)
    return tuple(dict.fromkeys(services)), tuple(remaining)


def _service(content: dict[str, Any]) -> ServiceSpec:
    if content["protocol"] == "icmp":
        return ServiceSpec("icmp", icmp_type=None if content["icmp_type"] == ANY else content["icmp_type"])
    ports = tuple(content["port"])
    return ServiceSpec(content["protocol"], None if ANY in ports else ports)


def _check_icmp_type(objects: HelperObjects, service: ServiceSpec, path: str, problems: Problems) -> None:
    """Add a problem if no system profile has the ICMP type of a service.

    Only system profiles can have an ICMP type.
    """
    content = {"protocol": "icmp", "icmp_type": service.icmp_type}
    if not any(profile.get("scope") == SYSTEM and has_content(profile, content) for profile in objects.profiles()):
        problems.add(
            path,
            f"has the ICMP type {service.icmp_type!r}, but this cloud has no application port profile for it; "
            "omit icmp_type to match all ICMP traffic",
        )
