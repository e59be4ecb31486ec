"""Check that files are private, and protected from links and other users."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.recovery_events import run_events
from vcloudair_core.engine.lock import held
from vcloudair_core.errors import ConfigurationError, StageError, VcloudAirError
from vcloudair_core.recovery.journal.run_folders import read_run, run_ids, runs_folder
from vcloudair_core.recovery.journal.run_journal import create_journal, reopen_journal
from vcloudair_core.recovery.journal.run_storage import JOURNAL, RunStorage
from vcloudair_core.recovery.report.report_files import save_report
from vcloudair_core.recovery.report.run_report import report_of
from vcloudair_core.recovery.run.network_changes import write_durably
from vcloudair_core.services.ans.ipsec.fingerprints import KeyFingerprints
from vcloudair_core.settings import directories
from vcloudair_core.settings.settings import Settings
from vcloudair_core.simulator.server.serving import write_env_file
from vcloudair_core.staging.stage_file import StagedSection, StageFile, stages_in
from vcloudair_core.util.redaction import Secret

STRANGER = 12_345

needs_posix = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="This system has no user ids.")
needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="Only root can change the owner of a file."
)
pytestmark = needs_posix


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    """Set the umask to 0, so that only the library can make files private."""
    before = os.umask(0)
    yield
    os.umask(before)


def settings(folder: Path) -> Settings:
    return Settings.load({"state_dir": str(folder)}, environ={"VCA_CONFIG_FILE": ""})


def write_psk(folder: Path) -> None:
    fingerprints = KeyFingerprints(folder / "psk", "https://h:443/edge/1")
    fingerprints.load()
    fingerprints.record({"site-1": Secret("a long key")})


def write_stage(folder: Path) -> None:
    with StageFile(folder / "stages", "one").opened() as content:
        content.sections.append(StagedSection({}, "firewall", "edge web", "https://h/edge/1", b"{}", b"{}", [{}]))


def write_lock(folder: Path) -> None:
    with held(folder / "locks", "key", "edge web", 1.0):
        pass


def write_run(folder: Path) -> None:
    journal = create_journal(settings(folder))
    for event in run_events(vms=1):
        journal.append(
            event["event"], **{key: value for key, value in event.items() if key not in ("seq", "at", "event")}
        )
    write_durably(journal.folder / "web.edge.json", {"edge": "web"})
    save_report(report_of(run_events(vms=1)), journal.folder)
    journal.close()


WRITERS: dict[str, Callable[[Path], None]] = {
    "psk": write_psk,
    "stages": write_stage,
    "locks": write_lock,
    "dr/runs": write_run,
}
writers = pytest.mark.parametrize("name", WRITERS)


@writers
def test_files_and_folders_are_private(name: str, tmp_path: Path) -> None:
    state = tmp_path / "a" / "state"
    WRITERS[name](state)
    made = [tmp_path / "a", *(tmp_path / "a").rglob("*")]
    assert len(made) > 2
    for path in made:
        mode = stat.S_IMODE(path.lstat().st_mode)
        # A lock file contains only a process id, which is not secret, and its folder is private.
        assert mode & 0o077 == 0 or path.suffix == ".pid", f"{path} {mode:o}"


@writers
def test_makes_a_readable_folder_private(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir(mode=0o777, parents=True)
    WRITERS[name](tmp_path)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o700


def is_refused(write: Callable[[], None], caplog: pytest.LogCaptureFixture) -> bool:
    """Return True if the write raises a library error, or logs a warning.

    Writers of optional files only log a warning.
    """
    caplog.clear()
    try:
        write()
    except VcloudAirError as exc:
        assert "another user" in str(exc) or "not a directory" in str(exc)
        return True
    return any(record.levelname == "WARNING" for record in caplog.records)


@writers
@needs_root
def test_refuses_a_folder_of_another_user(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / name).mkdir(mode=0o777, parents=True)
    os.chown(tmp_path / name, STRANGER, STRANGER)
    assert is_refused(lambda: WRITERS[name](tmp_path), caplog)
    assert not list((tmp_path / name).iterdir())


@writers
@needs_root
def test_refuses_a_folder_link_of_another_user(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ours = tmp_path / "ours"
    ours.mkdir(mode=0o700)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).symlink_to(ours)
    os.chown(tmp_path / name, STRANGER, STRANGER, follow_symlinks=False)
    assert is_refused(lambda: WRITERS[name](tmp_path), caplog)
    assert not list(ours.iterdir())


@writers
def test_accepts_a_link_of_the_user_to_a_folder_of_the_user(name: str, tmp_path: Path) -> None:
    ours = tmp_path / "bigger-disk"
    ours.mkdir(mode=0o700)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).symlink_to(ours)
    WRITERS[name](tmp_path)
    assert list(ours.iterdir())


@writers
def test_reports_a_file_in_place_of_the_folder(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("x", encoding="utf-8")
    assert is_refused(lambda: WRITERS[name](tmp_path), caplog)


def test_skips_owner_checks_on_systems_without_user_ids(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delattr(os, "geteuid")
    assert directories.check_folder(tmp_path)


# -- links in place of files ---------------------------------------------------------------------------------------


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "victim"
    path.write_text("precious", encoding="utf-8")
    return path


@pytest.mark.parametrize("file", ["fingerprints.tmp", "fingerprints.json"])
def test_does_not_write_key_fingerprints_through_links(file: str, tmp_path: Path, victim: Path) -> None:
    (tmp_path / "psk").mkdir(mode=0o700)
    (tmp_path / "psk" / file).symlink_to(victim)
    write_psk(tmp_path)
    assert victim.read_text(encoding="utf-8") == "precious"
    assert not (tmp_path / "psk" / "fingerprints.json").is_symlink()


@pytest.mark.parametrize("file", ["one.tmp", "one.stage"])
def test_does_not_write_staged_changes_through_links(file: str, tmp_path: Path, victim: Path) -> None:
    (tmp_path / "stages").mkdir(mode=0o700)
    (tmp_path / "stages" / file).symlink_to(victim)
    if file == "one.stage":
        with pytest.raises(StageError, match="damaged"):
            write_stage(tmp_path)
    else:
        write_stage(tmp_path)
    assert victim.read_text(encoding="utf-8") == "precious"


def test_does_not_write_a_run_journal_through_a_link(
    tmp_path: Path, victim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vcloudair_core.recovery.journal.run_journal.secrets.token_hex", lambda size: "aaaa")

    def planted(storage: RunStorage, run_id: str, **keywords: Any) -> Any:
        (storage.runs / run_id / JOURNAL).symlink_to(victim)
        return original(storage, run_id, **keywords)

    from vcloudair_core.recovery.journal import run_journal
    from vcloudair_core.recovery.journal.run_lock import lock_run as original

    monkeypatch.setattr(run_journal, "lock_run", planted)
    with pytest.raises(ConfigurationError, match="Creating the run journal failed"):
        create_journal(settings(tmp_path))
    assert victim.read_text(encoding="utf-8") == "precious"


def test_does_not_write_an_edge_backup_through_a_link(tmp_path: Path, victim: Path) -> None:
    (tmp_path / "web.edge.json").symlink_to(victim)
    write_durably(tmp_path / "web.edge.json", {"edge": "web"})
    (tmp_path / "web.edge.json.new").symlink_to(victim)
    with pytest.raises(OSError):
        write_durably(tmp_path / "web.edge.json", {"edge": "web"})
    assert victim.read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize("name", ["report.html", "report.json", "report.xml"])
def test_does_not_write_a_report_through_links(name: str, tmp_path: Path, victim: Path) -> None:
    (tmp_path / name).symlink_to(victim)
    (tmp_path / f".{name}.{os.getpid()}.tmp").symlink_to(victim)
    save_report(report_of(run_events(vms=1)), tmp_path)
    assert victim.read_text(encoding="utf-8") == "precious"
    assert not (tmp_path / name).is_symlink()


@pytest.mark.parametrize("name", ["sim.env", "sim.env.part"])
def test_does_not_write_the_environment_file_through_links(name: str, tmp_path: Path, victim: Path) -> None:
    (tmp_path / name).symlink_to(victim)
    write_env_file(tmp_path / "sim.env", {"VCA_PASSWORD": "x' y"})
    assert victim.read_text(encoding="utf-8") == "precious"
    assert stat.S_IMODE((tmp_path / "sim.env").stat().st_mode) == 0o600


# -- files of other users ------------------------------------------------------------------------------------------


@needs_root
@pytest.mark.parametrize("whose", ["folder", "journal"])
def test_refuses_a_run_of_another_user(whose: str, tmp_path: Path) -> None:
    """Refuse to resume the run, because a run executes the programs in its plan."""
    write_run(tmp_path)
    (run_id,) = run_ids(settings(tmp_path))
    assert read_run(settings(tmp_path), run_id)
    folder = runs_folder(settings(tmp_path)) / run_id
    os.chown(folder if whose == "folder" else folder / JOURNAL, STRANGER, STRANGER)
    assert run_ids(settings(tmp_path)) == []
    for use in (read_run, reopen_journal):
        with pytest.raises(VcloudAirError, match="No run has the ID"):
            use(settings(tmp_path), run_id)


@needs_root
def test_refuses_a_staged_change_of_another_user(tmp_path: Path) -> None:
    write_stage(tmp_path)
    os.chown(tmp_path / "stages" / "one.stage", STRANGER, STRANGER)
    with pytest.raises(StageError, match="another user"):
        StageFile(tmp_path / "stages", "one").read()
    assert stages_in(tmp_path / "stages") == []


@pytest.mark.parametrize("run_id", ["../../../etc", "..", "/etc", "a/b", "", "*", "\x00"])
def test_refuses_a_run_id_with_a_path(run_id: str, tmp_path: Path) -> None:
    write_run(tmp_path)
    (tmp_path / "dr" / JOURNAL).write_text(json.dumps({"seq": 1, "event": "run_started"}) + "\n", encoding="utf-8")
    with pytest.raises(VcloudAirError, match="No run has the ID"):
        reopen_journal(settings(tmp_path), run_id)


# -- the configuration file ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mode", "is_refused"),
    [
        ('password = "x"', 0o644, True),
        ('password = "x"', 0o640, True),
        ('[context.a]\napi_token = "x"', 0o644, True),
        ('pass = "x"', 0o604, True),
        ('password = "x"', 0o600, False),
        ('url = "https://vcd.example.test"', 0o644, False),
    ],
)
def test_refuses_passwords_in_readable_files(text: str, mode: int, is_refused: bool, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    environ = {"VCA_CONFIG_FILE": str(path)}
    if not is_refused:
        Settings.load(environ=environ)
        return
    with pytest.raises(ConfigurationError, match="Other users can read the") as caught:
        Settings.load(environ=environ)
    assert caught.value.hint == f"Run: chmod 600 {path}"
