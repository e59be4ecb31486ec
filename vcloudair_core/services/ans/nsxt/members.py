"""Convert the sources and destinations of NSX-T rules.

Source: protocol/nsxt.md §3, §5, §13.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vcloudair_core.engine.canonical import ANY
from vcloudair_core.services.ans.nsxt.references import ADDRESSES, CONTENT, NETWORKS, pending
from vcloudair_core.services.ans.section.json_values import items_of, mapping_of, texts_of
from vcloudair_core.services.ans.section.rule_values import ADDRESS, member, refuse_names

GROUP_URN, NETWORK_URN = "urn:vcloud:firewallGroup:", "urn:vcloud:network:"
"""Prefixes of the URNs of groups and networks."""

INTERNAL, INTERNAL_URN = "internal", f"{GROUP_URN}internal"
"""The internal traffic of a VDC group: as a member of a spec, and as a group URN.

Only rules of distributed firewalls can contain it. Source: protocol/nsxt.md §8.
"""


def members_of_side(addresses: Any, groups: Any) -> tuple[str, ...]:
    """Return the members of a source or destination.

    A managed group is replaced by its addresses or networks.
    """
    if not groups:
        texts = texts_of(addresses)
        if len(texts) == 1:  # most rules have at most one address
            return texts if texts[0].strip() else (ANY,)
        return tuple(dict.fromkeys(text for text in texts if text.strip())) or (ANY,)
    members = [address for address in texts_of(addresses) if address.strip()]
    for group in items_of(groups):
        if not isinstance(group, dict):
            continue
        content = mapping_of(group.get(CONTENT))
        if ADDRESSES in content or NETWORKS in content:
            members += [*content.get(ADDRESSES, ()), *content.get(NETWORKS, ())]
        else:
            members.append(member_of_group(group))
    return tuple(dict.fromkeys(members)) or (ANY,)


def member_of_group(group: Mapping[str, Any]) -> str:
    """Return the URN of a group, or ``internal`` for the group of internal traffic.

    The name in a reference is not used, because it can be outdated: if a group is renamed, rules keep its old name.
    """
    urn = str(group.get("id") or "")
    return INTERNAL if urn == INTERNAL_URN else urn


def split_sides(members: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split members into a list of addresses and a list of groups and networks.

    If the member is ``any``, both lists are empty.
    """
    refuse_names(members)
    addresses: list[str] = []
    others: list[str] = []
    for text in members:
        parsed = member(text)
        if parsed is None or parsed.kind != ADDRESS:
            others.append(parsed.text if parsed else text)
        elif parsed.text == ANY:
            return [], []
        else:
            addresses.append(parsed.text)
    return list(dict.fromkeys(addresses)), list(dict.fromkeys(others))


def group_references(
    addresses: Sequence[str], others: Sequence[str], raw: Mapping[str, Any], side: str, *, is_inline: bool
) -> list[dict[str, Any]] | None:
    """Return the group references of a source or destination, or None if empty.

    ``others`` has groups and networks, as URNs or ``internal``. A group that the rule already refers to keeps its
    reference. All networks together become one group. If ``is_inline`` is False, the addresses become an IP set.
    """
    if not others and (is_inline or not addresses):
        return None
    current = {
        member_of_group(group): group for group in items_of(raw.get(f"{side}FirewallGroups")) if isinstance(group, dict)
    }
    references: list[dict[str, Any]] = []
    if addresses and not is_inline:
        references.append(pending(ADDRESSES, addresses))
    networks = [text for text in others if text.casefold().startswith(NETWORK_URN)]
    if networks:
        references.append(pending(NETWORKS, networks))
    for text in others:
        if text in networks:
            continue
        if text in current:
            references.append(current[text])
        elif text == INTERNAL:
            references.append({"id": INTERNAL_URN})
        else:
            references.append({"id": text})
    return references or None
