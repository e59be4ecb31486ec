"""Property tests of groups and profiles: a plan after a merge has no changes.

A plan for the objects that were read from the server has no changes either.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vcloudair_core.engine.desired import Absent, Exactly, Present
from vcloudair_core.services.ans.groups.descriptor import TYPES
from vcloudair_core.services.ans.groups.kind import GroupKind
from vcloudair_core.services.ans.groups.model import GroupDocument, GroupObject
from vcloudair_core.services.ans.groups.nsxt_codec import (
    changed_group,
    changed_profile,
    ip_set_of,
    new_group,
    new_profile,
    profile_of,
    security_group_of,
)

NETWORKS = {f"urn:vcloud:network:{number:08d}-0000-0000-0000-000000000000": f"net{number}" for number in range(4)}
NAMES = st.sampled_from(["web", "db", "partners", "all"])
DESCRIPTIONS = st.sampled_from([None, "ticket 4711"])
ADDRESSES = st.sampled_from(
    ["10.0.0.0/24", "10.0.0.0/25", "10.0.0.128/25", "10.0.0.1-10.0.0.9", "10.0.0.1", "2001:db8::/64", "2001:DB8::1"]
)
PORTS = st.sampled_from(["80", "80-80", "443", "8000-8010", "any"])


@st.composite
def ip_sets(draw: st.DrawFn) -> dict[str, Any]:
    return {"addresses": draw(st.lists(ADDRESSES, min_size=1, max_size=4))}


@st.composite
def groups(draw: st.DrawFn) -> dict[str, Any]:
    members = st.lists(st.sampled_from(sorted([*NETWORKS, *NETWORKS.values()])), max_size=2)
    if draw(st.booleans()):
        urns = {name: urn for urn, name in NETWORKS.items()}
        return {"members": list({urns.get(text, text): text for text in draw(members)}.values())}
    rule = st.fixed_dictionaries(
        {
            "attribute": st.sampled_from(["vm_name", "vm_tag"]),
            "operator": st.sampled_from(["contains", "starts_with"]),
            "value": st.sampled_from(["web", "db"]),
        }
    )
    criterion = st.fixed_dictionaries({"rules": st.lists(rule, min_size=1, max_size=4)})
    return {"criteria": draw(st.lists(criterion, min_size=1, max_size=3))}


@st.composite
def profiles(draw: st.DrawFn) -> dict[str, Any]:
    service = st.one_of(
        st.fixed_dictionaries(
            {"protocol": st.sampled_from(["tcp", "udp"]), "port": st.lists(PORTS, min_size=1, max_size=3)}
        ),
        st.fixed_dictionaries({"protocol": st.sampled_from(["icmp", "icmpv6"])}),
    )
    return {"services": draw(st.lists(service, min_size=1, max_size=3))}


CONTENTS = {"ip_set": ip_sets(), "security_group": groups(), "application_profile": profiles()}


@st.composite
def cases(draw: st.DrawFn) -> tuple[GroupKind, list[dict[str, Any]], list[dict[str, Any]]]:
    """Generate a resource kind, the existing objects, and the desired specs."""
    kind = GroupKind(TYPES[draw(st.sampled_from(sorted(TYPES)))])
    lists = []
    for _ in range(2):
        names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
        lists.append([{"name": name, **draw(CONTENTS[kind.group_type.name])} for name in names])
    for data in lists[1]:
        description = draw(DESCRIPTIONS)
        data |= {"description": description} if description else {}
    return kind, lists[0], lists[1]


def through_wire(spec: Any, kind: GroupKind, number: int) -> GroupObject:
    """Encode a spec as in a create request, and return the decoded object."""
    urn = f"urn:test:{number}"
    if kind.group_type.name == "application_profile":
        raw = {**new_profile(spec, "org", "vdc"), "id": urn}
        return GroupObject(urn, profile_of(changed_profile(raw, spec, ("services",))), raw)
    raw = {**new_group(spec, "owner"), "id": urn}
    field = "addresses" if kind.group_type.name == "ip_set" else "criteria" if spec.is_dynamic else "members"
    raw = changed_group(raw, spec, (field, "description"))
    decode = ip_set_of if kind.group_type.name == "ip_set" else security_group_of
    return GroupObject(urn, decode(raw), raw)


def document_of(kind: GroupKind, listed: list[dict[str, Any]]) -> GroupDocument:
    empty = GroupDocument(kind.group_type.name, None, networks=NETWORKS)
    plan = kind.plan(empty, Present(tuple(map(kind.parse, listed))))
    merged = kind.merge(empty, plan)
    assert isinstance(merged, GroupDocument)
    objects = tuple(through_wire(item.spec, kind, number) for number, item in enumerate(merged.objects))
    return GroupDocument(kind.group_type.name, None, networks=NETWORKS, objects=objects)


def type_changes(kind: GroupKind, listed: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> bool:
    """Return True if a security group would change from static to dynamic, or back."""
    live = {data["name"]: "criteria" in data for data in listed}
    is_group = kind.group_type.name == "security_group"
    return is_group and any(live.get(data["name"], "criteria" in data) != ("criteria" in data) for data in wanted)


@given(cases(), st.sampled_from([Present, Absent, Exactly]))
def test_plan_after_merge_is_empty(
    case: tuple[GroupKind, list[dict[str, Any]], list[dict[str, Any]]], state: Any
) -> None:
    kind, listed, wanted = case
    if state is not Absent and type_changes(kind, listed, wanted):
        return
    document = document_of(kind, listed)
    desired = state(tuple(map(kind.parse, wanted)))
    merged = kind.merge(document, kind.plan(document, desired))
    assert kind.plan(merged, desired).is_empty
    names = [item["name"] for item in kind.project(merged)]
    if state is Exactly:
        assert names == sorted(data["name"] for data in wanted)
    untouched = {data["name"] for data in listed} - {data["name"] for data in wanted}
    if state is not Exactly:
        assert untouched <= set(names)


@given(cases())
def test_objects_that_were_read_need_no_change(
    case: tuple[GroupKind, list[dict[str, Any]], list[dict[str, Any]]],
) -> None:
    kind, listed, _ = case
    document = document_of(kind, listed)
    for state in (Present, Exactly):
        desired: Any = state(tuple(map(kind.parse, kind.project(document))))
        kind.validate(desired)
        assert kind.plan(document, desired).is_empty
