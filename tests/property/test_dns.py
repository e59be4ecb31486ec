"""Property tests of DNS forwarding, with the codecs of all backends.

A plan after apply, and a plan of an export, have no changes. The tests use no server.
"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcloudair_core.engine.desired import Absent, Desired, Exactly, Present
from vcloudair_core.engine.kind import Document
from vcloudair_core.services.ans.dns.codec_json import JsonDnsCodec
from vcloudair_core.services.ans.dns.codec_xml import XmlDnsCodec
from vcloudair_core.services.ans.dns.nsxt.codec import NsxtDnsCodec
from vcloudair_core.services.ans.dns.section import SECTION
from vcloudair_core.services.ans.edge.backend import NSXV
from vcloudair_core.services.ans.section.kinds import SectionKind

KIND = SectionKind(SECTION)
CODECS: dict[str, Any] = {
    "xml": (XmlDnsCodec(), b"<dns><newer>kept</newer></dns>"),
    "json": (JsonDnsCodec(NSXV), b'{"featureType": "dns", "newer": "kept"}'),
    "nsxt": (NsxtDnsCodec(), b'{"dns": {"newer": "kept", "version": {"version": 0}}}'),
}
SERVERS = st.lists(st.sampled_from(["10.9.0.1", "10.9.0.2", "2001:db8::53"]), min_size=1, max_size=3, unique=True)
DOMAINS = st.lists(st.sampled_from(["corp.example", "Lab.Example.", "x_y.example"]), min_size=1, unique=True)
LISTENER = "10.255.255.1"


def _zone(number: int) -> Any:
    name = st.sampled_from([f"zone {number}", f"Zone {number} ü"])
    return st.fixed_dictionaries({"name": name, "domains": DOMAINS, "servers": SERVERS})


@st.composite
def sections(draw: Any, backend: str) -> dict[str, Any]:
    """Generate a section that the backend supports."""
    if backend != "nsxt":
        optional: dict[str, Any] = {
            "enabled": st.booleans(),
            "servers": SERVERS,
            "cache_size": st.integers(1, 8192),
            "logging": st.booleans(),
            "log_level": st.sampled_from(["info", "DEBUG"]),
        }
        return dict(draw(st.fixed_dictionaries({}, optional=optional)))
    numbers = draw(st.lists(st.integers(0, 4), max_size=4, unique=True))
    section: dict[str, Any] = {"zones": [draw(_zone(number)) for number in numbers]}
    if draw(st.booleans()):
        section |= {"enabled": draw(st.booleans()), "listener_ip": LISTENER, "servers": draw(SERVERS)}
    if draw(st.booleans()):
        section |= {"snat_enabled": True, "snat_ip": "203.0.113.9"}
    return section


def apply(backend: str, document: Document, desired: Desired) -> Document:
    """Return the document after a server stores the merged document unchanged.

    On NSX-T, the server also assigns IDs to zones.
    """
    codec, _ = CODECS[backend]
    merged = KIND.merge(document, KIND.plan(document, desired))
    if backend != "nsxt":
        parsed: Document = codec.parse(codec.encode(merged))
        return parsed
    tree = copy.deepcopy(merged.tree)
    for record in tree["dns"].get("conditionalForwarderZones") or ():
        record.setdefault("id", f"id of {record['displayName']}")
    stored: Document = codec.parse(json.dumps(tree).encode())
    return stored


@pytest.mark.parametrize("backend", CODECS)
@given(data=st.data())
@settings(max_examples=40)
def test_plans_after_apply_and_of_exports_are_empty(backend: str, data: st.DataObject) -> None:
    codec, empty = CODECS[backend]
    document = codec.parse(empty)
    for _ in range(2):
        section = data.draw(sections(backend))
        spec = KIND.parse({**section, "allow_empty": True})
        document = apply(backend, document, Exactly((spec,)))
        assert KIND.plan(document, Exactly((spec,))).is_empty
        assert KIND.plan(document, Present((spec,))).is_empty
        shown = KIND.project(document)
        exported = KIND.parse({**shown, "allow_empty": True})
        assert KIND.plan(document, Exactly((exported,))).is_empty
        assert len(shown["zones"]) == len(section.get("zones", ()))
        assert "kept" in repr(codec.encode(document) if backend != "nsxt" else document.tree)
    if backend == "nsxt":
        document = apply(backend, document, Absent((KIND.parse({"zones": KIND.project(document)["zones"]}),)))
        assert KIND.project(document)["zones"] == []
