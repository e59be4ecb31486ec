"""Property tests of DHCP on NSX-T edge gateways.

Applying converges, and keeps what is not listed.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.unit.services.ans import nsxt_nat_harness
from tests.unit.services.ans.nsxt_nat_harness import NsxtHarness, nsxt_harness
from tests.unit.simulator.nsxt.harness import INVENTORY
from vcloudair_core.errors import SpecError
from vcloudair_core.simulator.state.entities import OrgVdcNetwork

KIND = "ans.dhcp"
PREFIXES = {"lan": "192.168.10", "service": "192.168.20"}
LEASES = st.sampled_from(["60", "86400", "infinite", "INFINITE", 3600])
SERVERS = st.lists(st.sampled_from(["10.0.0.53", "10.0.0.54"]), max_size=2, unique=True)
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Phases without shrinking, which takes minutes with a simulated cloud."""
SETTINGS = settings(
    max_examples=25,
    deadline=None,
    phases=PHASES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module", params=("37.2", "39.1"))
def cloud(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NsxtHarness]:
    """Yield a cloud for all examples, because starting one takes long.

    Its networks have small static pools.
    """
    inventory = INVENTORY
    for text in ("name: lan, edge: gw1", "gateway: 192.168.20.1"):
        prefix = PREFIXES["lan" if "lan" in text else "service"]
        inventory = inventory.replace(text, f"{text}, static_pools: [{prefix}.2-{prefix}.9]")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nsxt_nat_harness, "INVENTORY", inventory)
        with nsxt_harness(tmp_path_factory.mktemp("dhcp"), request.param) as made:
            yield made


def _network(cloud: NsxtHarness, name: str) -> OrgVdcNetwork:
    networks = cloud.simulator.world.networks.values()
    return next(item for item in networks if item.name == name and item.vdc_id == cloud.edge.vdc_id)


def _reset(cloud: NsxtHarness, services: dict[str, dict[str, Any]]) -> None:
    """Set the DHCP services on the server. Networks that are not listed get none."""
    for name in PREFIXES:
        network = _network(cloud, name)
        network.dhcp_pools = []
        network.services.pop("dhcp", None)
        network.services |= {"dhcp": copy.deepcopy(services[name])} if name in services else {}


def _services(cloud: NsxtHarness) -> dict[str, dict[str, Any]]:
    """Return a copy of the DHCP services on the server, by network."""
    return {name: copy.deepcopy(_network(cloud, name).services["dhcp"]) for name in PREFIXES}


# -- generated states ----------------------------------------------------------------------------------------------


@st.composite
def documents(draw: Any) -> dict[str, list[dict[str, Any]]]:
    """Generate a document that the server accepts in an empty cloud.

    Each network has 4 blocks of addresses. A block has a pool or a static binding.
    """
    macs = draw(st.permutations(range(1, 9))) if draw(st.booleans()) else list(range(1, 9))
    pools, bindings = [], []
    for name, prefix in PREFIXES.items():
        blocks = draw(st.lists(st.integers(1, 4), max_size=4, unique=True))
        count = draw(st.integers(0, len(blocks)))
        named = {"network": name} if draw(st.booleans()) else {}
        shared = draw(st.fixed_dictionaries({}, optional={"lease_time": LEASES, "dns_servers": SERVERS}))
        for block in blocks[:count]:
            options = shared if block == blocks[0] or draw(st.booleans()) else {}
            pools.append({"ip_range": f"{prefix}.{block}0-{prefix}.{block}9", **named, **options})
        for block in blocks[count:] if count else ():
            bindings.append({**draw(_binding(macs.pop(), f"{prefix}.{block}5", prefix)), **named})
    return {"pools": draw(st.permutations(pools)), "bindings": draw(st.permutations(bindings))}


def _binding(number: int, address: str, prefix: str) -> Any:
    required = {
        "mac_address": st.sampled_from([f"00:50:56:0a:00:0{number}", f"00-50-56-0A-00-0{number}"]),
        "host_name": st.sampled_from([f"host-{number}", f"HOST-{number}", "same"]),
        "ip_address": st.just(address),
    }
    options = {"lease_time": LEASES, "dns_servers": SERVERS, "default_gateway": st.just(f"{prefix}.3")}
    return st.fixed_dictionaries(required, optional=options)


@st.composite
def current_states(draw: Any) -> dict[str, dict[str, Any]]:
    """Generate the DHCP services of the networks on the server, by network.

    Some have content that the modules do not manage: the mode, values of pools, and static bindings of IPv6 addresses.
    """
    document = draw(documents())
    return {name: draw(_service(name, document)) for name in PREFIXES}


@st.composite
def _service(draw: Any, name: str, document: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    prefix = f"{PREFIXES[name]}."
    pools = [
        {
            "enabled": draw(st.booleans()),
            "ipRange": dict(zip(("startAddress", "endAddress"), pool["ip_range"].split("-"), strict=True)),
            "maxLeaseTime": draw(st.sampled_from([None, 7200])),
            "defaultLeaseTime": None,
        }
        for pool in document["pools"]
        if pool["ip_range"].startswith(prefix)
    ]
    bindings = [
        _stored(binding, draw(st.sampled_from(["", "ticket 4711"])))
        for binding in document["bindings"]
        if binding["ip_address"].startswith(prefix)
    ]
    if bindings and draw(st.booleans()):
        bindings.append({**bindings[0], "id": f"{name}-v6", "macAddress": "00:50:56:0b:00:01", "bindingType": "IPV6"})
        bindings[-1] |= {"ipAddress": "2001:db8::9", "dhcpV4BindingConfig": None}
    has_service = bool(pools) or draw(st.booleans())
    is_network = has_service and draw(st.booleans())
    config = {
        "enabled": has_service and (not pools or draw(st.sampled_from([True, True, False]))),
        "leaseTime": 86400 if has_service else None,
        "dhcpPools": pools or None,
        "mode": ("NETWORK" if is_network else "EDGE") if has_service else None,
        "ipAddress": f"{prefix}250" if is_network else None,
        "dnsServers": draw(SERVERS) if has_service else [],
    }
    return {"config": config, "bindings": bindings, "count": 0}


def _stored(binding: dict[str, Any], description: str) -> dict[str, Any]:
    """Return a static binding in the format of the server."""
    mac = _mac(binding)
    return {
        "id": f"00000000-0000-4000-8000-0000000000{mac[-2:]}",
        "name": binding["host_name"],
        "description": description,
        "macAddress": mac,
        "ipAddress": binding["ip_address"],
        "leaseTime": 86400,
        "dnsServers": binding.get("dns_servers", []),
        "bindingType": "IPV4",
        "dhcpV4BindingConfig": {"hostName": binding["host_name"], "gatewayIpAddress": None},
        "dhcpV6BindingConfig": None,
        "version": 3,
    }


def _mac(binding: dict[str, Any]) -> str:
    text: str = binding["mac_address"].replace("-", ":").lower()
    return text


# -- comparisons ---------------------------------------------------------------------------------------------------


def _pools_of(services: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the pools on the server, by range."""
    pools = [pool for service in services.values() for pool in service["config"]["dhcpPools"] or ()]
    return {f"{pool['ipRange']['startAddress']}-{pool['ipRange']['endAddress']}": pool for pool in pools}


def _bindings_of(services: dict[str, dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the static bindings on the server, by network and MAC address."""
    return {(name, item["macAddress"]): item for name, service in services.items() for item in service["bindings"]}


def _place_of(binding: dict[str, Any]) -> tuple[str, str]:
    name = next(name for name, prefix in PREFIXES.items() if binding["ip_address"].startswith(f"{prefix}."))
    return name, _mac(binding)


def _is_shown(entry: dict[str, Any], shown: dict[str, Any]) -> bool:
    def text(value: Any) -> Any:
        return value if isinstance(value, list) else str(value).replace("-", ":").lower()

    return all(text(shown[option]) == text(value) for option, value in entry.items())


def _turned(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value[::-1] if isinstance(value, list) else value for key, value in document.items()}


def _check_kept(before: dict[str, Any], after: dict[str, Any], document: dict[str, Any], *, is_exact: bool) -> None:
    """Assert that the server keeps all content that a document does not list."""
    old_pools, new_pools = _pools_of(before), _pools_of(after)
    listed = {pool["ip_range"] for pool in document["pools"]}
    old, new = _bindings_of(before), _bindings_of(after)
    macs = {_mac(binding) for binding in document["bindings"]}
    for text, pool in old_pools.items():
        if text in listed or not is_exact:
            assert new_pools[text] == pool
    for place, binding in old.items():
        if binding["bindingType"] == "IPV6" or not (is_exact or place[1] in macs):
            assert new[place] == binding
        elif place[1] in macs and place in new:
            assert (new[place]["description"], new[place]["name"]) == (binding["description"], binding["name"])
    for name, service in before.items():
        if service["config"]["mode"] == "NETWORK":
            kept = ("mode", "ipAddress") if "enabled" in document else ("mode", "ipAddress", "enabled")
            assert [after[name]["config"][key] for key in kept] == [service["config"][key] for key in kept]


# -- tests ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@SETTINGS
@given(current=current_states(), document=documents(), is_exact=st.booleans(), is_enabled=st.booleans())
def test_applying_converges_and_keeps_what_is_not_listed(
    cloud: NsxtHarness, current: dict[str, Any], document: dict[str, Any], is_exact: bool, is_enabled: bool
) -> None:
    _reset(cloud, current)
    document = {**document, "enabled": True} if is_enabled else document
    state, desired = "exact_lists" if is_exact else "present", {**document, "allow_empty": True}
    try:
        predicted = cloud.client.ensure(KIND, desired, state=state, check=True)
    except SpecError:
        # An unlisted entry has the address of a listed one, or DHCP of the network of a static binding is disabled.
        is_disabled = any(item["config"]["mode"] and not item["config"]["enabled"] for item in current.values())
        assert not is_exact or (is_disabled and not is_enabled)
        cloud.journal.clear()
        with pytest.raises(SpecError):
            cloud.client.ensure(KIND, desired, state=state)
        assert (cloud.journal.writes, _services(cloud)) == ([], current)
        return
    assert _services(cloud) == current
    assert cloud.client.ensure(KIND, desired, state=state).plan.as_dict() == predicted.plan.as_dict()
    services = _services(cloud)
    _check_kept(current, services, document, is_exact=is_exact)
    pools, bindings = set(_pools_of(services)), set(_bindings_of(services))
    expected = {pool["ip_range"] for pool in document["pools"]}
    assert pools == (expected if is_exact else expected | set(_pools_of(current)))
    assert {_place_of(binding) for binding in document["bindings"]} <= bindings
    shown = cloud.client.read(KIND)
    assert all(any(_is_shown(pool, item) for item in shown["pools"]) for pool in document["pools"])
    assert all(any(_is_shown(binding, item) for item in shown["bindings"]) for binding in document["bindings"])
    assert not is_enabled or all(
        service["config"]["enabled"] for service in services.values() if _pools_of({"": service})
    )
    if is_exact:
        assert len(shown["bindings"]) == len(document["bindings"])
    cloud.journal.clear()
    for again in (desired, _turned(desired)):
        assert not cloud.client.ensure(KIND, again, state=state).changed
    assert cloud.journal.writes == []


@pytest.mark.slow
@SETTINGS
@given(current=current_states(), document=documents())
def test_an_export_has_no_drift_and_deleting_keeps_what_is_not_listed(
    cloud: NsxtHarness, current: dict[str, Any], document: dict[str, Any]
) -> None:
    _reset(cloud, current)
    exported = {**cloud.client.read(KIND), "allow_empty": True}
    for state in ("present", "exact_lists"):
        assert not cloud.client.ensure(KIND, _turned(exported), state=state).changed
    assert _services(cloud) == current
    cloud.client.ensure(KIND, document, state="absent")
    services = _services(cloud)
    for text, pool in _pools_of(current).items():
        is_listed = text in {item["ip_range"] for item in document["pools"]}
        assert _pools_of(services).get(text) == (None if is_listed else pool)
    for place, binding in _bindings_of(current).items():
        listed = [item for item in document["bindings"] if _mac(item) == place[1]]
        is_listed = any(item.get("network", place[0]) == place[0] for item in listed)
        assert _bindings_of(services).get(place) == (None if is_listed else binding)
    assert not cloud.client.ensure(KIND, document, state="absent").changed


@pytest.mark.slow
@SETTINGS
@given(document=documents())
def test_single_entries_give_the_same_result_as_a_document(
    cloud: NsxtHarness, document: dict[str, list[dict[str, Any]]]
) -> None:
    results = []
    for is_single in (True, False):
        _reset(cloud, {})
        if is_single:
            for kind, entries in (("ans.dhcp_pool", document["pools"]), ("ans.dhcp_binding", document["bindings"])):
                for entry in entries:
                    assert cloud.client.ensure(kind, entry).changed
                for entry in entries:
                    assert not cloud.client.ensure(kind, entry).changed
        else:
            cloud.client.ensure(KIND, {**document, "allow_empty": True}, state="exact_lists")
        shown = cloud.client.read(KIND)
        results.append([sorted(map(str, shown[field])) for field in ("pools", "bindings")])
    assert results[0] == results[1]
