"""Run AWX jobs with ansible-runner, and check that no secrets leak."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import ansible_runner
import pytest
import yaml

from tests.support.ansible import BIN, ROOT, environment
from tests.support.tiers import sampled
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

PASSWORDS = {
    "quotes": """say "it's" 'so' \\ now""",
    "percent": "100%s of %(name)s at 50%25 & more",
    "template": "{{ 7 * 7 }}${HOME}`id`",
    "short": "~^",
    "lines": "one line\nanother",
    "umlauts": "schlüssel-wörter-€",
}
KEYS = {
    "quotes": """'tis a "key"; #\\""",
    "percent": "%d%%key%20here",
    "template": "{% if x %}{{ psk }}",
    "short": "^|",
    "lines": "sixteen letters!!",
    "umlauts": "plain-but-long-enough-0815",
}
"""Pre-shared keys of tunnels, which must be printable ASCII."""
SSH_PASSWORD = "a password of VMs"


def forms(secret: str) -> set[bytes]:
    """Return a secret in plain text and as escaped in JSON, Python, URLs and headers."""
    as_json = json.dumps(secret)[1:-1]
    said = {
        secret, as_json, json.dumps(as_json)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1],
        json.dumps(repr(secret))[1:-1], secret.replace("'", "''"),
    }  # fmt: skip
    if len(secret) > 4:  # shorter secrets would be found by chance
        said |= {quote(secret), quote(secret, safe=""), quote_plus(secret)}
        said |= {base64.b64encode(f"{who}:{secret}".encode()).decode() for who in ("ops@acme", "ops")}
        said |= set(secret.splitlines()) if "\n" in secret else set()
    return {one.encode() for one in said}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorServer]:
    users = [{"name": name, "password": password} for name, password in PASSWORDS.items()]
    vdc = {"name": "gold", "edges": [{"name": "web-edge"}], "vms": [{"name": "web", "vapp": "shop"}]}
    cloud = {"orgs": [{"name": "acme", "users": users, "vdcs": [vdc]}]}
    file = tmp_path_factory.mktemp("cloud") / "cloud.yml"
    file.write_text(yaml.safe_dump(cloud), encoding="utf-8")
    with SimulatorServer(SimulatorConfig(profile="vcd", inventory_file=str(file))) as running:
        yield running


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkout of the project, including its symbolic links."""
    target = tmp_path_factory.mktemp("awx") / "project"
    left_out = shutil.ignore_patterns(".*", "*.egg-info", "__pycache__", "build", "dist", "tests", "docs", "tools")
    shutil.copytree(ROOT, target, symlinks=True, ignore=left_out)
    return target


def laid_out(folder: Path, project: Path, server: SimulatorServer, user: str, **more: str) -> Path:
    """Create a private data folder as AWX does, with the credential of a user."""
    env = environment(server.env(), folder)
    credential = {"VCA_USERNAME": user, "VCA_PASSWORD": PASSWORDS[user], "BRANCH_PSK": KEYS[user], **more}
    # AWX sets only these variables. Blank fields of a credential are empty strings.
    blank = dict.fromkeys(("VCA_API_TOKEN", "VCA_TOKEN", "VCA_INSTANCE", "VCA_VALIDATE_CERTS", "VCA_TIMEOUT"), "")
    kept = {name: value for name, value in env.items() if name.startswith("VCA_") or name == "PATH"}
    variables = {
        **kept, **blank, **credential, "HOME": str(folder), "VCA_STATE_DIR": str(folder / "state"),
        "ANSIBLE_COLLECTIONS_PATH": "/runner/requirements_collections:./collections:/usr/share/ansible/collections",
        "ANSIBLE_HOME": str(folder / "ansible"), "ANSIBLE_NOCOLOR": "true",
    }  # fmt: skip
    files: dict[str, Any] = {
        "env/envvars": variables,
        "env/extravars": {"public_address": "203.0.113.20", "ansible_python_interpreter": str(BIN / "python")},
        "env/passwords": {"^SSH password:\\s*?$": SSH_PASSWORD},
        "env/settings": {"job_timeout": 0, "fact_cache_type": "jsonfile"},
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    (folder / "inventory").mkdir()
    (folder / "inventory" / "hosts").write_text("[vms]\nweb ansible_connection=local\n", encoding="utf-8")
    shutil.copytree(project, folder / "project", symlinks=True)
    return folder


def run(folder: Path, playbook: str, ident: str, **more: Any) -> Any:
    return ansible_runner.run(private_data_dir=str(folder), playbook=playbook, ident=ident, quiet=True, **more)


def leaks(folder: Path, *secrets: str) -> list[str]:
    """Return the artifact files that contain one of the secrets in any form.

    The file ``command`` is not checked. In this file, ansible-runner records its environment, and AWX removes the file
    with the folder.
    """
    files = [path for path in (folder / "artifacts").rglob("*") if path.is_file() and path.name != "command"]
    assert any("job_events" in str(path) for path in files) and any(path.name == "stdout" for path in files)
    wanted = {form for secret in secrets for form in forms(secret)}
    return [str(path) for path in files if any(form in path.read_bytes() for form in wanted)]


@pytest.mark.slow
@pytest.mark.parametrize("user", sampled(PASSWORDS, 3))
def test_second_job_changes_nothing(user: str, project: Path, server: SimulatorServer, tmp_path: Path) -> None:
    server.simulator.reset()
    folder = laid_out(tmp_path / "job", project, server, user)
    seen = []
    for ident in ("first", "second"):
        done = run(folder, "playbooks/edge_converge.yml", ident, verbosity=4 if user == "quotes" else 0)
        assert (done.rc, done.status) == (0, "successful"), done.stdout.read()
        seen.append(dict(done.stats["changed"]))
    assert seen == [{"localhost": 3}, {}]
    assert leaks(folder, PASSWORDS[user], KEYS[user], SSH_PASSWORD) == []


FACTS = [
    {
        "hosts": "vms",
        "gather_facts": False,
        "tasks": [
            {"vcloudair.cloud.vca_query_facts": {"name": "{{ inventory_hostname }}"}, "delegate_to": "localhost"},
            {"vcloudair.cloud.vca_ipsec_info": {"edge": "web-edge"}, "delegate_to": "localhost"},
        ],
    }
]


def test_facts_are_kept_without_secrets(project: Path, server: SimulatorServer, tmp_path: Path) -> None:
    server.simulator.reset()
    folder = laid_out(tmp_path / "job", project, server, "quotes")
    assert run(folder, "playbooks/edge_converge.yml", "converge").rc == 0
    (folder / "project" / "facts.yml").write_text(json.dumps(FACTS), encoding="utf-8")
    done = run(folder, "facts.yml", "facts", verbosity=4)
    assert done.rc == 0, done.stdout.read()
    kept = folder / "artifacts" / "facts" / "fact_cache"
    assert "shop" in next(kept.glob("*web")).read_text(encoding="utf-8")
    assert leaks(folder, PASSWORDS["quotes"], KEYS["quotes"], SSH_PASSWORD) == []
    assert leaks(folder, "198.51.100.7"), "values that are not secret are found, so secrets would be found too"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"VCA_PASSWORD": 'not the "right" one\'s'}, "Signing in to"),
        ({"VCA_EDGE": "web-edeg"}, "Edge gateway not found: 'web-edeg'"),
    ],
    ids=["password", "edge"],
)
def test_failed_job_shows_the_reason(
    more: dict[str, str], said: str, project: Path, server: SimulatorServer, tmp_path: Path
) -> None:
    server.simulator.reset()
    folder = laid_out(tmp_path / "job", project, server, "quotes", **more)
    done = run(folder, "playbooks/edge_converge.yml", "job", verbosity=4)
    assert (done.rc, done.status) == (2, "failed")
    failed = [event["event_data"]["res"]["msg"] for event in done.events if event["event"] == "runner_on_failed"]
    assert len(failed) == 1 and said in failed[0], failed
    assert server.simulator.request_log.entries(method="PUT") == []
    assert leaks(folder, more.get("VCA_PASSWORD", PASSWORDS["quotes"]), KEYS["quotes"], SSH_PASSWORD) == []
