"""Staged changes in files: changes of several tasks and processes that one commit writes together.

A stage is one file, named after its id. For every section it holds the document that the server had when the section
was first read, the document after the staged changes, and the list of the changes. A new change is planned against the
document after those before it, so that its outcome is what it changes. A commit plans all of them together, writes each
section once, and removes what was written. A stage whose commit failed, or never came, stays until it is committed or
discarded.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError, StageError
from vcloudair_core.settings.directories import check_folder, is_own, private_folder, state_folder
from vcloudair_core.util.file_locks import file_lock
from vcloudair_core.util.user_files import reason_of

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

FORMAT = 2
CHECK = ".check"
"""Suffix of the names of stages of check mode, which no commit writes."""
_LOCK_TIMEOUT_S = 60.0
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")


@dataclass
class StagedSection:
    """The staged changes of one section of one edge gateway, or of another target.

    ``target`` is what the kinds open, with a UUID; ``title`` names it for people; ``snapshot`` and ``working`` are
    documents as their store dumps them; ``operations`` are the changes, ``{"kind", "state", "specs"}``. ``cloud``: the
    result of :func:`cloud_of`, since hosts of one run may share a stage and speak to different clouds.
    """

    target: dict[str, Any]
    section: str
    title: str
    target_key: str
    snapshot: bytes
    working: bytes
    operations: list[dict[str, Any]] = field(default_factory=list)
    cloud: str = ""


@dataclass
class StagedChanges:
    """The content of a stage. ``names`` maps targets from tasks to targets with UUIDs, to spare look-ups.

    Keys of ``names`` are results of :func:`name_of`.
    """

    stage_id: str
    created: float
    names: dict[str, dict[str, Any]] = field(default_factory=dict)
    sections: list[StagedSection] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)
    """Keys of warnings about other stages that were given, so that a run of many tasks gives each of them once."""

    def section(self, cloud: str, target_key: str, name: str) -> StagedSection | None:
        """Return the section of a target, found by its lock key; None when nothing of it is staged."""
        for section in self.sections:
            if (section.cloud, section.target_key, section.section) == (cloud, target_key, name):
                return section
        return None

    @property
    def count(self) -> int:
        """Number of changes that wait for a commit."""
        return sum(len(section.operations) for section in self.sections)

    def as_dict(self) -> dict[str, Any]:
        """Shape: ``{"stage_id", "created", "waiting", "sections": [{"target", "section", "waiting"}]}``."""
        return {
            "stage_id": self.stage_id,
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.created)),
            "waiting": self.count,
            "sections": [
                {"target": section.title, "section": section.section, "waiting": len(section.operations)}
                for section in self.sections
            ],
        }


class StageFile:
    """One stage on disk. Everything happens within :meth:`opened`, which holds the stage for this process."""

    def __init__(self, folder: Path, stage_id: str) -> None:
        if not _ID.match(stage_id):
            raise ConfigurationError(
                f"{stage_id!r} cannot be the name of a stage.", hint="Use letters, digits, dots, dashes; 100 at most."
            )
        self.stage_id = stage_id
        self.path = folder / f"{stage_id}.stage"

    @contextlib.contextmanager
    def opened(self) -> Iterator[StagedChanges]:
        """The content, to be changed in place; kept when the block ends without an error. Empty ones are removed.

        Raises: StageError when the file cannot be used.
        """
        with self._locked(self.path.with_suffix(".lock")):
            content = self.read() or StagedChanges(self.stage_id, time.time())
            yield content
            self._keep(content)

    def committing(self) -> AbstractContextManager[None]:
        """Keep other commits of this stage out, and whoever would discard it meanwhile. Raises StageError."""
        return self._locked(self.path.with_suffix(".commit"))

    @contextlib.contextmanager
    def _locked(self, path: Path) -> Iterator[None]:
        import filelock

        try:
            private_folder(path.parent)
            with file_lock(path).acquire(timeout=_LOCK_TIMEOUT_S, poll_interval=0.02):
                yield
        except filelock.Timeout as exc:
            raise StageError(
                f"The stage {self.stage_id} is in use by another process ({self.path}).",
                hint="Wait for its commit to end, and try again.",
            ) from exc
        except OSError as exc:
            raise StageError(
                f"The stage {self.stage_id} cannot be kept: {reason_of(exc)[0]}.", hint="Set state_dir."
            ) from exc

    def read(self) -> StagedChanges | None:
        """What is on disk, or None. Raises StageError for a file that is damaged or not ours."""
        try:
            check_folder(self.path.parent)
            with self.path.open("rb") as file:
                if not is_own(os.fstat(file.fileno())):
                    raise StageError(f"The stage {self.path} belongs to another user.")
                raw = file.read()
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise StageError(f"The stage {self.path} cannot be read: {exc.strerror}.", hint="Set state_dir.") from exc
        try:
            return _parsed(json.loads(raw))
        except (ValueError, KeyError, TypeError, OverflowError, OSError, RecursionError) as exc:
            raise StageError(
                f"The stage {self.path} is damaged or of another version ({type(exc).__name__}).",
                hint=f"Nothing of it was written. `vca edge discard {self.stage_id}` removes it.",
            ) from exc

    def discard(self) -> bool:
        """Remove it. True when it was there. Waits for a commit that is under way, which leaves nothing to remove.

        Lock files stay: somebody may hold or wait for them. Raises StageError when the commit takes too long.
        """
        if not self.path.exists():
            return False
        with self.committing(), self._locked(self.path.with_suffix(".lock")):
            is_there = self.path.exists()
            self.path.unlink(missing_ok=True)
        return is_there

    def _keep(self, content: StagedChanges) -> None:
        if not content.sections:
            self.path.unlink(missing_ok=True)
            return
        beside = self.path.with_suffix(".tmp")
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(_plain(content), file, ensure_ascii=False)
        beside.replace(self.path)


def stage_folder(settings: Settings) -> Path:
    """Return the folder of the stages of this user on this host."""
    return state_folder(settings) / "stages"


def cloud_of(settings: Settings) -> str:
    """Return a text that tells clouds and orgs apart. Sends nothing."""
    values = (settings.service_type, (settings.url or "").rstrip("/"), settings.org, settings.instance)
    return "|".join((value or "").casefold() for value in values)


def name_of(cloud: str, target: Mapping[str, Any]) -> str:
    """Return the key of a target in a stage."""
    return json.dumps([cloud, dict(target)], sort_keys=True)


def stages_in(folder: Path) -> list[StagedChanges]:
    """Return every stage that waits for a commit, oldest first; damaged ones are left out."""
    stages: list[StagedChanges] = []
    for path in folder.glob("*.stage") if folder.is_dir() else ():
        with contextlib.suppress(StageError, ConfigurationError, OSError):
            content = StageFile(folder, path.stem).read()
            stages += [content] if content is not None else []
    return sorted(stages, key=lambda content: content.created)


def waiting_stages(settings: Settings | None = None) -> list[dict[str, Any]]:
    """Return the staged changes of this user on this host that wait for a commit, oldest first. Sends nothing.

    Shape of an item: ``{"stage_id", "created", "waiting", "sections": [{"target", "section", "waiting"}]}``, where
    ``waiting`` is a number of changes. ``settings``: by default those of the environment and the configuration file.
    """
    return [content.as_dict() for content in stages_in(stage_folder(settings or _default_settings()))]


def discard_stage(stage_id: str, settings: Settings | None = None, *, check: bool = False) -> bool:
    """Discard the changes staged under a name, or with ``check`` only those that check mode staged. Sends nothing.

    ``settings``: by default those of the environment and the configuration file. Returns True when there were any.

    Raises: ConfigurationError for a name that no stage can have, StageError when a commit keeps the stage in use.
    """
    name = stage_id + CHECK if check else stage_id
    return StageFile(stage_folder(settings or _default_settings()), name).discard()


def _default_settings() -> Settings:
    from vcloudair_core.settings.settings import Settings

    return Settings.load()


def find_uncommitted_stages(stages: Sequence[StagedChanges], content: StagedChanges, target_key: str) -> list[str]:
    """Warn about stages of other runs that touch the same thing, once for each stage and section.

    ``content`` is the stage in use; what was warned about is noted there.
    """
    warnings: list[str] = []
    for stage in stages:
        for section in stage.sections:
            key = f"{stage.stage_id} {section.target_key} {section.section}"
            is_same_run = stage.stage_id.removesuffix(CHECK) == content.stage_id.removesuffix(CHECK)
            if (
                is_same_run
                or stage.stage_id.endswith(CHECK)
                or section.target_key != target_key
                or key in content.reported
            ):
                continue
            content.reported.append(key)
            warnings.append(
                f"Stage {stage.stage_id} of {stage.as_dict()['created']} holds "
                f"{counted(len(section.operations), 'uncommitted change')} of {section.title} ({section.section}). "
                f"Run `vca edge stages` to see it, or `vca edge discard {stage.stage_id}` to drop it."
            )
    return warnings


def counted(number: int, noun: str) -> str:
    """Return a number and its noun, in the plural where it takes one."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _plain(content: StagedChanges) -> dict[str, Any]:
    sections = [
        {**asdict(section), "snapshot": _text(section.snapshot), "working": _text(section.working)}
        for section in content.sections
    ]
    return {**asdict(content), "format": FORMAT, "sections": sections}


def _parsed(plain: Mapping[str, Any]) -> StagedChanges:
    if plain["format"] != FORMAT:
        raise ValueError(plain["format"])
    sections = [
        StagedSection(**{**section, "snapshot": _bytes(section["snapshot"]), "working": _bytes(section["working"])})
        for section in plain["sections"]
    ]
    reported = [str(key) for key in plain.get("reported", [])]
    content = StagedChanges(plain["stage_id"], float(plain["created"]), dict(plain["names"]), sections, reported)
    content.as_dict()  # fails here, and not in whoever lists stages
    return content


def _text(body: bytes) -> str:
    return base64.b64encode(body).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
