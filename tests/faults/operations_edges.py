"""Operations on single sections and on whole edge gateways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.faults.operations import Ending, Operation, Parts
from tests.faults.world import CANARY_KEY, World
from tests.unit.services.ans import ipsec_harness, nat_harness
from tests.unit.services.ans.test_service_lost_responses import fill, held
from vcloudair_core.audit.history import entries_of
from vcloudair_core.audit.log_file import audit_folder, read_records
from vcloudair_core.client import Client
from vcloudair_core.compat.ans import ANSFirewall, ANSIPSec, ANSNat
from vcloudair_core.compat.org_info import OrgInfo

_GIVEN_BY_SERVER = frozenset({"ruleId", "ruleTag", "siteId", "version", "invalidSource", "invalidDestination"})
RULE = {"name": "new", "source": "198.51.100.0/24", "destination": "203.0.113.10"}
TUNNEL = {**ipsec_harness.BRANCH, "psk": CANARY_KEY}
EDGE = {
    "firewall": {"rules": [RULE]},
    "nat": {"rules": [nat_harness.WEB]},
    "ipsec": {"enabled": True, "tunnels": [TUNNEL]},
}


def prepare(world: World) -> None:
    """Create three objects as another user in each section."""
    fill(world.simulator)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if key not in _GIVEN_BY_SERVER}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def sections(world: World) -> Parts:
    """Return each section, without fields set by the server.

    Pre-shared keys are in plain text.
    """
    found: Parts = _plain(held(world.simulator))
    return found


def _doing(act: Callable[[Client], Any], **settings: Any) -> Callable[[World], Ending]:
    def run(world: World) -> Ending:
        with world.client(**settings) as client:
            world.signed_in(client)
            return Ending(act(client))

    return run


def _ensured(kind: str, specs: Any, state: str = "present", edge_api: str = "auto", **config: Any) -> Operation:
    def act(client: Client) -> None:
        client.ensure(kind, specs, state=state)

    return Operation(_doing(act, edge_api=edge_api), sections, prepare=prepare, config=config)


def _staged(client: Client) -> None:
    if not client.stages():
        client.stage("ans.firewall_rule", RULE, stage_id="change-1")
    if not any(part.section == "nat" for content in client.stages() for part in content.sections):
        client.stage("ans.nat_rule", nat_harness.WEB, stage_id="change-1")
    client.commit_stage("change-1")


def _read(client: Client) -> Any:
    return client.read("ans.firewall")


def _addresses(client: Client) -> Any:
    return client.edges.addresses()


def _audited(client: Client) -> Any:
    """Write a rule. Return True if the audit log contains the result of each write.

    The values of the results are not compared: after a lost response, the result is ``unknown``.
    """
    client.ensure("ans.firewall_rule", RULE)
    entries = entries_of(read_records(audit_folder(client.settings)))
    return bool(entries) and {(entry["kind"], entry["event"]) for entry in entries} == {("ans.firewall_rule", "end")}


def info_of(client: Client) -> OrgInfo:
    """Return a session as a login result in the format of vcloudair 0.5."""
    values = {"vcdurl": "https://simulator.invalid", "token": "unused", "org_uuid": client.session.identity.org_id}
    return OrgInfo({**values, "auth-header": "x-vcloud-authorization", "version": "5.7"}, client.session)


def _seed_section(face: Any, change: Callable[[Any], bool]) -> Operation:
    def act(client: Client) -> None:
        section = face(client.edges.find_edge(str(client.settings.edge)).edge_id, org_info=info_of(client))
        if change(section):
            section.save_config()

    return Operation(_doing(act), sections, prepare=prepare, write="save", config={"profile": "all"})


def _more_firewall(section: Any) -> bool:
    """Add missing rules, and save if a rule was missing, as vcloudair 0.5 programs do."""
    if any(rule.get("name") == "new" for rule in section):
        return False
    section.add_rule("new", "198.51.100.0/24", "203.0.113.10")
    return True


def _more_nat(section: Any) -> bool:
    if any(rule.get("description") == "web" for rule in section):
        return False
    section.add_rule("dnat", "203.0.113.10", "192.168.10.20", "443", "8443", description="web")
    return True


def _more_ipsec(section: Any) -> bool:
    if any(site.get("name") == "branch" for site in section):
        return False
    ours, theirs = "203.0.113.10", "198.51.100.7"
    section.add_psk_tunnel("branch", ours, ours, theirs, theirs, "192.168.10.0/24", "10.20.0.0/16", CANARY_KEY)
    return True


def _edges(client: Client) -> Any:
    return [edge.name for edge in client.edges.list_edges()]


def _statuses(client: Client) -> Any:
    return [(one["name"], one["status"]) for one in client.edges.ipsec_status()["tunnels"]]


OPERATIONS = {
    "edges: list": Operation(_doing(_edges), config={"edges": 200}),
    "firewall: read": Operation(_doing(_read), sections, prepare=prepare),
    "firewall: a rule": _ensured("ans.firewall_rule", RULE),
    "firewall: a rule (hybridity)": _ensured("ans.firewall_rule", RULE, edge_api="hybridity", profile="all"),
    "firewall: a rule with a name": _ensured("ans.firewall_rule", {"name": "new", "source": "network:lan"}),
    "firewall: exact": _ensured("ans.firewall", {"rules": [{"name": "old 3"}, RULE]}, "exact"),
    "firewall: a rule deleted": _ensured("ans.firewall_rule", {"name": "old 2"}, "absent", "network_json"),
    "NAT: a rule": _ensured("ans.nat_rule", nat_harness.WEB),
    "NAT: exact": _ensured("ans.nat", {"rules": [nat_harness.WEB]}, "exact", "hybridity", profile="all"),
    "IPsec: a tunnel": _ensured("ans.ipsec_tunnel", TUNNEL),
    "IPsec: exact": _ensured("ans.ipsec", {"enabled": True, "tunnels": [TUNNEL]}, "exact", "hybridity", profile="all"),
    "IPsec: status": Operation(_doing(_statuses), sections, prepare=prepare),
    "edge document": _ensured("ans.edge", EDGE),
    "stage and commit": Operation(_doing(_staged), sections, prepare=prepare),
    "audit log: a rule": Operation(_doing(_audited, audit_log=True), sections, prepare=prepare),
    "address book": Operation(_doing(_addresses)),
    "ANSFirewall": _seed_section(ANSFirewall, _more_firewall),
    "ANSNat": _seed_section(ANSNat, _more_nat),
    "ANSIPSec": _seed_section(ANSIPSec, _more_ipsec),
}
