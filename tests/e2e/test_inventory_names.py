"""Tests of inventories with harmful or conflicting names of VMs, edges and vApps."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import processes
from tests.support.ansible import ROOT, environment
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

ODD = (
    "vdc_silver", "vapp_shop", "power_on", "all", "ungrouped", "org_acme", "vca", "network_lan", "os_linux",
    "metadata_tier_prod", "localhost", "127.0.0.1", "tier_prod", "both", "by_composed", "static_group", "parents",
    "../group_vars/all",
)  # fmt: skip
"""Names that collide with groups of the inventory in this file, or with localhost."""

EXPRESSIONS: dict[str, Any] = {
    "metadata": ["tier"],
    "groups": {"by_composed": "vca_vapp == 'bank'"},
    "keyed_groups": [
        {"key": "vca_metadata.tier | default('')", "prefix": "tier", "parent_group": "parents"},
        {"key": "'both'", "separator": ""},
    ],
}
"""Inventory options that create the groups by_composed, tier_prod, parents, both."""


def _org(name: str, *vms: dict[str, Any], **vdc: Any) -> dict[str, Any]:
    vdcs = [{"name": "gold", "vms": list(vms), **vdc}]
    return {"name": name, "users": [{"name": "ops", "password": "pw"}], "vdcs": vdcs}


WORLDS: dict[str, Any] = {
    "odd": [
        {
            **_org("acme", {"name": "web", "vapp": "shop"}, *({"name": name, "vapp": "shop"} for name in ODD)),
            "vdcs": [
                {"name": "gold", "vms": [{"name": name, "vapp": "shop"} for name in ("web", *ODD)]},
                {"name": "silver", "vms": [
                    {"name": f"s{n}", "vapp": "bank", "metadata": {"tier": "prod"}} for n in range(3)
                ]},
            ],
        }
    ],
    "edges": [_org("acme", edges=[{"name": name} for name in ("e1", "org_acme", "vdc_gold", "all", "vca_edges")])],
    "one": [_org("acme", {"name": "web", "vapp": "shop"}, {"name": "db", "vapp": "shop"})],
    "two": [_org("acme", {"name": "web", "vapp": "shop"}, {"name": "db", "vapp": "shop"},
                 *({"name": "web", "vapp": f"a{n}"} for n in range(4)))],
    "zero": [_org("acme", {"name": "a", "vapp": "v", "metadata": {"n": 0, "on": "2026-01-02"}},
                  {"name": "b", "vapp": "v", "metadata": {"n": 7}}, {"name": "gone", "vapp": "v", "is_deleted": True})],
    "chars": [_org("acme", {"name": "a", "vapp": "web-1"}, {"name": "b", "vapp": "web_1"},
                   {"name": "c", "vapp": "web 1"}, {"name": "d", "vapp": "e", "metadata": {"x_y": "z"}},
                   {"name": "f", "vapp": "e", "metadata": {"x": "y_z"}})],
    "other": [_org("globex", {"name": "vapp_shop", "vapp": "own"}, {"name": "web", "vapp": "own"})],
}  # fmt: skip


class Inventories:
    """Many inventories, which are read in one Ansible process.

    Each inventory has a name, and can read any of the simulated clouds.
    """

    def __init__(self, folder: Path, servers: dict[str, SimulatorServer]) -> None:
        self._folder, self._servers = folder, servers
        self._scenarios: list[dict[str, Any]] = []
        self._names: list[str] = []
        self._found: dict[str, Any] = {}

    def add(self, name: str, *files: tuple[str, dict[str, Any]] | str, env: dict[str, str] | None = None) -> None:
        """Add inventory files: pairs of a simulated cloud and options, or text in YAML."""
        sources = []
        for number, file in enumerate(files):
            if isinstance(file, str):
                path, text = self._folder / f"{name}-{number}.yml", file
            else:
                world, options = file
                told = self._servers[world].env()
                reached = {"url": told["VCA_URL"], "org": told["VCA_ORG"], "username": "ops", "password": "pw"}
                given = {"plugin": "vcloudair.cloud.vca_vms", **reached, "ca_path": told["VCA_CA_PATH"], **options}
                path, text = self._folder / f"{name}-{number}.vca.yml", yaml.safe_dump(given)
            path.write_text(text, encoding="utf-8")
            sources.append(str(path))
        self._names.append(name)
        self._scenarios.append({"sources": sources, "env": env or {}})

    def run(self) -> None:
        env = environment({"VCA_SESSION_CACHE": "false"}, self._folder)
        env["ANSIBLE_COLLECTIONS_PATH"] = str(ROOT / "collections")
        probe = [sys.executable, "-m", "tests.support.inventory_probe"]
        done = processes.run(probe, input=json.dumps(self._scenarios), env=env, cwd=ROOT, text=True,
                              capture_output=True, check=False, timeout=500)  # fmt: skip
        assert done.returncode == 0, done.stderr
        self._found = dict(zip(self._names, json.loads(done.stdout), strict=True))

    def __getitem__(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self._found[name]
        return found


STATIC = "static_group: {hosts: {old-host: {}}}\nungrouped: {hosts: {vapp_bank: {}}}\n"
SAME_NAMES = "prod: {hosts: {web: {ansible_host: 10.9.9.9}, db: {ansible_user: me}}}\n"
SCENARIOS: tuple[Callable[[Inventories], None], ...] = (
    lambda to: to.add("odd", STATIC, ("odd", EXPRESSIONS)),
    lambda to: to.add("edges", ("edges", {"plugin": "vcloudair.cloud.vca_edges"})),
    lambda to: to.add("before", ("one", {})),
    lambda to: to.add("after", ("two", {})),
    lambda to: to.add("qualify", ("two", {"duplicates": "qualify"})),
    lambda to: to.add("own names", ("one", {"keyed_groups": [{"key": "inventory_hostname", "separator": ""}]})),
    lambda to: to.add("loop", ("one", {"keyed_groups": [{"key": "vca_vapp", "parent_group": "_{{ vca_vapp }}"}]})),
    lambda to: to.add("misspelled", ("one", {"keyed_group": []})),
    lambda to: to.add("misspelled edge", ("edges", {"plugin": "vcloudair.cloud.vca_edges", "groupby": "org"})),
    lambda to: to.add("misspelled source", ("one", {"sources": [{"vdc_s": "gold"}]})),
    lambda to: to.add("misspelled key", ("one", {"keyed_groups": {"key": "vca_vapp", "prefx": "x"}})),
    lambda to: to.add("words", ("zero", {
        "vdcs": "gold", "metadata": "n", "group_by": "metadata", "hostvars": "name",
        "include": "vca_name in ['a', 'b']", "hostnames": "vca_name ~ '-' ~ vca_metadata.n",
    })),
    lambda to: to.add("templates", ("zero", {
        "vdcs": "{{ ['gold'] }}", "metadata": "{{ ['n'] }}", "where": {"metadata:n": "{{ 7 }}"}, "nics": "{{ false }}",
        "group_by": "{{ lookup('env', 'GROUPS') }}",
    }), env={"GROUPS": "org,metadata"}),
    lambda to: to.add("no template", ("zero", {"vdcs": "{{ nobody_knows }}"})),
    lambda to: to.add("source", ("zero", {"sources": {"vdcs": "gold"}})),
    lambda to: to.add("no mapping", ("zero", {"where": "gold"})),
    lambda to: to.add("no sources", ("zero", {"sources": "acme"})),
    lambda to: to.add("zero", ("zero", {
        "metadata": ["n"], "hostnames": ["vca_metadata.n"], "keyed_groups": [{"key": "vca_metadata.n", "prefix": "n"}],
        "where": {"metadata:n": 0},
    })),
    lambda to: to.add("empty", ("zero", dict.fromkeys(["vdcs", "include", "where", "sources"]) | {"metadata": ""})),
    lambda to: to.add("chars", ("chars", {"metadata": ["x", "x_y"]})),
    lambda to: to.add("chars always", ("chars", {}), env={"ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS": "always"}),
    lambda to: to.add("chars ignore", ("chars", {"keyed_groups": [{"key": "vca_vapp", "prefix": "k"}]}),
                      env={"ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS": "ignore"}),
    lambda to: to.add("chars never", ("chars", {}), env={"ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS": "never"}),
    lambda to: to.add("static hosts", SAME_NAMES, ("one", {})),
    lambda to: to.add("two sources", ("other", {}), ("one", {})),
)  # fmt: skip


@pytest.fixture(scope="module")
def inventories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inventories]:
    folder = tmp_path_factory.mktemp("inventories")
    with ExitStack() as stack:
        servers = {}
        for name, orgs in WORLDS.items():
            file = folder / f"world-{name}.yml"
            file.write_text(yaml.safe_dump({"orgs": orgs}), encoding="utf-8")
            config = SimulatorConfig(profile="vcd", inventory_file=str(file))
            servers[name] = stack.enter_context(SimulatorServer(config))
        made = Inventories(folder, servers)
        for scenario in SCENARIOS:
            scenario(made)
        made.run()
        yield made


def _named(found: dict[str, Any], group: str) -> list[str]:
    return sorted(found["hosts"][host]["vca_name"] for host in found["groups"][group])


def _said(found: dict[str, Any]) -> str:
    return " ".join([*found["said"], found["error"]])


def test_vm_names_never_change_a_group(inventories: Inventories) -> None:
    found = inventories["odd"]
    bank = ["s0", "s1", "s2"]
    assert _named(found, "vapp_shop") == sorted(["web", *ODD])
    for group in ("vapp_bank", "vdc_silver", "metadata_tier_prod", "tier_prod", "parents", "by_composed"):
        assert _named(found, group) == bank, group
    for group in ("org_acme", "power_on", "network_lan", "os_linux", "vca", "both"):
        assert _named(found, group) == sorted([*bank, "web", *ODD]), group
    assert found["groups"]["static_group"] == ["old-host"]
    assert found["groups"]["ungrouped"] == ["vapp_bank"]
    assert len(found["groups"]["all"]) == 3 + 1 + len(ODD) + 2
    assert not set(found["hosts"]) & set(ODD)
    assert found["hosts"]["all_shop"]["vca_name"] == "all"
    assert "names of groups" in _said(found) and "(now " in _said(found)
    assert "group vapp_bank and a host of another inventory source have the same name" in _said(found)


def test_edge_gateway_names_never_change_a_group(inventories: Inventories) -> None:
    found = inventories["edges"]
    assert len(found["hosts"]) == 5
    for group in ("vca_edges", "org_acme", "vdc_gold", "all"):
        assert len(found["groups"][group]) == 5, group
    assert "org_acme (now org_acme_gold)" in _said(found)


def test_groups_from_host_names(inventories: Inventories) -> None:
    found = inventories["own names"]
    assert len(found["hosts"]) == 2
    assert all(len(found["groups"][group]) == 2 for group in ("vca", "vapp_shop"))


def test_an_invalid_parent_group_is_reported(inventories: Inventories) -> None:
    found = inventories["loop"]
    assert len(found["groups"]["vapp_shop"]) == 2
    assert "cannot be the parent of" in _said(found)


def test_two_inventory_files_keep_their_vms_separate(inventories: Inventories) -> None:
    found = inventories["two sources"]
    assert _named(found, "vapp_shop") == ["db", "web"]
    assert _named(found, "org_globex") == ["vapp_shop", "web"]
    assert found["hosts"]["web"]["vca_org"] == "globex" and found["hosts"]["web_shop"]["vca_org"] == "acme"


def test_vm_with_the_name_of_another_host_is_a_different_host(inventories: Inventories) -> None:
    found = inventories["static hosts"]
    assert found["groups"]["vapp_shop"] == ["db", "web_shop"]
    assert found["groups"]["prod"] == ["db", "web"]
    assert found["hosts"]["web"]["ansible_host"] == "10.9.9.9" and "vca_id" not in found["hosts"]["web"]
    assert found["hosts"]["db"]["ansible_user"] == "me" and found["hosts"]["db"]["vca_name"] == "db"


def test_new_vm_with_the_same_name_does_not_rename_the_older_vm(inventories: Inventories) -> None:
    before, after = inventories["before"]["hosts"], inventories["after"]["hosts"]
    assert {name: host["vca_id"] for name, host in before.items()}.items() <= {
        name: host["vca_id"] for name, host in after.items()
    }.items()
    assert set(after) == {"web", "db", "web_a0", "web_a1", "web_a2", "web_a3"}
    assert "several VMs have the name web" in _said(inventories["after"])


def test_qualify_renames_all_duplicates(inventories: Inventories) -> None:
    assert set(inventories["qualify"]["hosts"]) == {"web_shop", "db", "web_a0", "web_a1", "web_a2", "web_a3"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("misspelled", "'keyed_group' is not an option of this inventory plugin. Did you mean 'keyed_groups'?"),
        ("misspelled edge", "'groupby' is not an option of this inventory plugin. Did you mean 'group_by'?"),
        ("misspelled source", "'vdc_s' is not an option of a source. Did you mean 'vdcs'?"),
        ("misspelled key", "'prefx' is not a key of keyed_groups[0]. Did you mean 'prefix'?"),
        ("no mapping", "where must be a mapping of names to values, not 'gold'."),
        ("no sources", "sources must be a list of mappings, not 'acme'."),
    ],
)
def test_invalid_options_are_rejected_by_name(inventories: Inventories, name: str, said: str) -> None:
    assert not inventories[name]["hosts"]
    assert said in _said(inventories[name]).replace('\\"', '"').replace("\\'", "'")


def test_a_single_value_is_a_list(inventories: Inventories) -> None:
    found = inventories["words"]
    assert set(found["hosts"]) == {"a-0", "b-7"}
    assert set(found["groups"]) == {"all", "ungrouped", "vca", "metadata_n_0", "metadata_n_7"}
    assert set(found["hosts"]["a-0"]) == {"inventory_file", "inventory_dir", "vca_name"}
    assert set(inventories["source"]["hosts"]) == {"a", "b"}


def test_templates_are_rendered(inventories: Inventories) -> None:
    found = inventories["templates"]
    assert set(found["hosts"]) == {"b"}
    assert set(found["groups"]) == {"all", "ungrouped", "vca", "org_acme", "metadata_n_7"}
    assert "Rendering the template of vdcs failed" in _said(inventories["no template"])


def test_zero_counts_as_a_value_and_empty_values_do_not(inventories: Inventories) -> None:
    found = inventories["zero"]
    assert set(found["hosts"]) == {"0"}
    assert found["groups"]["n_0"] == ["0"]
    assert set(inventories["empty"]["hosts"]) == {"a", "b"}


def test_group_names_follow_the_ansible_setting(inventories: Inventories) -> None:
    as_they_are = {"vapp_web-1", "vapp_web_1", "vapp_web 1"}
    for name in ("chars ignore", "chars never"):
        assert as_they_are <= set(inventories[name]["groups"]), name
        assert "were merged into" not in _said(inventories[name])
    assert {"k_web-1", "k_web 1"} <= set(inventories["chars ignore"]["groups"])
    for name in ("chars", "chars always"):
        found = inventories[name]
        assert not as_they_are - {"vapp_web_1"} & set(found["groups"])
        assert "3 groups were merged into vapp_web_1: 'vapp_web 1', 'vapp_web-1', 'vapp_web_1'." in _said(found)
    assert "2 groups were merged into metadata_x_y_z: 'metadata x=y_z', 'metadata x_y=z'." in _said(
        inventories["chars"]
    )
