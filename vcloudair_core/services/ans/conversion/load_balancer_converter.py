"""Convert the load balancer of an NSX-V edge document.

NSX-T has neither service monitors nor application profiles: pools have a health monitor, and virtual servers have a
protocol and a certificate. Source: protocol/nsxt.md §9.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.fields import plain
from vcloudair_core.errors import SpecProblem
from vcloudair_core.services.ans.conversion.report import OMITTED, ConversionItem
from vcloudair_core.services.ans.conversion.section_converter import SectionConverter
from vcloudair_core.services.ans.edge.backend import NSXT
from vcloudair_core.services.ans.load_balancer.section import POOLS, VIRTUAL_SERVERS

_DEFAULT_MONITORS = {f"default_{name}_monitor": name for name in ("tcp", "http", "https")}
_PROFILE_FIELDS = ("http_redirect_url", "x_forwarded_for", "pool_side_ssl", "ca_certificates")
_PERSISTENCE = {"sourceip": "client-ip", "ssl_sessionid": "tls"}
_COOKIES = {"insert": "http-cookie", "app": "app-cookie"}
"""Persistence of pools for each mode of a cookie.

NSX-T has no equivalent of `prefix`.
"""
_PREMIUM = ("tls", "app-cookie")


def pool_persistence(profile: Any) -> tuple[str, str] | None:
    """Return the persistence of a pool and its value for an application profile.

    Both are empty if the profile has no persistence. Return None if NSX-T has no equivalent.
    """
    if not profile.persistence:
        return "", ""
    if profile.persistence != "cookie":
        kind = _PERSISTENCE.get(profile.persistence)
        return None if kind is None else (kind, "")
    kind = _COOKIES.get(profile.cookie_mode or "insert")
    return (kind, profile.cookie_name) if kind and profile.cookie_name else None


def profiles_of_pools(spec: Any) -> dict[str, list[Any]]:
    """Return the application profiles of the virtual servers of each pool.

    A virtual server without a profile counts as None.
    """
    profiles = {profile.name: profile for profile in spec.application_profiles or ()}
    by_pool: dict[str, list[Any]] = {}
    for server in spec.virtual_servers or ():
        if server.pool:
            by_pool.setdefault(server.pool, []).append(profiles.get(server.application_profile))
    return by_pool


def _shared_persistence(profiles: list[Any]) -> tuple[str, str] | None:
    """Return the persistence of a pool whose virtual servers have these profiles.

    Return None if a profile has no equivalent, or the profiles differ.
    """
    kinds = {("", "") if profile is None else pool_persistence(profile) for profile in profiles}
    return kinds.pop() if len(kinds) == 1 else None


class LoadBalancerConverter(SectionConverter):
    """Converts the pools and virtual servers of a document."""

    def convert(self, spec: Any) -> dict[str, Any]:
        """Return the converted section as plain data for an edge document."""
        if not self.section.has_effect(spec):
            return {}
        converted: dict[str, Any] = {}
        if spec.enabled:
            [limit] = [limit for limit in self.section.setting_limits[NSXT] if limit.option == "enabled"]
            self.omit_setting("enabled", True, limit.reason, limit.hint)
        self._without_unsupported_settings(spec)
        for converter in (_PoolConverter(POOLS, self._version), _ServerConverter(VIRTUAL_SERVERS, self._version)):
            rules = converter.convert_rules(spec)
            self.items += converter.items
            if rules:
                converted[converter.section.rules_field] = rules
        return converted

    @property
    def _version(self) -> str:
        return self.backend.partition(" ")[2]


class _ListConverter(SectionConverter):
    """The base class of converters of one list."""

    def convert_rules(self, spec: Any) -> list[dict[str, Any]]:
        """Return the converted objects as plain data."""
        return [
            {name: value for name, value in self.plain_rule(index, rule).items() if value not in ("", [])}
            for index, rule in self._rules(spec)
        ]


class _PoolConverter(_ListConverter):
    """Converts pools.

    A service monitor becomes a health monitor of the same type. The persistence of application profiles becomes that of
    the pool.
    """

    def adapt(self, index: int, rule: Any, settings: Any) -> tuple[Any, list[ConversionItem]]:
        """Return a pool with a health monitor and a persistence.

        Members have no names on NSX-T.
        """
        items: list[ConversionItem] = []
        monitors = {monitor.name: monitor for monitor in settings.monitors or ()}
        monitor = monitors.get(rule.monitor)
        kind = monitor.type if monitor is not None else _DEFAULT_MONITORS.get(rule.monitor or "")
        if rule.monitor and kind:
            items.append(self.changed(index, rule, "monitor", f"the pool has a health monitor of the type {kind}"))
        members = tuple(
            replace(member, name=None, monitor_port=None if member.monitor_port == member.port else member.monitor_port)
            for member in rule.members or ()
        )
        profiles = profiles_of_pools(settings).get(rule.name, [])
        persistence, value = _shared_persistence(profiles) or ("", "")
        if persistence:
            items += self._persistence_items(index, rule, persistence, profiles)
        rule = replace(rule, persistence=persistence or None, persistence_value=value or None)
        return replace(rule, monitor=kind or rule.monitor, members=members), items

    def _persistence_items(
        self, index: int, rule: Any, persistence: str, profiles: list[Any]
    ) -> Iterator[ConversionItem]:
        reason = f"the pool has the persistence {persistence} of the application profile"
        if persistence in _PREMIUM:
            reason += ", which needs the feature set PREMIUM"
        yield self.changed(index, rule, "persistence", reason)
        if any(profile.persistence_timeout for profile in profiles):
            problem = SpecProblem("persistence", "the pool has no timeout of the persistence", "Check the timeout.")
            yield self.item(index, rule, OMITTED, problem)


class _ServerConverter(_ListConverter):
    """Converts virtual servers.

    The application profile becomes a protocol and a certificate.
    """

    def __init__(self, section: Any, api_version: str) -> None:
        super().__init__(section, api_version)
        self._profiles: Mapping[str, Any] = {}
        self._pools: Mapping[str, list[Any]] = {}

    def convert_rules(self, spec: Any) -> list[dict[str, Any]]:
        """Return the converted virtual servers as plain data."""
        self._profiles = {profile.name: profile for profile in spec.application_profiles or ()}
        self._pools = profiles_of_pools(spec)
        return super().convert_rules(spec)

    def adapt(self, index: int, rule: Any, settings: Any) -> tuple[Any, list[ConversionItem]]:
        """Return a virtual server with a protocol and certificate in place of its profile.

        If NSX-T has no equivalent for the profile, the virtual server is returned unchanged, and :meth:`losses` reports
        why it cannot be converted.
        """
        profile = self._profiles.get(rule.application_profile)
        if profile is None or any(self._differences(rule, profile)):
            return rule, []
        is_passed_through = rule.protocol == "https" and profile.ssl_passthrough
        protocol = "tcp" if is_passed_through else rule.protocol
        reason = f"the virtual server has the protocol {protocol} in place of the application profile"
        item = self.changed(index, rule, "application_profile", reason)
        return replace(rule, protocol=protocol, application_profile=None, certificate=profile.certificate), [item]

    def losses(self, rule: Any) -> Iterator[SpecProblem]:
        """Yield the reasons why a virtual server cannot be converted.

        These are profile settings that NSX-T does not have, and a missing pool or certificate.
        """
        profile = self._profiles.get(rule.application_profile)
        for reason in self._differences(rule, profile) if profile is not None else ():
            yield SpecProblem("application_profile", reason, "Configure it in the portal.")
        if not rule.pool:
            yield SpecProblem("pool", "a virtual server needs a pool", "Add a pool.")
        if rule.protocol == "https" and not rule.certificate and not rule.application_profile:
            hint = "Add certificate, with the name of a certificate in the certificate library."
            yield SpecProblem("certificate", "the protocol https needs a certificate", hint)

    def _differences(self, rule: Any, profile: Any) -> Iterator[str]:
        yield from (f"the profile sets {name}" for name in _PROFILE_FIELDS if plain(getattr(profile, name)))
        if pool_persistence(profile) is None:
            yield f"NSX-T has no equivalent of persistence: {profile.persistence}"
        elif profile.persistence and _shared_persistence(self._pools.get(rule.pool or "", [profile])) is None:
            yield f"the virtual servers of pool {rule.pool!r} have different persistence"
