"""Check that each code block of a page is executed, or listed with a reason.

A block is executed if it is marked ``run``. A block that creates or extends a file (``file=``, ``append=``) counts as
executed if an executed block uses the file.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.documents import ROOT, SHELLS, Block, blocks, pages

NOT_EXECUTED = {
    ("CONTRIBUTING.md", "git clone"): "installs from the network; tests/demos does it for the README",
    ("CONTRIBUTING.md", ".venv/bin/pytest"): "runs tests",
    (
        "docs/how-to/simulator-in-ci.md",
        "# .github/workflows",
    ): "tests/contract/test_ci_examples.py runs its steps",
    ("docs/how-to/simulator-in-ci.md", "# .gitlab-ci.yml"): "tests/contract/test_ci_examples.py runs its steps",
    **{
        ("docs/how-to/simulator-in-a-container.md", start): "needs a container engine; tests check the files"
        for start in ("docker compose up", "podman build", "services:", "docker compose down")
    },
    ("docs/how-to/nat.md", "- name: Keep internal"): "needs an NSX-T edge gateway; unit tests use the same options",
    (
        "docs/how-to/load-balancer.md",
        "- name: Publish two",
    ): "needs an NSX-T edge gateway; unit tests use the same options",
    ("docs/how-to/groups.md", "- name: Group VMs of"): "needs a VDC group; unit tests use the same options",
    ("README-collection.md", "python3 -m venv"): "installs packages; the session package installs wheel and tarball",
    ("README.md", "make demo"): "tests/demos/test_demo.py runs the first, and every run of the tests is the second",
    ("README.md", "pip install"): "needs a release; the session package installs the wheel and the collection",
    (
        "docs/how-to/awx.md",
        ".venv/bin/nox -s execution",
    ): "needs a registry; tests/cores makes an environment of the same context",
    ("docs/how-to/awx.md", "cp -R awx/project"): "pushes to a repository of the reader's",
    (
        "docs/how-to/awx.md",
        "export CONTROLLER_HOST",
    ): "needs an AWX; tests run awx/setup.yml with the modules of awx.awx",
    ("docs/how-to/awx.md", "vca edge export --edge"): "commits and pushes to a repository of the reader's",
    (
        "docs/explanation/performance.md",
        "nox -s bench",
    ): "takes half an hour; a part is among the figures",
    ("docs/how-to/audit-log.md", "import json"): "needs a log server; the page of the hook runs a plugin",
    ("docs/reference/audit-record.md", '{"format"'): "an example; tests/unit/audit checks the keys of real records",
    (
        "docs/how-to/contexts-and-login.md",
        "- name: Read the firewall, and",
    ): "tests/e2e/test_logout_role.py runs such a play",
    ("docs/how-to/install.md", "git clone"): "fetches the sources that the reader of this test has",
    ("docs/how-to/install.md", "pip install -e"): "asks the package index; a test follows the README, which has it",
    ("docs/how-to/install.md", "ansible-galaxy"): "would replace the collection of the reader's user",
    ("docs/how-to/install.md", "pip install 'vcloudair-core[cli]'"): "works once a release is published",
    ("docs/how-to/install.md", "git pull"): "asks the repository and the package index",
    ("docs/how-to/install.md", "pip uninstall"): "would remove what the other tests need",
    (
        "docs/how-to/certificates.md",
        "- name: Read the certificates",
    ): "is the example of vca_certificate_info, shortened",
    ("docs/how-to/metrics.md", "scrape_configs:"): "is for Prometheus; tests/e2e/test_exporter.py starts one",
    (
        "docs/how-to/migrate-from-ansible-module-vcloud-director.md",
        "- hosts:",
    ): "the code is not a collection and cannot be installed",
    ("docs/how-to/migrate-from-terraform.md", "resource "): "needs Terraform, its provider, and a cloud",
    ("docs/how-to/migrate-from-terraform.md", "terraform import"): "needs Terraform, its provider, and a state",
    ("docs/how-to/migrate-from-terraform.md", "terraform state rm"): "needs Terraform and a state of its",
    ("docs/how-to/migrate-from-vca-fw.md", "- hosts: localhost"): "no Ansible of today has these modules",
    (
        "docs/how-to/drill-program.md",
        "NAME     WHAT",
    ): "needs the runs of months; tests/unit/recovery/drills checks states and trends of such runs",
    (
        "docs/how-to/share-runs-between-hosts.md",
        "export VCA_STATE_URL",
    ): "needs a folder of several hosts; tests/e2e/test_shared_runs.py runs hosts that share a folder",
    (
        "docs/how-to/share-runs-between-hosts.md",
        "pip install '.[s3]'",
    ): "needs a bucket; tests/e2e/test_shared_runs.py has a server with the API of S3",
    (
        "docs/how-to/share-runs-between-hosts.md",
        "vca dr resume --take-over",
    ): "needs a lost host; tests/e2e/test_shared_runs.py ends one",
    ("docs/how-to/proxy-and-ca-certificates.md", "export HTTPS_PROXY"): "needs a proxy",
    (
        "docs/reference/simulator.md",
        "vca sim record",
    ): "serves until it is stopped; tests/unit/cli/commands/test_sim_record.py serves what it records",
    ("docs/reference/simulator.md", "python -c"): "tests/benchmarks/test_simulator_cost.py measures the same",
    ("docs/how-to/event-driven-ansible.md", "export VCA_URL"): "needs Java for ansible-rulebook",
    ("docs/how-to/event-driven-ansible.md", "- name: Repair drift"): "needs Java for ansible-rulebook, and an AWX",
    ("docs/how-to/simulator-in-ci.md", "pip install"): "asks the package index",
    (
        "docs/how-to/write-a-plugin.md",
        "[project.entry-points",
    ): "a part of what `vca plugins new` writes, which is installed",
    (
        "docs/how-to/write-a-plugin.md",
        "from vcloudair_core.testing import Conf",
    ): "a part of what `vca plugins new` writes and runs",
    ("docs/reference/cli.md", "vca "): "examples of the help; tests/unit/cli/test_help_text.py parses each",
    ("docs/reference/recovery-report.md", "from vcloudair_core import Settings"): "needs the journal of a run",
    (
        "docs/reference/settings.md",
        '{"refresh_token"',
    ): "a file format; tests/unit/session/auth/test_api_token_file.py reads it",
}
"""Reasons why blocks are not executed, by page and first words of the block."""
DRAWINGS = ""
"""Languages of blocks that do not contain code."""


def _is_signature(page: Path, block: Block) -> bool:
    """Return True for the signature of a hook. test_hooks_docs.py checks signatures."""
    return page.parent.name == "hooks" and block.text.startswith(f"def {page.stem}(") and block.text.count("\n") == 1


def _is_message(page: Path, block: Block) -> bool:
    """Return True if a block shows an HTTP request or response."""
    return page.parent.name == "protocol" and block.language in ("xml", "json", "http", "text")


def _is_note(block: Block) -> bool:
    """Return True if a block consists of comments only."""
    return all(line.startswith("#") for line in block.text.splitlines() if line.strip())


def _written(block: Block) -> str:
    """Return the file that a block creates or extends."""
    return next((word.partition("=")[2] for word in block.words if word.startswith(("file=", "append="))), "")


def _used_files(page: Path) -> set[str]:
    """Return the files that executed blocks use, directly or through other files."""
    files = {name: block.text for block in blocks(page) if (name := _written(block))}
    used: set[str] = set()
    waiting = [block.text for block in blocks(page) if block.is_run]
    while waiting:
        text = waiting.pop()
        named = {
            name for name in files if any(_has_name(text, path_name) for path_name in (name, name.split("/")[0]))
        } - used
        used |= named
        waiting += [files[name] for name in named]
    return used


def _has_name(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) is not None


def _shown(page: Path) -> list[Block]:
    used = _used_files(page)
    return [
        block
        for block in blocks(page)
        if not (block.language == DRAWINGS or block.is_run or block.is_output or _written(block) in used)
        and not (_is_signature(page, block) or _is_message(page, block) or _is_note(block))
    ]


def _reason(page: Path, block: Block) -> tuple[str, str] | None:
    name = str(page.relative_to(ROOT))
    return next((key for key in NOT_EXECUTED if key[0] == name and block.text.startswith(key[1])), None)


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_is_executed_or_has_a_reason(page: Path) -> None:
    neither = [f"{page.name}:{block.line} ({block.language})" for block in _shown(page) if not _reason(page, block)]
    assert neither == []


def test_every_reason_has_a_block() -> None:
    used = {_reason(page, block) for page in pages() for block in _shown(page)}
    assert [key for key in NOT_EXECUTED if key not in used] == []


def test_executed_blocks_have_a_supported_language() -> None:
    odd = [
        f"{page.name}:{block.line} ({block.language})"
        for page in pages()
        for block in blocks(page)
        if block.is_run and block.language not in {*SHELLS, "python"}
    ]
    assert odd == []


def test_text_blocks_are_not_code() -> None:
    code = re.compile(r"^(\$ |- |import |from \w+ import |def |vca |ansible-|\w+:\s*$)", re.MULTILINE)
    drawn = [(page, block) for page in pages() for block in blocks(page) if block.language == DRAWINGS]
    assert [f"{page.name}:{block.line}" for page, block in drawn if code.search(block.text)] == []
    assert drawn
