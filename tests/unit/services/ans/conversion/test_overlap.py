"""Tests of the functions that check whether two rules can match the same traffic."""

from __future__ import annotations

from typing import Any

import pytest

from vcloudair_core.services.ans.conversion.overlap import firewall_rules_overlap, nat_rules_overlap
from vcloudair_core.services.ans.firewall.parse import parse_rule
from vcloudair_core.services.ans.nat.parse import parse_nat_rule


@pytest.mark.parametrize(
    ("left", "right", "overlap"),
    [
        ({}, {}, True),
        ({"source": ["10.0.0.0/24"]}, {"source": ["10.0.0.9"]}, True),
        ({"source": ["10.0.0.0/24"]}, {"source": ["10.0.1.0/24"]}, False),
        ({"source": ["10.0.0.0/24"]}, {"source": ["2001:db8::1"]}, False),
        ({"source": ["ipset-2"]}, {"source": ["10.0.1.0/24"]}, True),
        ({"source": ["10.0.0.0/24"], "source_exclude": True}, {"source": ["10.0.0.5"]}, True),
        ({"direction": "in"}, {"direction": "out"}, False),
        ({"direction": "in"}, {"direction": "inout"}, True),
        ({"protocol": "tcp", "dest_port": ["80-90"]}, {"protocol": "tcp", "dest_port": [85]}, True),
        ({"protocol": "tcp", "dest_port": [80]}, {"protocol": "tcp", "dest_port": [443]}, False),
        ({"protocol": "tcp", "dest_port": [80]}, {"protocol": "udp", "dest_port": [80]}, False),
        ({"protocol": "tcp", "dest_port": [80]}, {"protocol": "any"}, True),
        ({"protocol": "icmp"}, {"services": [{"protocol": "icmp", "icmp_type": "8"}]}, True),
        ({"applications": ["application-1"]}, {"protocol": "udp", "dest_port": [53]}, True),
    ],
)
def test_firewall_rules(left: dict[str, Any], right: dict[str, Any], overlap: bool) -> None:
    first, second = (parse_rule({"name": "r", **data}) for data in (left, right))
    assert firewall_rules_overlap(first, second) is overlap
    assert firewall_rules_overlap(second, first) is overlap


@pytest.mark.parametrize(
    ("left", "right", "overlap"),
    [
        ({}, {}, True),
        ({"action": "snat"}, {}, False),
        ({"original_address": "203.0.113.11"}, {}, False),
        ({"original_address": "203.0.113.1-203.0.113.99"}, {"vnic": 3}, True),
        ({"protocol": "tcp", "original_port": "80"}, {"protocol": "tcp", "original_port": "443"}, False),
        ({"protocol": "tcp", "original_port": "80"}, {"protocol": "udp", "original_port": "80"}, False),
        ({"dnat_match_source_address": "192.0.2.1"}, {"dnat_match_source_address": "192.0.2.2"}, False),
    ],
)
def test_nat_rules(left: dict[str, Any], right: dict[str, Any], overlap: bool) -> None:
    base = {"action": "dnat", "original_address": "203.0.113.10", "translated_address": "10.0.0.5"}
    first, second = (parse_nat_rule({**base, **data}) for data in (left, right))
    assert nat_rules_overlap(first, second) is overlap
    assert nat_rules_overlap(second, first) is overlap
