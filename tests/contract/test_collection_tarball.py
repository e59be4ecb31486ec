"""Tests of the collection tarball: only expected files, and no broken links."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.ansible import BIN
from tests.support.documents import ROOT

REPOSITORY = "https://github.com/vcloudair/cloud"
"""The repository URL in galaxy.yml, the only external URL that the tests allow."""
TRUSTED = ("https://docs.ansible.com/",)
EXACT = {
    "MANIFEST.json", "FILES.json", "README.md", "CHANGELOG.md", "LICENSE", "requirements.txt", "bindep.txt",
    "meta/runtime.yml", "meta/execution-environment.yml", "changelogs/config.yaml",
    "extensions/audit/event_query.yml",
    "extensions/eda/plugins/event_source/vca_events.py", "extensions/eda/rulebooks/vca_events.yml",
}  # fmt: skip
PATTERNS = (
    r"changelogs/changelog\.yaml",
    r"playbooks/(files/)?[a-z_]+\.yml",
    r"playbooks/examples/([a-z0-9_]+\.yml|files/[a-z0-9_]+\.(yml|csv|json))",
    r"plugins/(action|callback|doc_fragments|inventory|lookup|module_utils|modules|plugin_utils)/_?[a-z0-9_]+\.py",
    r"roles/[a-z_]+/(README\.md|(defaults|meta|tasks|vars)/[a-z_]+\.yml)",
)
STRAY = (
    ".env", ".github/workflows/test.yml", "Containerfile", "README.md", "SUPPORT.md", "awx/setup.yml", "compose.yaml",
    "notes.md", "password.txt", "playbooks/group_vars/all.yml", "playbooks/vault.json", "plugins/modules/old.py.orig",
    "plugins/modules/__pycache__/x.pyc", "plugins/readme.md", "roles/dr_drill/files/key.pem", "tests/unit/test_x.py",
    "vcloudair_core/__init__.py", "vcloudair-cloud-0.0.1.tar.gz",
)  # fmt: skip
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_ADDRESS = re.compile(r"https?://[^\s)>\"'`\]]+")


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the extracted tarball."""
    folder = tmp_path_factory.mktemp("tarball")
    command = [sys.executable, "tools/build_collection.py", str(folder)]
    tarball = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
    with tarfile.open(tarball) as opened:
        opened.extractall(folder / "content", filter="data")
    return folder / "content"


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_tarball_has_exactly_the_expected_files(content: Path) -> None:
    names = files(content)
    assert EXACT - names == set()
    assert [name for name in names - EXACT if not any(re.fullmatch(pattern, name) for pattern in PATTERNS)] == []
    for folder in ("plugins", "playbooks", "roles"):
        tracked = subprocess.run(["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=True)
        assert set(tracked.stdout.split()) == {name for name in names if name.startswith(f"{folder}/")}


def test_tarball_excludes_unlisted_files(content: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(content, source, ignore=shutil.ignore_patterns("MANIFEST.json", "FILES.json"))
    (source / "README.md").rename(source / "README-collection.md")
    shutil.copy(ROOT / "galaxy.yml", source)
    for name in STRAY:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("stray", encoding="utf-8")
    command = [str(BIN / "ansible-galaxy"), "collection", "build", "--output-path", str(tmp_path), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as tarball:
        names = {member.name for member in tarball.getmembers() if member.isfile()}
    assert names & set(STRAY) == set()
    assert names - {"README-collection.md"} == files(content) - {"README.md"}


def links(content: Path) -> Iterator[tuple[Path, str]]:
    """Yield (page, link) for each link in a page and each URL in a YAML file."""
    for path in sorted(content.rglob("*")):
        if path.suffix == ".md":
            text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
            yield from ((path, link) for link in _LINK.findall(text))
        elif path.suffix in (".yml", ".yaml"):
            yield from ((path, link) for link in _ADDRESS.findall(path.read_text(encoding="utf-8")))


def test_tarball_has_no_broken_links(content: Path) -> None:
    dead = [
        f"{path.relative_to(content)}: {link}"
        for path, link in links(content)
        if not is_valid_link(content, path, link)
    ]
    assert dead == []


def is_valid_link(content: Path, page: Path, link: str) -> bool:
    """Return True if a link leads to a file of the tarball or to a known URL."""
    if re.search(r"//[\w.-]*example\.(com|org|net)|//(\[?::1|localhost|\d+\.\d+\.\d+\.\d+)|[{<]", link):
        return True  # a placeholder for the reader to replace
    if "://" not in link:
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        return target.exists() and target.is_relative_to(content) and (not anchor or anchor in _anchors(target))
    if link.startswith(f"{REPOSITORY}/blob/main/"):
        return (ROOT / link.removeprefix(f"{REPOSITORY}/blob/main/").partition("#")[0]).is_file()
    return link in (REPOSITORY, f"{REPOSITORY}/issues") or link.startswith(TRUSTED)


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    "link",
    ["docs/how-to/awx.md", "../README.md", "#nowhere", "https://pypi.org/project/vcloudair-core/",
     f"{REPOSITORY}/blob/main/docs/nowhere.md", "https://galaxy.ansible.com/vcloudair/cloud"],
)  # fmt: skip
def test_detects_a_broken_link(content: Path, link: str) -> None:
    assert not is_valid_link(content, content / "README.md", link)


def test_metadata_addresses_are_those_of_the_repository() -> None:
    about = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    for field in ("repository", "documentation", "homepage", "issues"):
        assert re.fullmatch(rf"{REPOSITORY}(/issues|/tree/main/docs)?", about[field]), field
    assert about["repository"] == REPOSITORY
