"""Property tests of L2 VPN tunnels.

A plan after apply, and a plan of an export, have no changes. The tests use no server.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from hypothesis import given, settings
from hypothesis import strategies as st

from vcloudair_core.engine.desired import Absent, Desired, Exactly, Present
from vcloudair_core.engine.kind import Document
from vcloudair_core.services.ans.ipsec.nsxt.keys import ServerKeys
from vcloudair_core.services.ans.l2vpn.model import L2VpnDocument
from vcloudair_core.services.ans.l2vpn.nsxt.codec import KEY, PEER_CODE, NsxtL2VpnCodec
from vcloudair_core.services.ans.l2vpn.nsxv.codec import NsxvL2VpnCodec
from vcloudair_core.services.ans.l2vpn.section import SECTION
from vcloudair_core.services.ans.l2vpn.spec import StretchedNetworkSpec
from vcloudair_core.services.ans.section.kinds import SectionKind

KIND = SectionKind(SECTION)
CODEC = NsxtL2VpnCodec()
TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=8)
ADDRESSES = st.integers(1, 9).map(lambda last: f"203.0.113.{last}")
NAMES = st.sampled_from(["app", "db", "dmz", "ü <b>"])
COMMON: dict[str, st.SearchStrategy[Any]] = {"name": TEXT, "local_ip": ADDRESSES, "peer_ip": ADDRESSES}
OPTIONAL: dict[str, st.SearchStrategy[Any]] = {"description": TEXT, "enabled": st.booleans(), "logging": st.booleans()}
SERVERS = st.fixed_dictionaries(
    {**COMMON, "session_mode": st.just("server"), "psk": st.just("a key of the tests")},
    optional={
        **OPTIONAL,
        "initiation_mode": st.sampled_from(["initiator", "ON_DEMAND", "respond_only"]),
        "tunnel_interface": st.integers(64, 70).map(lambda part: f"169.254.{part}.1/28"),
        "networks": st.lists(NAMES, unique=True).map(lambda names: [{"network": name} for name in names]),
    },
)
CLIENTS = st.fixed_dictionaries(
    {**COMMON, "session_mode": st.just("client"), "peer_code": st.just("a code of the tests")},
    optional={
        **OPTIONAL,
        "networks": st.lists(NAMES, unique=True).map(
            lambda names: [{"network": name, "tunnel_id": at} for at, name in enumerate(names, 1)]
        ),
    },
)


@st.composite
def tunnel_lists(draw: Any, session_mode: str) -> list[dict[str, Any]]:
    """Generate tunnels of one role with different names."""
    tunnels = SERVERS if session_mode == "server" else CLIENTS
    made: list[dict[str, Any]] = draw(st.lists(tunnels, max_size=4, unique_by=lambda tunnel: tunnel["name"].strip()))
    return made


def stored(tree: dict[str, Any]) -> Document:
    """Return the document after a server stores the tunnels.

    The server assigns IDs, and tunnel IDs of networks of a server. It does not return the secrets.
    """
    for record in tree["l2vpn"]["tunnels"]:
        record.pop(KEY, None)
        record.pop(PEER_CODE, None)
        record.setdefault("id", str(uuid5(NAMESPACE_URL, record["name"])))
        for number, network in enumerate(record.get("stretchedNetworks", ()), 1):
            network.setdefault("tunnelId", number)
    return CODEC.document(tree)


def without_secrets(tunnels: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in tunnel.items() if key not in ("psk", "peer_code")} for tunnel in tunnels]


def apply(document: Document, desired: Desired) -> Document:
    """Return the document after a server stores the merged document."""
    merged = KIND.merge(document, KIND.plan(document, desired))
    tree = {"l2vpn": {"tunnels": [copy.copy(record) for record in merged.tree["l2vpn"]["tunnels"]]}}
    return stored(tree)


@given(data=st.data(), session_mode=st.sampled_from(["server", "client"]))
@settings(max_examples=60)
def test_plans_after_apply_and_of_exports_are_empty(data: st.DataObject, session_mode: str) -> None:
    document: Document = CODEC.document({"l2vpn": {"tunnels": []}})
    for _ in range(2):
        tunnels = data.draw(tunnel_lists(session_mode))
        spec = KIND.parse({"tunnels": tunnels, "allow_empty": True})
        document = apply(document, Exactly((spec,)))
        again = KIND.parse({"tunnels": without_secrets(tunnels), "allow_empty": True})
        assert KIND.plan(document, Exactly((again,))).is_empty
        assert KIND.plan(document, Present((again,))).is_empty
        exported = KIND.parse({**KIND.project(document), "allow_empty": True})
        assert KIND.plan(document, Exactly((exported,))).is_empty
        assert len(KIND.project(document)["tunnels"]) == len(tunnels)
    document = apply(document, Absent((KIND.parse(KIND.project(document)),)))
    assert KIND.project(document)["tunnels"] == []


@given(tunnel=st.one_of(SERVERS, CLIENTS))
def test_no_plan_shows_a_secret(tunnel: dict[str, Any]) -> None:
    document: Document = CODEC.document({"l2vpn": {"tunnels": []}})
    plan = KIND.plan(document, Present((KIND.parse({"tunnels": [tunnel]}),)))
    merged = KIND.merge(document, plan)
    for shown in (plan, plan.as_dict(), plan.diff(), merged, merged.tree, KIND.project(merged)):
        assert "of the tests" not in repr(shown)
    assert "of the tests" not in repr(ServerKeys({}, {}))


NSXV = NsxvL2VpnCodec()
INTERFACES = {str(number): StretchedNetworkSpec(name, number) for number, name in enumerate(["app", "db", "dmz"], 10)}
PEER_SITES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "name": TEXT,
        "user_id": st.sampled_from(["branch", "other"]),
        "psk": st.just("a password of the tests"),
        "networks": st.lists(st.sampled_from(["app", "db", "dmz"]), min_size=1, unique=True).map(
            lambda names: [{"network": name} for name in names]
        ),
    },
    optional={
        "description": TEXT,
        "enabled": st.booleans(),
        "egress_gateways": st.lists(ADDRESSES, unique=True),
    },
)
SERVER_SETTINGS = st.fixed_dictionaries(
    {"listener_ip": ADDRESSES, "encryption_algorithms": st.just(["AES128-GCM-SHA256", "NULL-MD5"])},
    optional={
        "enabled": st.booleans(),
        "listener_port": st.integers(1, 65535),
        "server_certificate": st.just("certificate-4"),
        "logging": st.booleans(),
        "log_level": st.sampled_from(["info", "DEBUG"]),
    },
)


def read_again(document: Document) -> Document:
    """Return the document as a server returns it, which shows passwords."""
    assert isinstance(document, L2VpnDocument)
    again = NSXV.parse(NSXV.encode(document))
    assert isinstance(again, L2VpnDocument)
    return replace(again, interfaces=INTERFACES)


@given(data=st.data())
@settings(max_examples=60)
def test_plans_of_nsxv_servers_after_apply_are_empty_and_keep_what_is_not_managed(data: st.DataObject) -> None:
    kept = b"<later>1</later>"
    document = read_again(NSXV.parse(b"<l2Vpn><enabled>false</enabled>" + kept + b"</l2Vpn>"))
    for _ in range(2):
        sites = data.draw(st.lists(PEER_SITES, max_size=4, unique_by=lambda site: site["name"].strip()))
        spec = KIND.parse({**data.draw(SERVER_SETTINGS), "tunnels": sites, "allow_empty": True})
        document = read_again(KIND.merge(document, KIND.plan(document, Exactly((spec,)))))
        again = KIND.parse({"tunnels": without_secrets(sites), "allow_empty": True})
        assert KIND.plan(document, Exactly((again,))).is_empty
        assert KIND.plan(document, Present((again,))).is_empty
        shown = KIND.project(document)
        assert KIND.plan(document, Exactly((KIND.parse({**shown, "allow_empty": True}),))).is_empty
        assert "of the tests" not in repr(shown)
        assert kept in NSXV.encode(document)
