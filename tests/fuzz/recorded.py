"""Responses of the simulator to all kinds of requests, as seeds for mutations."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from vcloudair_core.app import App
from vcloudair_core.plugin.hooks import hookimpl
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.testing import LinkedClock, simulator_settings
from vcloudair_core.transport.base import Transport
from vcloudair_core.transport.messages import Request, Response

_RULES: dict[str, Mapping[str, Any]] = {
    "ans.firewall": {
        "rules": [
            {"name": "web & <ssl>", "source": ["any"], "destination": ["192.0.2.0/24"], "protocol": "tcp",
             "dest_port": ["443", "8000-8100"]},
            {"name": "ping", "action": "deny", "services": [{"protocol": "icmp", "icmp_type": "echo-request"}]},
        ],
    },
    "ans.nat": {
        "rules": [
            {"action": "dnat", "original_address": "203.0.113.10", "original_port": "443", "protocol": "tcp",
             "translated_address": "192.168.109.10", "translated_port": "8443", "vnic": "0", "description": "shop"},
        ],
    },
    "ans.ipsec": {
        "enabled": True,
        "tunnels": [
            {"name": "branch", "local_ip": "203.0.113.10", "local_subnets": ["192.168.109.0/24"],
             "peer_ip": "198.51.100.7", "peer_subnets": ["10.7.0.0/16"], "psk": "a long and random key 1"},
        ],
    },
}  # fmt: skip
_NETWORK: dict[str, Mapping[str, Any]] = {
    "ans.static_routes": {"routes": [{"network": "10.9.0.0/16", "next_hops": [{"address": "203.0.113.1"}]}]},
    "ans.dns": {"enabled": True, "servers": ["192.0.2.53"], "log_level": "debug"},
}
"""Sections that vCloud Air does not have."""

SECTIONS = tuple(kind.removeprefix("ans.") for kind in _RULES)
"""Names of the edge gateway sections that are recorded."""

_TYPES = ("vm", "edgeGateway", "orgVdc", "task", "vAppTemplate", "vApp")
_WAYS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("vcd", {}),
    ("vcd", {"edge_api": "network_json"}),
    ("vca", {}),
    ("vchs", {}),
)


class _Recorder:
    """A transport that records response bodies by label, method and path."""

    def __init__(self, inner: Transport, responses: dict[str, list[bytes]], label: str) -> None:
        self._inner, self._kept, self._label = inner, responses, label

    def send(self, request: Request) -> Response:
        answer = self._inner.send(request)
        known = self._kept[f"{self._label} {request.method} {request.path}"]
        if answer.body and answer.body not in known:
            known.append(answer.body)
        return answer

    def close(self) -> None:
        self._inner.close()


@functools.cache
def documents(*parts: str) -> tuple[bytes, ...]:
    """Return the responses to calls that contain all of ``parts``, shortest first.

    A call is ``<profile> <edge API> <method> <path>``.
    """
    bodies_found = {
        body for call, bodies in _recorded_responses().items() if all(part in call for part in parts) for body in bodies
    }
    assert bodies_found, f"The simulator received no request with {parts}."
    return tuple(sorted(bodies_found, key=len))


@functools.cache
def _recorded_responses() -> Mapping[str, Sequence[bytes]]:
    responses: dict[str, list[bytes]] = defaultdict(list)
    for profile, how in _WAYS:
        simulator = Simulator(SimulatorConfig(profile=profile, replications=2, vms=2, edges=1))
        label = f"{profile} {how.get('edge_api', 'auto')}"

        class Recording:
            """A plugin with the recording transport."""

            @hookimpl
            def vca_transport(self, simulator: Simulator = simulator, label: str = label) -> Transport:
                return _Recorder(simulator.transport(), responses, label)

        app = App(clock=LinkedClock(simulator))
        app.plugins.register(Recording(), "recording")
        with app.client(**{**simulator_settings(simulator), **how}) as client:
            _send_all_requests(client, simulator)
    return dict(responses)


def _send_all_requests(client: Any, simulator: Simulator) -> None:
    edge = next(iter(simulator.world.edges.values()))
    target = {"edge": edge.name}
    for kind, rules in (_RULES | (_NETWORK if simulator.config.profile == "vcd" else {})).items():
        client.ensure(kind, rules, target=target)
        client.read(kind, target)
    client.edges.ipsec_status(edge.name)
    query = client.query
    query.offered_types()
    for name in _TYPES:
        query.query(name).all()
    vm_ids = [vm["id"] for vm in query.vms.read(nics=True)]
    metrics = client.metrics
    for source in ("vcd-current", "vcd-historic") if simulator.config.profile == "vcd" else ("vca",):
        metrics.collect(vm_ids[:1], start="10m", source=source)
    recovery = client.dr
    if simulator.config.profile == "vcd":
        recovery.replications()
        for vdc in recovery.enabled_vdcs():
            recovery.details_of(vdc)
        recovery.act("test")
