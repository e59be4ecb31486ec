"""Tests of port profiles and networks that NSX-T NAT rules refer to by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from vcloudair_core.errors import AmbiguousMatchError, NotFoundError, SpecError
from vcloudair_core.services.ans.nat.nsxt.names import resolve_names
from vcloudair_core.services.ans.nat.nsxt.profiles import with_named_profiles
from vcloudair_core.services.ans.nat.parse import parse_nat_rule
from vcloudair_core.services.ans.nsxt.references import CONTENT, NAMED_PROFILE, SERVICE

URN = "urn:vcloud:applicationPortProfile:"
NETWORK = "urn:vcloud:network:11111111-0000-4000-8000-000000000001"


def profile(number: int, name: str, scope: str, *entries: tuple[str, Sequence[str]]) -> dict[str, Any]:
    ports = [{"protocol": protocol, "destinationPorts": list(ports)} for protocol, ports in entries]
    return {"id": f"{URN}{number}", "name": name, "scope": scope, "applicationPorts": ports}


PROFILES = [
    profile(1, "HTTPS", "SYSTEM", ("TCP", ["443"])),
    profile(2, "DNS", "SYSTEM", ("TCP", ["53"]), ("UDP", ["53"])),
    profile(3, "ICMP Echo Request", "SYSTEM", ("ICMPv4", [])),
    profile(4, "vca-0123456789abcdef", "TENANT", ("TCP", ["8443"])),
    profile(5, "app", "TENANT", ("TCP", ["8443"])),
    profile(6, "twice", "TENANT", ("UDP", ["514"])),
    profile(7, "twice", "PROVIDER", ("TCP", ["514"])),
    profile(8, "icmp6", "TENANT", ("ICMPv6", [])),
]


class FakeObjects:
    """A fake with the port profiles and networks of a VDC or VDC group."""

    networks = ("dmz",)

    def profiles(self) -> list[dict[str, Any]]:
        return PROFILES

    def profile(self, urn: str) -> dict[str, Any] | None:
        return next((known for known in PROFILES if known["id"] == urn), None)

    def find_profile(self, name: str) -> dict[str, Any] | None:
        return next((known for known in PROFILES if name in (known["id"], known["name"])), None)

    def profile_ids(self, name: str) -> list[str]:
        return [known["id"] for known in PROFILES if known["name"] == name]

    def network_id(self, name: str) -> str:
        if name == "twin":
            raise AmbiguousMatchError("2 networks are named 'twin'.")
        if name not in self.networks:
            raise NotFoundError(f"Network not found: {name!r}.")
        return NETWORK

    def network_name(self, urn: str) -> str:
        if urn != NETWORK:
            raise NotFoundError(f"Network not found: {urn!r}.")
        return "dmz"


BASE = {"action": "dnat", "original_address": "203.0.113.12", "translated_address": "10.1.0.5"}
OUT = {"action": "snat", "original_address": "10.0.0.0/24", "translated_address": "203.0.113.12"}


def resolve(spec: dict[str, Any]) -> Any:
    [resolved] = resolve_names(FakeObjects(), [parse_nat_rule(spec)], [""])  # type: ignore[arg-type]  # a fake
    return resolved


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({**BASE, "application": "HTTPS"}, {"protocol": "tcp", "translated_port": "443", "application": None}),
        ({**BASE, "application": f"{URN}4"}, {"protocol": "tcp", "translated_port": "8443", "application": None}),
        ({**BASE, "application": "app"}, {"protocol": "tcp", "translated_port": "8443", "application": "app"}),
        ({**BASE, "application": f"{URN}5"}, {"translated_port": "8443", "application": "app"}),
        ({**BASE, "application": "twice"}, {"protocol": "udp", "application": f"{URN}6"}),
        ({**BASE, "application": f"{URN}7"}, {"protocol": "tcp", "application": f"{URN}7"}),
        ({**BASE, "application": "DNS"}, {"protocol": "any", "translated_port": None, "application": "DNS"}),
        ({**BASE, "application": "icmp6"}, {"protocol": "any", "application": "icmp6"}),
        ({**BASE, "application": "ICMP Echo Request"}, {"protocol": "icmp", "icmp_type": "echo-request"}),
        ({**BASE, "application": "HTTPS", "protocol": "TCP", "translated_port": "443-443"}, {"application": None}),
        ({**OUT, "application": "HTTPS"}, {"snat_match_destination_port": "443", "translated_port": None}),
        ({"action": "no_dnat", "original_address": "203.0.113.1", "application": "app"}, {"original_port": "8443"}),
        ({**BASE, "applied_to": NETWORK}, {"applied_to": "dmz"}),
        ({**BASE, "applied_to": "dmz"}, {"applied_to": "dmz"}),
        ({**BASE, "protocol": "icmp", "icmp_type": "echo-request"}, {"icmp_type": "echo-request"}),
    ],
)
def test_names_become_the_values_of_a_rule_as_it_is_read(spec: dict[str, Any], expected: dict[str, Any]) -> None:
    resolved = resolve(spec)
    assert {name: getattr(resolved, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("spec", "field", "reason"),
    [
        ({**BASE, "application": "HTTP"}, "application", "there is no application port profile 'HTTP'; did you mean"),
        ({**BASE, "application": f"{URN}99"}, "application", "there is no application port profile"),
        ({**BASE, "application": "app", "protocol": "udp"}, "protocol", "is udp, but the application 'app' has tcp"),
        ({**BASE, "application": "app", "translated_port": 80}, "translated_port", "'app' has 8443"),
        ({**BASE, "applied_to": "dmx"}, "applied_to", "Network not found: 'dmx'."),
        ({**BASE, "applied_to": f"{NETWORK}2"}, "applied_to", "Network not found"),
        ({**BASE, "applied_to": "twin"}, "applied_to", "2 networks are named 'twin'."),
        ({**BASE, "protocol": "icmp", "icmp_type": "redirect"}, "icmp_type", "'redirect' has no application port"),
    ],
)
def test_names_that_do_not_exist_or_contradict_are_refused(spec: dict[str, Any], field: str, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        resolve(spec)
    assert caught.value.field == field
    assert reason in caught.value.reason


def test_rules_without_names_make_no_call() -> None:
    specs = [parse_nat_rule(BASE), parse_nat_rule({**OUT, "protocol": "icmp", "applied_to": ""})]
    assert resolve_names(None, specs, ["rules[0]", "rules[1]"]) is specs  # type: ignore[arg-type]  # not used


@pytest.mark.parametrize(
    ("number", "content"),
    [
        (5, {NAMED_PROFILE: "app", SERVICE: [{"protocol": "tcp", "port": ["8443"]}]}),
        (7, {NAMED_PROFILE: f"{URN}7", SERVICE: [{"protocol": "tcp", "port": ["514"]}]}),
        (2, {NAMED_PROFILE: "DNS"}),
        (8, {NAMED_PROFILE: "icmp6"}),
        (1, None),
        (4, None),
        (99, None),
    ],
)
def test_rules_are_read_with_the_profiles_that_tasks_can_name(number: int, content: dict[str, Any] | None) -> None:
    """Add only profiles that tasks can name, not system or managed profiles."""
    record = {"id": "n1", "applicationPortProfile": {"id": f"{URN}{number}", "name": "stale"}}
    [described] = with_named_profiles(FakeObjects(), [record])  # type: ignore[arg-type]  # a fake
    assert described["applicationPortProfile"].get(CONTENT) == content
    without: dict[str, Any] = {"id": "n1", "applicationPortProfile": None}
    assert with_named_profiles(FakeObjects(), [without]) == [without]  # type: ignore[arg-type]  # a fake
