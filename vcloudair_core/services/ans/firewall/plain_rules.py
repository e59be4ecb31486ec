"""Read firewall rules with usual values quickly.

The parser (``parse.py``) reads all other rules.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from vcloudair_core.engine.fields import spec_with
from vcloudair_core.engine.plain_input import PlainValue, plain_digits, plain_identifier, plain_reader, plain_text
from vcloudair_core.engine.validation import Reader
from vcloudair_core.services.ans.firewall.spec import LAST_TAG, FirewallRuleSpec, ServiceSpec
from vcloudair_core.services.ans.section.rule_values import (
    LAST_VNIC,
    member,
    normalize_port,
    port_complaint,
    read_applications,
    read_members,
    vnic_number,
    written_member,
)


def plain_rule(data: Any) -> FirewallRuleSpec | None:
    """Return a rule, or None for input with an unusual key or value.

    The result equals the result of ``parse.read_any_rule``. The rule must have a name. The server returns the rule ID
    as the tag of a rule without a tag.
    """
    spec = _read_rule(data)
    if spec is None or spec.name is None:
        return None
    if spec.tag is None or int(spec.tag) <= LAST_TAG:
        return spec
    return spec_with(FirewallRuleSpec, {**vars(spec), "tag": None}) if spec.tag == spec.rule_id else None


def _plain_list(read: Callable[[Any], str | None], *, can_be_empty: bool = False) -> PlainValue:
    """Return a function for a list of strings.

    ``read`` returns the value of an item, or None for an unusual item.
    """

    def read_list(value: Any) -> tuple[str, ...] | None:
        items = value if type(value) is list else (value,)
        values: list[str] = []
        for item in items:
            text = read(item) if type(item) in _SCALARS else None
            if text is None:
                return None
            values.append(text)
        return tuple(values) if values or can_be_empty else None

    return read_list


_SCALARS = frozenset((str, int))


@lru_cache(maxsize=65536)
def _plain_member(item: str | int) -> str | None:
    text = plain_text(item)
    # A text with a comma is a list, unless it is in a list.
    if text is None or "," in text or member(text) is None or (vnic_number(text) or 0) > LAST_VNIC:
        return None
    return written_member(text)


@lru_cache(maxsize=65536)
def _plain_port(item: str | int) -> str | None:
    return None if port_complaint(item) else normalize_port(item)


def _plain_application(item: str | int) -> str | None:
    text = plain_text(item)
    return None if text is None or "," in text else text.strip()


def _plain_services(value: Any) -> tuple[ServiceSpec, ...] | None:
    if type(value) is not list or not value:
        return None
    services: list[ServiceSpec] = []
    for item in value:
        service = _read_service(item)
        if service is None or "protocol" not in vars(service):
            return None
        services.append(service)
    return tuple(services)


def _plain_protocol(value: Any) -> str | None:
    return value if value in ("any", "tcp", "udp") else None


_read_service = plain_reader(
    ServiceSpec,
    {
        "protocol": _plain_protocol,
        "port": _plain_list(_plain_port),
        "source_port": _plain_list(_plain_port),
    },
)
_read_rule = plain_reader(
    FirewallRuleSpec,
    {
        Reader.text: plain_text,
        Reader.clearable: plain_text,
        Reader.identifier: plain_identifier,
        read_members: _plain_list(_plain_member),
        read_applications: _plain_list(_plain_application, can_be_empty=True),
        "services": _plain_services,
        "tag": plain_digits,
    },
)
