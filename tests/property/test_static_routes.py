"""Property tests of static routes, with the codecs of all backends.

A plan after apply, and a plan of an export, have no changes. The tests use no server.
"""

from __future__ import annotations

import copy
import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcloudair_core.engine.desired import Absent, Desired, Exactly, Present
from vcloudair_core.engine.kind import Document
from vcloudair_core.services.ans.edge.backend import NSXV
from vcloudair_core.services.ans.section.kinds import SectionKind
from vcloudair_core.services.ans.static_routes.codec_json import JsonStaticRoutesCodec
from vcloudair_core.services.ans.static_routes.codec_xml import XmlStaticRoutesCodec
from vcloudair_core.services.ans.static_routes.nsxt.codec import NsxtStaticRoutesCodec
from vcloudair_core.services.ans.static_routes.section import SECTION

KIND = SectionKind(SECTION)
CODECS: dict[str, Any] = {
    "xml": (XmlStaticRoutesCodec(), b"<staticRouting/>"),
    "json": (JsonStaticRoutesCodec(NSXV), b'{"staticRoutes": {"staticRoutes": []}}'),
    "nsxt": (NsxtStaticRoutesCodec(), b'{"static_routes": {"values": []}}'),
}
ADDRESSES = st.integers(1, 5).map(lambda last: f"192.168.10.{last}")
TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=8)
HOPS = st.fixed_dictionaries({"address": ADDRESSES}, optional={"distance": st.integers(1, 255)})


@st.composite
def route_lists(draw: Any, backend: str) -> list[dict[str, Any]]:
    """Generate routes that the backend supports, with different networks or next hops."""
    is_nsxt = backend == "nsxt"
    own: dict[str, Any] = {"name": TEXT} if is_nsxt else {"vnic": st.integers(0, 9), "mtu": st.integers(68, 9000)}
    required: dict[str, st.SearchStrategy[Any]] = {
        "network": st.integers(1, 4).map(lambda part: f"10.{part}.0.0/16"),
        "next_hops": st.lists(HOPS, min_size=1, max_size=3 if is_nsxt else 1, unique_by=lambda hop: hop["address"]),
    }
    routes = st.fixed_dictionaries(required, optional={"description": TEXT, **own})
    identity = (lambda route: route["network"]) if is_nsxt else _identity
    made: list[dict[str, Any]] = draw(st.lists(routes, max_size=5, unique_by=identity))
    return made


def _identity(route: dict[str, Any]) -> tuple[Any, ...]:
    return route["network"], frozenset(hop["address"] for hop in route["next_hops"])


def apply(backend: str, document: Document, desired: Desired) -> Document:
    """Return the document after a server stores the merged document unchanged.

    On NSX-T, the server also assigns IDs.
    """
    codec, _ = CODECS[backend]
    merged = KIND.merge(document, KIND.plan(document, desired))
    if backend != "nsxt":
        parsed: Document = codec.parse(codec.encode(merged))
        return parsed
    tree = copy.deepcopy(merged.tree)
    for record in tree["static_routes"]["values"]:
        record.setdefault("id", str(uuid5(NAMESPACE_URL, record["networkCidr"])))
    stored: Document = codec.parse(json.dumps(tree).encode())
    return stored


@pytest.mark.parametrize("backend", CODECS)
@given(data=st.data())
@settings(max_examples=40)
def test_plans_after_apply_and_of_exports_are_empty(backend: str, data: st.DataObject) -> None:
    codec, empty = CODECS[backend]
    document = codec.parse(empty)
    for _ in range(2):
        routes = data.draw(route_lists(backend))
        spec = KIND.parse({"routes": routes, "allow_empty": True})
        document = apply(backend, document, Exactly((spec,)))
        assert KIND.plan(document, Exactly((spec,))).is_empty
        assert KIND.plan(document, Present((spec,))).is_empty
        exported = KIND.parse({**KIND.project(document), "allow_empty": True})
        assert KIND.plan(document, Exactly((exported,))).is_empty
        assert len(KIND.project(document)["routes"]) == len(routes)
    document = apply(backend, document, Absent((KIND.parse(KIND.project(document)),)))
    assert KIND.project(document)["routes"] == []
