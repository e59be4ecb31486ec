"""Tests of the vca_vms inventory, facts and lookup with Ansible commands over TLS."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import processes
from tests.support.ansible import BIN, ROOT, environment, run_module, run_playbook
from vcloudair_core import Secret, connect
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

EVIL = "{{ lookup('pipe', 'touch %s') }}"


@pytest.fixture(scope="module")
def marker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of a file that exists only if a name was executed as a template."""
    return tmp_path_factory.mktemp("evil") / "pwned"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, marker: Path) -> Iterator[SimulatorServer]:
    machines: list[dict[str, Any]] = [
        {"name": "web", "vapp": "shop", "ip_address": "10.0.0.1", "metadata": {"tier": "gold", "fqdn": "w.example"},
         "more_nics": [{"network": "dmz", "ip_address": "10.1.0.1"}]},
        {"name": "web", "vapp": "blog", "status": "POWERED_OFF"},
        {"name": EVIL % marker, "vapp": "a {{ 7 * 7 }} b", "guest_os": "Microsoft Windows Server 2016 (64-bit)"},
        {"name": "db", "vapp": "shop", "memory_mb": 32768, "network": "back end"},
    ]  # fmt: skip
    gold = {"name": "gold", "edges": [{"name": "web-edge"}], "vms": machines, "templates": [{"name": "linux"}]}
    silver = {"name": "silver", "vms": [{"name": "silver-vm", "vapp": "calm"}]}
    user = [{"name": "ops", "password": "sesame-1"}]
    other = [{"name": "ops", "password": "sesame-2"}]
    orgs = [
        {"name": "acme", "users": user, "vdcs": [gold, silver]},
        {"name": "globex", "users": other, "vdcs": [{"name": "iron", "vms": [{"name": "iron-vm", "vapp": "forge"}]}]},
    ]
    inventory = tmp_path_factory.mktemp("cloud") / "cloud.yml"
    inventory.write_text(yaml.safe_dump({"orgs": orgs}), encoding="utf-8")
    with SimulatorServer(SimulatorConfig(profile="vcd", inventory_file=str(inventory))) as running:
        yield running


@pytest.fixture
def env(server: SimulatorServer, tmp_path: Path) -> dict[str, str]:
    server.simulator.request_log.clear()
    found = environment(server.env(), tmp_path)
    found.pop("VCA_VDC", None)
    return {**found, "VCA_SESSION_CACHE": "false"}


def listed(env: Mapping[str, str], folder: Path, *, fails: bool = False, **options: Any) -> dict[str, Any]:
    """Return the output of ``ansible-inventory --list`` for a file with these options.

    The key ``said`` contains the standard error on one line.
    """
    file = folder / "cloud.vca.yml"
    file.write_text(yaml.safe_dump({"plugin": "vcloudair.cloud.vca_vms", **options}), encoding="utf-8")
    command = [str(BIN / "ansible-inventory"), "-i", str(file), "--list", "--export"]
    done = processes.run(
        command, cwd=ROOT, env={**env, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}, text=True,
        capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    assert bool(done.returncode) == fails, done.stderr
    found: dict[str, Any] = _plain(json.loads(done.stdout)) if not fails else {}
    return {**found, "said": " ".join(done.stderr.split())}


def _plain(value: Any) -> Any:
    """Return a value without Ansible's marks for unsafe text."""
    if isinstance(value, dict):
        if set(value) == {"__ansible_unsafe"}:
            return value["__ansible_unsafe"]
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _vars(found: Mapping[str, Any], host: str) -> dict[str, Any]:
    variables: dict[str, Any] = found["_meta"]["hostvars"][host]
    return variables


def test_environment_variables_are_sufficient(
    env: dict[str, str], tmp_path: Path, server: SimulatorServer, marker: Path
) -> None:
    found = listed(env, tmp_path)
    evil = EVIL % marker
    assert set(found["vca"]["hosts"]) == {"web", "web_blog", evil, "db", "silver-vm"}
    assert set(found["vapp_shop"]["hosts"]) == {"db", "web"}
    assert found["power_off"]["hosts"] == ["web_blog"]
    assert found["os_windows"]["hosts"] == [evil]
    assert found["vdc_silver"]["hosts"] == ["silver-vm"]
    assert "network_back_end" in found and "org_acme" in found
    assert _vars(found, "web")["ansible_host"] == "10.0.0.1"
    assert _vars(found, evil)["vca_vapp"] == "a {{ 7 * 7 }} b"
    assert "several VMs have the name web" in found["said"]
    assert not marker.exists()
    # Versions, sign-in, VDCs, one page, the age of two VMs with the same name, sign-out.
    assert len(server.simulator.request_log.entries()) == 7


def test_names_of_the_api_are_never_templated(env: dict[str, str], tmp_path: Path, marker: Path) -> None:
    file = tmp_path / "cloud.vca.yml"
    file.write_text("plugin: vcloudair.cloud.vca_vms\n", encoding="utf-8")
    shown = ["-i", str(file), "all", "-c", "local", "-m", "debug", "-a", "msg={{ vca_name }}/{{ vca_vapp }}"]
    done = processes.run([str(BIN / "ansible"), *shown], cwd=ROOT, env=env, text=True, capture_output=True, check=True)
    assert "a {{ 7 * 7 }} b" in done.stdout and "a 49 b" not in done.stdout
    assert not marker.exists()


def test_options(env: dict[str, str], tmp_path: Path) -> None:
    found = listed(
        env,
        tmp_path,
        vdcs=["gold"],
        where={"status": "POWERED_ON"},
        exclude=["'{{' in vca_name"],
        metadata=["tier", "fqdn"],
        nics=True,
        hostnames=["vca_metadata.fqdn", "vca_vapp ~ '-' ~ vca_name"],
        ansible_host=["vca_ip_addresses | last | default('')"],
        hostvars=["memory_mb", "metadata", "nics"],
        group_by=["metadata"],
        root_group="machines",
        compose={"big": "vca_memory_mb > 16384"},
        keyed_groups=[{"key": "vca_power", "prefix": "is"}],
        groups={"large": "vca_memory_mb > 16384"},
        strict=False,
    )
    assert set(found["machines"]["hosts"]) == {"w.example", "shop-db"}
    assert found["metadata_tier_gold"]["hosts"] == ["w.example"]
    assert found["large"]["hosts"] == ["shop-db"] and _vars(found, "shop-db")["big"] is True
    assert set(found["is_on"]["hosts"]) == {"w.example", "shop-db"}
    web = _vars(found, "w.example")
    assert web["ansible_host"] == "10.1.0.1"
    assert [nic["network"] for nic in web["vca_nics"]] == ["lan", "dmz"]
    assert set(web) == {"ansible_host", "big", "vca_memory_mb", "vca_metadata", "vca_nics"}
    assert "vapp_shop" not in found


def test_vms_of_templates_are_added_only_on_request(env: dict[str, str], tmp_path: Path) -> None:
    assert "linux-vm" in listed(env, tmp_path, templates=True)["vca"]["hosts"]


def test_two_organizations_and_a_templated_password(env: dict[str, str], tmp_path: Path) -> None:
    sources = [{"org": "acme", "vdcs": ["silver"]},
               {"org": "globex", "password": "{{ lookup('ansible.builtin.env', 'GLOBEX') }}"}]  # fmt: skip
    found = listed({**env, "GLOBEX": "sesame-2"}, tmp_path, sources=sources)
    assert set(found["vca"]["hosts"]) == {"silver-vm", "iron-vm"}
    assert found["org_globex"]["hosts"] == ["iron-vm"]


def test_failing_source_is_reported_and_other_sources_are_read(env: dict[str, str], tmp_path: Path) -> None:
    sources = [{"org": "acme", "vdcs": ["silver", "nowhere"]}, {"org": "globex", "password": "wrong-password"}]
    found = listed(env, tmp_path, sources=sources, cache=True, cache_plugin="ansible.builtin.jsonfile",
                   cache_connection=str(tmp_path / "cache"))  # fmt: skip
    assert found["vca"]["hosts"] == ["silver-vm"]
    assert "'nowhere'" in found["said"] and "globex" in found["said"]
    assert "wrong-password" not in found["said"]
    assert not list((tmp_path / "cache").glob("*")), "a result that misses something is not to be kept"
    strict = listed(env, tmp_path, fails=True, sources=sources, strict=True)
    assert "'nowhere'" in strict["said"] and "wrong-password" not in strict["said"]


def test_second_run_with_cache_sends_no_calls(env: dict[str, str], tmp_path: Path, server: SimulatorServer) -> None:
    options: dict[str, Any] = {
        "cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache"),
        "metadata": ["tier"],
    }  # fmt: skip
    first = listed(env, tmp_path, **options)
    server.simulator.request_log.clear()
    assert {**listed(env, tmp_path, **options), "said": ""} == {**first, "said": ""}
    assert server.simulator.request_log.entries() == []
    kept = "".join(path.read_text() for path in (tmp_path / "cache").iterdir())
    assert "sesame" not in kept
    # Other conditions have another cache key.
    assert set(listed(env, tmp_path, **options, where={"name": "db"})["vca"]["hosts"]) == {"db"}


def test_the_cache_belongs_to_an_account(env: dict[str, str], tmp_path: Path, server: SimulatorServer) -> None:
    def token(org: str, password: str) -> str:
        there = {"url": server.env()["VCA_URL"], "ca_path": server.env()["VCA_CA_PATH"], "session_cache": "false"}
        client = connect(username="ops", password=password, org=org, **there)
        client.session.login()
        credentials = client.session._credentials
        assert credentials is not None
        [value] = [secret.reveal() for secret in credentials.headers.values() if isinstance(secret, Secret)]
        return value

    bare = {name: value for name, value in env.items() if name not in ("VCA_USERNAME", "VCA_PASSWORD", "VCA_ORG")}
    options: dict[str, Any] = {
        "cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache"),
    }  # fmt: skip
    tokens = token("acme", "sesame-1"), token("globex", "sesame-2")
    first, second = (listed({**bare, "VCA_TOKEN": one}, tmp_path, **options) for one in tokens)
    assert "silver-vm" in first["vca"]["hosts"]
    assert second["vca"]["hosts"] == ["iron-vm"]
    kept = "".join(f"{path.name} {path.read_text()}" for path in (tmp_path / "cache").iterdir())
    assert not any(one in kept for one in tokens)


def test_duplicate_names_can_be_an_error(env: dict[str, str], tmp_path: Path) -> None:
    assert "Several VMs have the host name web" in listed(env, tmp_path, fails=True, duplicates="error")["said"]


def test_ansible_runner_needs_only_a_credential(
    env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ansible_runner

    monkeypatch.setenv("PATH", env["PATH"])
    project = tmp_path / "project"
    project.mkdir()
    (project / "cloud.vca.yml").write_text("plugin: vcloudair.cloud.vca_vms\n", encoding="utf-8")
    found, said = ansible_runner.get_inventory(
        "list", [str(project / "cloud.vca.yml")], response_format="json", envvars=env, quiet=True,
        private_data_dir=str(tmp_path),
    )  # fmt: skip
    assert "silver-vm" in _plain(found)["vca"]["hosts"], said


FACTS = """
- hosts: vca
  gather_facts: false
  module_defaults:
    vcloudair.cloud.vca_query_facts:
      name: "{{ vca_name }}"
      id: "{{ vca_id }}"
  tasks:
    - ansible.builtin.gather_facts:
      delegate_to: localhost
      vars:
        ansible_facts_modules: [vcloudair.cloud.vca_query_facts]
    - ansible.builtin.debug:
        msg: "GATHERED {{ inventory_hostname }} {{ ansible_facts.vca.vdc }} {{ ansible_facts.vca.memory_mb }}"
"""


def test_gather_facts_uses_the_cloud_api(env: dict[str, str], tmp_path: Path) -> None:
    file, playbook = tmp_path / "cloud.vca.yml", tmp_path / "facts.yml"
    file.write_text("plugin: vcloudair.cloud.vca_vms\nwhere: {containerName: [shop, calm]}\n", encoding="utf-8")
    playbook.write_text(FACTS, encoding="utf-8")
    run = run_playbook(str(playbook), env, "-i", str(file), "-e", f"ansible_python_interpreter={BIN / 'python'}")
    assert run.status == 0, run.output
    for line in ("GATHERED db gold 32768", "GATHERED web gold 4096", "GATHERED silver-vm silver 4096"):
        assert line in run.output, run.output


def test_the_lookup_returns_ids_or_an_error(env: dict[str, str]) -> None:
    def look(*words: str, more: str = "") -> str:
        message = f"{{{{ query('vcloudair.cloud.vca_id', {', '.join(map(repr, words))}{more}) }}}}"
        command = [str(BIN / "ansible"), "localhost", "-m", "debug", "-a", json.dumps({"msg": message})]
        done = processes.run(command, cwd=ROOT, env=env, text=True, capture_output=True, check=False)
        return " ".join((done.stdout + done.stderr).split())

    edge = run_module("vca_query_info", {"type": "edgeGateway", "expect": "one"}, env)
    assert edge.status == 0, edge.output
    found = look("web-edge", more=", type='edgeGateway'")
    assert next(word for word in found.split('"') if word.count("-") == 4) in edge.output
    assert "Object not found: vm with name = 'missing'" in look("missing").replace("\\", "")
    several = look("web", more=", where={'isVAppTemplate': false}")
    assert "2 objects match vm with" in several and "containerName=blog" in several
    assert "is not an attribute" in look("web", more=", where={'na me': 1}")
