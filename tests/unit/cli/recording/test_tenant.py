"""Tests of recordings of a tenant: contents, requests and secrets.

A simulator that serves the recording returns the same responses as the tenant.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from lxml import etree

from vcloudair_core import App
from vcloudair_core.cli.recording.pseudonyms import Pseudonyms
from vcloudair_core.cli.recording.tenant import PASSWORD, TenantRecorder
from vcloudair_core.simulator import Simulator, SimulatorConfig

SECRET = "never-in-the-file"
WORLD = f"""
orgs:
  - name: acme
    full_name: Acme Ltd
    catalogs: [{{name: empty, description: Nothing yet, created: "2020-01-02T03:04:05.000Z", metadata: {{team: web}}}}]
    vdc_groups: [{{name: both, description: Two VDCs, vdcs: [gold, silver], edges: [group-edge]}}]
    users: [{{name: ops, password: {SECRET}}}]
    vdcs:
      - name: gold
        cpu_limit_mhz: 9000
        is_test_failover_enabled: false
        storage_profiles: [fast, slow]
        edges:
          - name: web-edge
            sections:
              firewall:
                enabled: true
                defaultPolicy: {{action: accept, loggingEnabled: true}}
                firewallRules:
                  firewallRules:
                    - {{name: https in, action: accept, destination: {{ipAddress: [8.8.8.8]}}}}
              nat:
                enabled: true
                rules:
                  natRulesDtos:
                    - {{action: dnat, vnic: "0", originalAddress: 8.8.8.8, translatedAddress: 10.1.2.3,
                       protocol: tcp, originalPort: "443", translatedPort: "443"}}
              ipsec:
                enabled: true
                sites:
                  sites:
                    - {{name: branch, localIp: 203.0.113.1, peerIp: 9.9.9.9, peerId: 9.9.9.9, psk: {SECRET},
                       localSubnets: {{subnets: [10.1.2.0/24]}}, peerSubnets: {{subnets: [10.9.0.0/16]}}}}
          - {{name: old-edge, advanced: false, description: To be replaced}}
          - {{name: group-edge}}
        networks:
          - {{name: lan, edge: web-edge, gateway: 10.1.2.1, prefix_length: 24, dns1: 10.1.2.2,
             description: Web servers}}
          - {{name: stretched, edge: group-edge, gateway: 10.4.0.1}}
          - {{name: backup, gateway: 172.16.5.1, prefix_length: 26}}
        vapps:
          - {{name: idle, created: "2021-01-02T03:04:05.000Z"}}
          - {{name: shop, description: The shop, metadata: {{team: web}}}}
        vms:
          - {{name: web1, vapp: shop, network: lan, ip_address: 10.1.2.3, cpus: 4, memory_mb: 8192,
             storage_profile: slow, metadata: {{owner: alice, size: 3, prod: true}},
             description: First web server, created: "2022-01-02T03:04:05.000Z",
             snapshot: {{created: "2023-01-02T03:04:05.000Z", is_powered_on: true, size_mb: 4096}},
             more_nics: [{{network: backup, ip_address: 172.16.5.9}}]}}
          - {{name: web1, vapp: shop, status: POWERED_OFF, network: lan, ip_address: 10.1.2.4}}
        templates:
          - {{name: base, catalog: images, description: Base image, created: "2019-01-02T03:04:05.000Z",
             metadata: {{os: linux}}, item: {{description: Use this, metadata: {{checked: true}}}},
             vm: {{name: base1, cpus: 8, description: The VM, metadata: {{role: web}}}}}}
        media:
          - {{name: setup.iso, catalog: images, size_bytes: 1234, description: Installer, metadata: {{lang: en}}}}
          - {{name: boot.flp, image_type: floppy, created: "2018-01-02T03:04:05.000Z", item: {{description: Rare}}}}
        replications: [{{name: db1, rpo: 60, paused: true}}]
      - {{name: silver, is_recovery_enabled: false, description: Spare}}
"""
TYPES = (
    "organization orgVdc edgeGateway orgVdcNetwork orgVdcStorageProfile vApp vm vAppTemplate catalog catalogItem media"
).split()


def serve(file: Path) -> Simulator:
    return Simulator(SimulatorConfig(profile="vcd", inventory_file=str(file), standing_clock=1_450_000_000.0))


def client_of(simulator: Simulator, password: str) -> Any:
    env = simulator.env()
    settings: dict[str, Any] = {
        "url": env["VCA_URL"],
        "username": env["VCA_USERNAME"],
        "password": password,
        "org": env["VCA_ORG"],
    }
    return App().client(transport=simulator.transport(), session_cache=False, ca_path="", **settings)


def record(simulator: Simulator, password: str = PASSWORD) -> dict[str, Any]:
    warnings: list[str] = []
    with client_of(simulator, password) as client:
        tree = TenantRecorder(client, warnings.append).read()
    assert warnings == []
    return tree


def answers(simulator: Simulator, password: str = PASSWORD) -> dict[str, Any]:
    """Return the responses of a cloud: records, edge sections and replications."""
    with client_of(simulator, password) as client:
        records = {kind: [dict(entry.raw) for entry in client.query.query(kind).all()] for kind in TYPES}
        vms = client.query.vms.read(nics=True)
        edges = [edge for edge in client.edges.list_edges() if edge.is_advanced]
        sections = [
            client.read(f"ans.{section}", {"edge": edge.name}) for edge in edges for section in ("firewall", "nat")
        ]
        replications = [(item.name, item.rpo_minutes, item.is_paused) for item in client.dr.replications()]
        return {"records": records, "vms": vms, "sections": sections, "replications": replications}


@pytest.fixture
def world(tmp_path: Path) -> Simulator:
    file = tmp_path / "world.yml"
    file.write_text(WORLD, encoding="utf-8")
    return serve(file)


def save(tree: dict[str, Any], file: Path) -> Path:
    file.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    return file


def test_recording_sends_get_requests_only(world: Simulator) -> None:
    record(world, SECRET)
    others = [(entry.method, entry.path) for entry in world.request_log.entries() if entry.method != "GET"]
    assert others == [("POST", "/cloudapi/1.0.0/sessions"), ("DELETE", "/cloudapi/1.0.0/sessions/current")]
    assert len(world.request_log.entries()) < 100
    assert {entry.status for entry in world.request_log.entries() if entry.method == "GET"} <= {200}


def test_recording_has_the_objects_of_the_world_and_no_secret(world: Simulator) -> None:
    tree = record(world, SECRET)
    assert SECRET not in yaml.safe_dump(tree)
    [org] = tree["orgs"]
    assert (org["name"], org["full_name"]) == ("acme", "Acme Ltd")
    assert [catalog["name"] for catalog in org["catalogs"]] == ["empty", "images", "media"]
    gold, silver = org["vdcs"]
    assert silver["is_recovery_enabled"] is False
    assert gold["is_test_failover_enabled"] is False
    assert [edge["name"] for edge in gold["edges"]] == ["group-edge", "old-edge", "web-edge"]
    assert gold["edges"][1]["advanced"] is False
    [vm, off] = gold["vms"]
    assert {**vm, **off}["name"] == "web1"
    on = next(item for item in gold["vms"] if item["status"] == "POWERED_ON")
    assert on["metadata"] == {"owner": "alice", "size": 3, "prod": True}
    assert on["more_nics"] == [{"network": "backup", "ip_address": "172.16.5.9"}]
    assert [vapp["name"] for vapp in gold["vapps"]] == ["idle", "shop"]
    assert gold["replications"] == [{"name": "db1", "rpo": 60, "paused": True}]


def test_served_recording_gives_the_same_answers_and_the_same_file(world: Simulator, tmp_path: Path) -> None:
    first = record(world, SECRET)
    replay = serve(save(first, tmp_path / "first.yml"))
    again = record(replay)
    assert again == first
    second = serve(save(again, tmp_path / "second.yml"))
    assert answers(second) == answers(replay)


def test_served_recording_shows_the_records_of_the_original(world: Simulator, tmp_path: Path) -> None:
    replay = serve(save(record(world, SECRET), tmp_path / "first.yml"))
    original, shown = answers(world, SECRET), answers(replay)
    assert shown["sections"] == original["sections"]
    assert shown["replications"] == original["replications"]
    for kind in TYPES:
        assert _names(shown["records"][kind]) == _names(original["records"][kind]), kind


def _names(records: list[dict[str, Any]]) -> list[str]:
    """Return the records as text, without IDs and tasks.

    The IDs differ for VMs that share a name.
    """
    left_out = {"id", "href", "task"}
    return sorted(str({name: value for name, value in item.items() if name not in left_out}) for item in records)


def test_recording_has_descriptions_times_snapshots_and_media(world: Simulator) -> None:
    """Compare a recording with the inventory file of the cloud."""
    [org] = record(world, SECRET)["orgs"]
    [original] = yaml.safe_load(WORLD)["orgs"]
    assert org["vdc_groups"] == original["vdc_groups"]
    assert org["catalogs"][0] == original["catalogs"][0]
    gold, silver = org["vdcs"]
    [source, spare] = original["vdcs"]
    assert silver["description"] == spare["description"]
    for key in ("edges", "networks", "vapps", "vms", "templates", "media"):
        shown = {item["name"]: item for item in gold[key] if item.get("status") != "POWERED_OFF"}
        for item in source[key]:
            if item.get("status") == "POWERED_OFF":
                continue
            fields = {"description", "created", "snapshot", "metadata", "size_bytes", "image_type", "item"} & set(item)
            assert {name: shown[item["name"]][name] for name in fields} == {name: item[name] for name in fields}
    [template] = gold["templates"]
    assert source["templates"][0]["vm"].items() <= template["vm"].items()


def test_served_recording_gives_the_same_documents(world: Simulator, tmp_path: Path) -> None:
    replay = serve(save(record(world, SECRET), tmp_path / "first.yml"))
    kinds = ("media", "catalogItem", "vAppTemplate", "catalog", "vApp", "edgeGateway", "orgVdcNetwork")
    assert documents(replay, kinds) == documents(world, kinds, SECRET)


def documents(simulator: Simulator, kinds: Sequence[str], password: str = PASSWORD) -> dict[str, list[str]]:
    """Return descriptions, times, snapshots and metadata of objects, by query type."""
    shown: dict[str, list[str]] = {}
    with client_of(simulator, password) as client:
        for kind in kinds:
            for entry in client.query.query(kind).all():
                root = etree.fromstring(client.session.call("GET", entry.href).body)
                texts = [f"{node.tag}: {node.text}" for node in root.iter("{*}Description", "{*}DateCreated")]
                texts += [str(dict(node.attrib.items())) for node in root.iter("{*}Snapshot")]
                if kind != "edgeGateway":
                    body = client.session.call("GET", f"{entry.href}/metadata").body
                    texts += [node.text or "" for node in etree.fromstring(body).iter("{*}Key", "{*}Value")]
                shown.setdefault(kind, []).append(f"{entry.name}: {sorted(texts)}")
    return {kind: sorted(texts) for kind, texts in shown.items()}


def test_pseudonyms_replace_every_name_and_can_be_served(world: Simulator, tmp_path: Path) -> None:
    tree = Pseudonyms(b"key").replace(record(world, SECRET))
    text = yaml.safe_dump(tree)
    for secret in (
        "acme",
        "Acme",
        "gold",
        "web-edge",
        "web1",
        "shop",
        "alice",
        "https in",
        "branch",
        "ops",
        "both",
        "setup",
        "boot.flp",
        "base1",
        "Use this",
        "Two VDCs",
        "Installer",
        "First web",
        "Web servers",
    ):
        assert secret not in text, secret
    for address in ("8.8.8.8", "9.9.9.9", "10.1.2.", "172.16.5."):
        assert address not in text, address
    again = record(serve(save(tree, tmp_path / "pseudonyms.yml")))
    assert record(serve(save(again, tmp_path / "again.yml"))) == again


def test_pseudonyms_agree_within_a_file(world: Simulator) -> None:
    tree = Pseudonyms(b"key").replace(record(world, SECRET))
    gold = next(vdc for vdc in tree["orgs"][0]["vdcs"] if "vms" in vdc)
    with_sections = [edge for edge in gold["edges"] if "sections" in edge]
    edge = next(edge for edge in with_sections if edge["sections"]["nat"]["rules"]["natRulesDtos"])
    assert {vm["vapp"] for vm in gold["vms"]} < {vapp["name"] for vapp in gold["vapps"]}
    assert {vm["network"] for vm in gold["vms"]} < {network["name"] for network in gold["networks"]}
    [routed] = [network for network in gold["networks"] if network.get("edge") == edge["name"]]
    rule = edge["sections"]["nat"]["rules"]["natRulesDtos"][0]
    firewall = edge["sections"]["firewall"]["firewallRules"]["firewallRules"][0]
    assert firewall["destination"]["ipAddress"] == [rule["originalAddress"]]
    assert rule["translatedAddress"] in {vm["ip_address"] for vm in gold["vms"]}
    site = edge["sections"]["ipsec"]["sites"]["sites"][0]
    assert site["localSubnets"]["subnets"] == [routed["gateway"].rpartition(".")[0] + ".0/24"]
