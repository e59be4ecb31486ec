"""Convert objects of the load balancer to and from API values (JSON and XML).

Source: protocol/ans.md §5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from vcloudair_core.engine.fields import fields_of, keys_of
from vcloudair_core.engine.validation import Problems
from vcloudair_core.services.ans.load_balancer.profile_spec import (
    WEB_TYPES,
    LbApplicationProfileSpec,
    LbApplicationRuleSpec,
    MonitorSpec,
)
from vcloudair_core.services.ans.load_balancer.spec import LoadBalancerSpec, MemberSpec, PoolSpec, VirtualServerSpec
from vcloudair_core.services.ans.section.descriptor import with_defaults
from vcloudair_core.services.ans.section.json_values import bool_of, int_of, items_of, mapping_of, texts_of

KEYS: Mapping[type, Mapping[str, tuple[str, ...]]] = {
    MonitorSpec: {
        "name": ("name",),
        "type": ("type",),
        "interval": ("interval",),
        "response_timeout": ("timeout",),
        "max_retries": ("maxRetries",),
        "method": ("method",),
        "url_path": ("url",),
        "expected": ("expected",),
        "send": ("send",),
        "receive": ("receive",),
        "extension": ("extension",),
    },
    MemberSpec: {
        "name": ("name",),
        "ip_address": ("ipAddress",),
        "grouping_object": ("groupingObjectId",),
        "port": ("port",),
        "monitor_port": ("monitorPort",),
        "weight": ("weight",),
        "condition": ("condition",),
        "min_connections": ("minConn",),
        "max_connections": ("maxConn",),
    },
    PoolSpec: {
        "name": ("name",),
        "description": ("description",),
        "algorithm": ("algorithm",),
        "algorithm_parameters": ("algorithmParameters",),
        "monitor": ("monitorId",),
        "transparent": ("transparent",),
        "members": ("member",),
    },
    LbApplicationRuleSpec: {"name": ("name",), "script": ("script",)},
    LbApplicationProfileSpec: {
        "name": ("name",),
        "type": ("template",),
        "persistence": ("persistence", "method"),
        "cookie_name": ("persistence", "cookieName"),
        "cookie_mode": ("persistence", "cookieMode"),
        "persistence_timeout": ("persistence", "expire"),
        "http_redirect_url": ("httpRedirect", "to"),
        "x_forwarded_for": ("insertXForwardedFor",),
        "ssl_passthrough": ("sslPassthrough",),
        "pool_side_ssl": ("serverSslEnabled",),
        "certificate": ("clientSsl", "serviceCertificate"),
        "ca_certificates": ("clientSsl", "caCertificate"),
    },
    VirtualServerSpec: {
        "name": ("name",),
        "description": ("description",),
        "enabled": ("enabled",),
        "ip_address": ("ipAddress",),
        "protocol": ("protocol",),
        "port": ("port",),
        "pool": ("defaultPoolId",),
        "application_profile": ("applicationProfileId",),
        "application_rules": ("applicationRuleId",),
        "acceleration": ("accelerationEnabled",),
        "connection_limit": ("connectionLimit",),
        "connection_rate_limit": ("connectionRateLimit",),
    },
    LoadBalancerSpec: {
        "enabled": ("enabled",),
        "acceleration": ("accelerationEnabled",),
        "logging": ("logging", "enable"),
        "log_level": ("logging", "logLevel"),
    },
}
"""API key of each field, with the key of the nested object that has the value."""

CERTIFICATE_KEYS = ("serviceCertificate", "caCertificate")
LISTS = frozenset({"monitorId", "member", "applicationRuleId", *CERTIFICATE_KEYS})
"""API keys whose values are lists.

An application rule has one `applicationRuleId`, its own ID.
"""
_UPPER = frozenset({"template", "method"})
_UNSET = (None, "", "none")
_REQUIRED: Mapping[type, tuple[str, ...]] = {
    MonitorSpec: ("type",),
    LbApplicationRuleSpec: ("script",),
    LbApplicationProfileSpec: ("type",),
    VirtualServerSpec: ("ip_address", "protocol", "port"),
}


def spec_of(spec_type: type, record: Mapping[str, Any]) -> Any:
    """Return the spec of a record. References are IDs. Never raises."""
    values: dict[str, Any] = {}
    for name, path in KEYS[spec_type].items():
        value: Any = record
        for key in path:
            value = mapping_of(value).get(key)
        values[name] = _read(spec_type, name, value)
    return spec_type(**values)


def wire_values(spec: Any, changed: Sequence[str]) -> dict[str, Any]:
    """Return the API values of changed fields.

    The values of a nested object are a nested mapping. The value None removes the key from the record. The value of
    ``member`` is a list of mappings.
    """
    values: dict[str, Any] = {}
    for name, path in KEYS[type(spec)].items():
        if name in changed:
            holder = values
            for key in path[:-1]:
                holder = holder.setdefault(key, {})
            holder[path[-1]] = _written(path, getattr(spec, name))
    if mapping_of(values.get("persistence")).get("method", "") is None:
        values["persistence"] = None
    return values


def new_values(spec: Any) -> dict[str, Any]:
    """Return the API values of a new object."""
    return wire_values(spec, tuple(fields_of(type(spec))))


def completed(spec: Any) -> Any:
    """Return the spec of a new object, with defaults.

    Raises: SpecError for missing required fields.
    """
    problems = Problems()
    for name in _REQUIRED.get(type(spec), ()):
        if getattr(spec, name) is None:
            problems.add(name, f"is required, because {spec.name!r} does not exist yet")
    problems.raise_if_any()
    if isinstance(spec, MonitorSpec) and spec.type in WEB_TYPES:
        spec = replace(spec, method=spec.method or "GET", url_path=spec.url_path or "/")
    return with_defaults(spec)


def exact(spec: Any, current: Any) -> Any:
    """Return a spec for ``state: exact``, with defaults for omitted fields.

    An omitted field keeps its value if it is required or has no default.
    """
    return with_defaults(spec)


def _read(spec_type: type, name: str, value: Any) -> Any:
    if name == "members":
        return tuple(spec_of(MemberSpec, mapping_of(member)) for member in items_of(value))
    if name in ("ca_certificates", "application_rules"):
        return texts_of(value)
    kind = _kinds(spec_type)[name]
    if kind is bool:
        return bool_of(value)
    if kind is int:
        return int_of(value)
    text = next(iter(texts_of(value)), "").strip()
    if text in _UNSET:
        return None
    return text if name not in _CHOICES else text.casefold()


_CHOICES = frozenset({"type", "algorithm", "condition", "protocol", "persistence", "cookie_mode", "log_level"})
"""Fields whose values are compared without case."""


@cache
def _kinds(spec_type: type) -> dict[str, type]:
    return {key.name: key.kind for key in keys_of(spec_type)}


def _written(path: tuple[str, ...], value: Any) -> Any:
    key = path[-1]
    if key == "member":
        return [new_values(member) for member in value or ()]
    if key in LISTS:
        listed = (value,) if isinstance(value, str) else value or ()
        return [text for text in listed if text]
    if value in _UNSET:
        return None
    return str(value).upper() if key in _UPPER and path[0] != "persistence" else value
