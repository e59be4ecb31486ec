"""The JSON Schema of edge documents, made of the fields of the specs: what editors check while a person types.

It is about form: keys, types, words and bounds. Addresses, and what fields mean together, are for the parser to check.
"""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Iterable, Mapping
from typing import Any, cast

from vcloudair_core.engine.fields import FieldInfo, fields_of
from vcloudair_core.engine.validation import CLEAR
from vcloudair_core.services.ans.firewall.spec import (
    ACTION_SYNONYMS,
    GLOBAL_SETTINGS,
    FirewallPolicySpec,
    FirewallRuleSpec,
    ServiceSpec,
)
from vcloudair_core.services.ans.ipsec.parse import LEAST_MTU, MOST_MTU
from vcloudair_core.services.ans.ipsec.spec import CERTIFICATE, IpsecSpec, IpsecTunnelSpec
from vcloudair_core.services.ans.nat.spec import NatRuleSpec, NatSpec
from vcloudair_core.services.ans.section.rule_values import PROTOCOLS
from vcloudair_core.util.redaction import Secret

_LISTED = "List of texts, or one text, or texts with commas between them."
_NAMES: dict[type, str] = {
    FirewallPolicySpec: "firewall", FirewallRuleSpec: "firewall_rule", ServiceSpec: "service", NatSpec: "nat",
    NatRuleSpec: "nat_rule", IpsecSpec: "ipsec", IpsecTunnelSpec: "ipsec_tunnel",
}  # fmt: skip
_TITLES = {
    "firewall": "Firewall", "firewall_rule": "A firewall rule", "service": "A service of a firewall rule",
    "nat": "NAT", "nat_rule": "A NAT rule", "ipsec": "IPsec VPN", "ipsec_tunnel": "An IPsec tunnel",
}  # fmt: skip
_SUMMARIES = {
    "protocol": "any, tcp, udp or icmp; in a firewall rule, tcp+udp stands for two services.",
    "port": "Destination ports: 443, 8000-8080, any.",
    "source_port": "Source ports.",
    "icmp_type": "Name or number of an ICMP type.",
}
_SYNONYMS: dict[str, Mapping[str, str]] = {
    "action": ACTION_SYNONYMS, "default_action": ACTION_SYNONYMS, "authentication": {"x509": CERTIFICATE},
}  # fmt: skip
_BOUNDS: dict[str, tuple[int, int | None]] = {
    "rule_id": (1, None), "tag": (1, None), "rule_tag": (1, None), "index": (0, None), "mtu": (LEAST_MTU, MOST_MTU),
}  # fmt: skip
_PORT = {"minimum": 1, "maximum": 65535}
_TWO_PROTOCOLS = r"(?:[Tt][Cc][Pp]\W*(?:and)?\W*[Uu][Dd][Pp]|[Uu][Dd][Pp]\W*(?:and)?\W*[Tt][Cc][Pp])"
_TRUTHS = ("true", "false", "yes", "no", "on", "off", "y", "n", "t", "f", "1", "0")


def edge_schema() -> dict[str, Any]:
    """Return the schema of edge documents (JSON Schema, draft 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Edge document",
        "description": "An edge gateway as `vca edge export` writes it, and `vca edge plan` and `apply` read it.",
        "type": "object",
        "additionalProperties": False,
        "anyOf": [{"required": [name]} for name in ("firewall", "nat", "ipsec")],
        "properties": {
            "edge": _text("Name or UUID of the edge gateway."),
            "vdc": _text("Name or UUID of its VDC."),
            "allow_empty": _truth("Let empty lists delete all rules or tunnels of their sections."),
            **{name: {"$ref": f"#/$defs/{name}"} for name in ("firewall", "nat", "ipsec")},
        },
        "$defs": {
            "firewall": _section(FirewallPolicySpec, ("internal_rules", "version")),
            "firewall_rule": _mapping(FirewallRuleSpec, _shorthand()),
            "service": _mapping(ServiceSpec),
            "nat": _section(NatSpec, ("internal_rules", "version")),
            "nat_rule": _mapping(
                NatRuleSpec, {**_clear("description"), "rule_tag": _number("The same as tag.", 1, None)}
            ),
            "ipsec": _section(IpsecSpec, ("version",), {"global_psk_file": _text("File with the global key.")}),
            "ipsec_tunnel": _mapping(
                IpsecTunnelSpec, {**_clear("description", "extension"), "psk_file": _text("File with the key.")}
            ),
        },
    }


def _shorthand() -> dict[str, Any]:
    return {
        "protocol": _choice("Protocol of the only service, in place of services.", PROTOCOLS, also=_TWO_PROTOCOLS),
        "dest_port": _texts("Its destination ports.", numbers=True),
        "source_port": _texts("Its source ports.", numbers=True),
        **_clear("description"),
    }


def _clear(*names: str) -> dict[str, Any]:
    return {CLEAR: _texts(f"Texts to be emptied: {', '.join(names)}.")}


def _section(spec: type, ignored: Iterable[str], more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    about = "Given by the server; ignored."
    return _mapping(spec, {**{name: {"description": about} for name in ignored}, **(more or {})})


def _mapping(spec: type, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    hints = typing.get_type_hints(spec)
    fields = {name: _field(name, info, hints[name]) for name, info in fields_of(spec).items()}
    return {
        "title": _TITLES[_NAMES[spec]],
        "type": ["object", "null"] if spec not in (FirewallRuleSpec, NatRuleSpec, IpsecTunnelSpec) else "object",
        "additionalProperties": False,
        "properties": {**fields, **(more or {})},
    }


def _field(name: str, info: FieldInfo, hint: Any) -> dict[str, Any]:
    summary = info.summary or _SUMMARIES.get(name, "")
    kinds = [kind for kind in typing.get_args(hint) or (hint,) if kind is not type(None)]
    kind = hint if typing.get_origin(hint) is tuple else kinds[0]
    if name == "global_settings":
        return _global_settings(summary)
    if name == "protocol":
        return _choice(summary or _SUMMARIES[name], PROTOCOLS, also=_TWO_PROTOCOLS)
    if info.choices:
        return _choice(summary, info.choices, _SYNONYMS.get(name, {}))
    if kind is bool:
        return _truth(summary)
    if kind is int:
        return _number(summary, *_BOUNDS.get(name, (0, None)))
    if typing.get_origin(kind) is tuple:
        inner = cast("type", typing.get_args(kind)[0])
        if dataclasses.is_dataclass(inner):
            return {"description": summary, "type": ["array", "null"], "items": {"$ref": f"#/$defs/{_NAMES[inner]}"}}
        return _texts(summary, numbers="port" in name)
    assert kind in (str, Secret), (name, kind)
    return {**_text(summary), **(_PORT if "port" in name else {})}


# -- forms of values -----------------------------------------------------------------------------------------------


def _text(summary: str) -> dict[str, Any]:
    return {"description": summary, "type": ["string", "integer", "null"]}


def _texts(summary: str, *, numbers: bool = False) -> dict[str, Any]:
    item = ["string", "integer", "null"] if numbers else ["string", "null"]
    bounds = _PORT if numbers else {}
    items = {"type": item, **bounds}
    return {"description": f"{summary} {_LISTED}", "type": [*item, "array"], **bounds, "items": items}


def _truth(summary: str) -> dict[str, Any]:
    words = {"type": "string", "pattern": _any_case(_TRUTHS)}
    return {"description": summary, "anyOf": [{"type": ["boolean", "null"]}, {"enum": [0, 1]}, words]}


def _number(summary: str, low: int, high: int | None) -> dict[str, Any]:
    bounds = {"minimum": low} if high is None else {"minimum": low, "maximum": high}
    digits = {"type": "string", "pattern": r"^\s*[0-9]{0,19}\s*$"}
    return {"description": summary, "anyOf": [{"type": "integer", **bounds}, {"type": "null"}, digits]}


def _choice(
    summary: str, words: Iterable[str], synonyms: Mapping[str, str] | None = None, also: str = ""
) -> dict[str, Any]:
    known = list(words)
    text = {"type": "string", "pattern": _any_case([*known, *(synonyms or {})], also)}
    return {"description": summary, "anyOf": [{"enum": known}, text, {"type": "null"}]}


def _any_case(words: Iterable[str], also: str = "") -> str:
    """A pattern for the words in any case, and for blank text, which counts as not given."""
    spelled = ["".join(f"[{c.upper()}{c}]" if c.isalpha() else re.escape(c) for c in word) for word in words]
    return rf"^\s*(?:{'|'.join([*spelled, *([also] if also else [])])})?\s*$"


def _global_settings(summary: str) -> dict[str, Any]:
    fields = {
        name: _truth(f"NSX: {wire}.") if kind is bool else _number(f"NSX: {wire}, in seconds.", 0, 2**31 - 1)
        for name, (wire, kind, _) in GLOBAL_SETTINGS.items()
    }
    return {
        "description": summary,
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": fields,
    }
