"""Persistence profiles and member groups of pools on NSX-T edge gateways.

Source: protocol/nsxt.md §9.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.validation import Problems, near
from vcloudair_core.services.ans.load_balancer.spec import VALUE_PERSISTENCE
from vcloudair_core.services.ans.nsxt.references import is_managed
from vcloudair_core.services.ans.section.json_values import mapping_of, text_of

if TYPE_CHECKING:
    from vcloudair_core.services.ans.load_balancer.spec import PoolSpec
    from vcloudair_core.services.ans.nsxt.helper_objects import HelperObjects

PROFILE, GROUP, PORT = "persistenceProfile", "memberGroupRef", "defaultPort"
_TYPES = {
    "client-ip": "CLIENT_IP",
    "http-cookie": "HTTP_COOKIE",
    "custom-http-header": "CUSTOM_HTTP_HEADER",
    "app-cookie": "APP_COOKIE",
    "tls": "TLS",
}
_PREMIUM = ("custom-http-header", "app-cookie", "tls")
"""Types of persistence that need the feature set PREMIUM."""


def persistence_of(record: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the type and the value of the persistence profile of a pool."""
    profile = mapping_of(record.get(PROFILE))
    sent = str(profile.get("type") or "")
    names = {wire: name for name, wire in _TYPES.items()}
    return names.get(sent, sent.casefold().replace("_", "-")) or None, text_of(profile.get("value")) or None


def member_group_of(record: Mapping[str, Any]) -> str | None:
    """Return the name of the member group of a pool, or its URN if it has no name."""
    reference = mapping_of(record.get(GROUP))
    return text_of(reference.get("name")) or text_of(reference.get("id")) or None


def wire_options(record: Mapping[str, Any], spec: PoolSpec, changed: Sequence[str]) -> dict[str, Any]:
    """Return the values of the changed options, except members."""
    values: dict[str, Any] = {}
    if "persistence" in changed or "persistence_value" in changed:
        kind, value = persistence_of(record)
        kind = spec.persistence if "persistence" in changed else kind
        value = spec.persistence_value if "persistence_value" in changed else value
        profile = {"type": _TYPES.get(kind or "", kind or ""), **({"value": value} if value else {})}
        # A value without a type is kept, so that pool_problems refuses it.
        values[PROFILE] = profile if kind or value else None
    if "member_group" in changed:
        values[GROUP] = {"name": spec.member_group} if spec.member_group else None
    if "default_port" in changed and spec.default_port is not None:
        values[PORT] = spec.default_port
    return values


def effective_pool(spec: PoolSpec, current: PoolSpec) -> PoolSpec:
    """Return the spec of an existing pool with the options that change together.

    A pool has either members or a member group. Persistence without a name of a cookie or header loses the value.
    """
    changes: dict[str, Any] = {}
    if spec.member_group and current.members and spec.members is None:
        changes["members"] = ()
    if spec.members and current.member_group and spec.member_group is None:
        changes["member_group"] = ""
    has_value = spec.persistence is None or spec.persistence in VALUE_PERSISTENCE
    if not has_value and current.persistence_value and spec.persistence_value is None:
        changes["persistence_value"] = ""
    return replace(spec, **changes) if changes else spec


def resolved_groups(
    objects: HelperObjects, specs: Sequence[PoolSpec], paths: Sequence[str], target: str
) -> Sequence[PoolSpec]:
    """Return pools with the names of member groups in place of IDs.

    Reads the list of groups once if a pool has a member group.

    Raises: SpecError with all groups that do not exist or cannot be used.
    """
    if not any(spec.member_group for spec in specs):
        return specs
    problems = Problems()
    summaries = {str(summary.get("id")): summary for summary in objects.group_summaries()}
    names = {urn: str(summary.get("name") or "") for urn, summary in summaries.items()}
    resolved = []
    for spec, path in zip(specs, paths, strict=True):
        text = spec.member_group
        if not text:
            resolved.append(spec)
            continue
        name = names.get(text, text)
        urns = [urn for urn, known in names.items() if known == name]
        field = f"{path}.member_group".lstrip(".")
        if not urns:
            hint = near(name, sorted(set(names.values())))
            reason = f"{target} has no IP set or security group named {name!r}"
            problems.add(field, f"{reason}; {hint}" if hint else reason)
        elif len(urns) > 1:
            problems.add(field, f"{len(urns)} groups are named {name!r}; rename one of them")
        elif is_managed(summaries[urns[0]]):
            problems.add(field, f"{name!r} is created and deleted automatically; use another group")
        resolved.append(replace(spec, member_group=name))
    problems.raise_if_any()
    return tuple(resolved)


def pool_problems(config: Mapping[str, Any], record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the reasons why the server would refuse a pool.

    Shape: ``(field, reason)``. ``config`` has the settings of the load balancer. Old servers send no feature set, so it
    is not checked.
    """
    kind, value = persistence_of(record)
    if kind in VALUE_PERSISTENCE and not value:
        yield "persistence_value", f"is required with persistence: {kind}"
    if value and kind not in VALUE_PERSISTENCE:
        yield "persistence_value", f"needs persistence: {', '.join(VALUE_PERSISTENCE)}"
    feature_set = str(config.get("supportedFeatureSet") or "")
    if kind in _PREMIUM and feature_set == "STANDARD":
        yield (
            "persistence",
            f"{kind!r} needs the feature set PREMIUM, but the load balancer has STANDARD; use client-ip or "
            "http-cookie, or ask the provider",
        )
