"""Stage files collect the changes of several tasks and processes for one commit.

A stage is a file named after the stage ID. For each section, the file contains the document as first read, the document
with the staged changes, and the list of changes. A new change is planned against the document with the earlier changes,
so the outcome of a task shows only the effect of that task. A commit plans all changes together, writes each section
once, and removes the written sections. A stage is kept until it is committed or discarded.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
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
"""Suffix of the IDs of check-mode stages. Check-mode stages are never committed."""
_LOCK_TIMEOUT_S = 60.0
_STATE_DIR_HINT = "Set state_dir (VCA_STATE_DIR) to a directory of this user."
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")


@dataclass
class StagedSection:
    """The staged changes of one section of an edge gateway or other target.

    ``target`` identifies the target by UUID, and ``title`` is the display name of the target. ``snapshot`` is the
    serialized document as first read. ``working`` is the serialized document with the staged changes. ``operations``
    are the changes: ``{"kind", "state", "specs"}``. ``cloud`` is the result of :func:`cloud_of`, because inventory
    hosts can share a stage and use different clouds.
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
    """The content of a stage.

    ``names`` maps results of :func:`name_of` to targets with UUIDs. The mapping avoids lookups on the server.
    """

    stage_id: str
    created: float
    names: dict[str, dict[str, Any]] = field(default_factory=dict)
    sections: list[StagedSection] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)
    """Keys of the warnings that this run has already reported about other stages."""

    def section(self, cloud: str, target_key: str, name: str) -> StagedSection | None:
        """Return the staged section with this target key and name, or None."""
        for section in self.sections:
            if (section.cloud, section.target_key, section.section) == (cloud, target_key, name):
                return section
        return None

    @property
    def count(self) -> int:
        """Number of uncommitted changes."""
        return sum(len(section.operations) for section in self.sections)

    def as_dict(self) -> dict[str, Any]:
        """Return the stage as JSON values.

        Format: ``{"stage_id", "created", "waiting", "sections": [{"target", "section", "waiting"}]}``. ``waiting`` is
        the number of uncommitted changes, in the stage and in each section.
        """
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
    """A stage on disk. To change the stage, use :meth:`opened`, which locks the file."""

    def __init__(self, folder: Path, stage_id: str) -> None:
        if not _ID.match(stage_id):
            raise ConfigurationError(
                f"Invalid stage name: {stage_id!r}.",
                hint="Use up to 100 letters, digits, dots, dashes and underscores; begin with a letter or digit.",
            )
        self.stage_id = stage_id
        self.path = folder / f"{stage_id}.stage"

    @contextlib.contextmanager
    def opened(self) -> Iterator[StagedChanges]:
        """Lock the stage, and yield its content.

        The caller can change the content in place.

        The content is saved if the ``with`` block ends without an error. An empty stage is removed.

        Raises: StageError if the file cannot be used.
        """
        with self._locked(self.path.with_suffix(".lock")):
            content = self.read() or StagedChanges(self.stage_id, time.time())
            yield content
            self._keep(content)

    def committing(self) -> AbstractContextManager[None]:
        """Lock the stage against other commits and against discarding. Raises StageError."""
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
                f"Stage {self.stage_id!r} is in use by another process ({self.path}).",
                hint="Wait until the other process has ended, and try again.",
            ) from exc
        except OSError as exc:
            raise StageError(
                f"Stage {self.stage_id!r} cannot be saved: {reason_of(exc)[0]}.", hint=_STATE_DIR_HINT
            ) from exc

    def read(self) -> StagedChanges | None:
        """Return the content, or None if the file does not exist.

        Raises: StageError if the file is damaged, unreadable, or belongs to another user.
        """
        try:
            check_folder(self.path.parent)
            with self.path.open("rb") as file:
                if not is_own(os.fstat(file.fileno())):
                    raise StageError(f"The stage {self.path} belongs to another user.")
                raw = file.read()
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise StageError(
                f"Reading the staged changes failed: {self.path}. {exc.strerror}.", hint=_STATE_DIR_HINT
            ) from exc
        try:
            return _parsed(json.loads(raw))
        except (ValueError, KeyError, TypeError, OverflowError, OSError, RecursionError) as exc:
            raise StageError(
                f"The stage {self.path} is damaged, or has the format of another version ({type(exc).__name__}). "
                "None of its changes was written.",
                hint=f"Run `vca edge discard {self.stage_id}` to remove it.",
            ) from exc

    def discard(self) -> bool:
        """Wait until a commit in progress ends, then remove the stage.

        Return True if a stage was removed.

        Lock files are kept, because other processes may use them.

        Raises: StageError if a commit in progress takes too long.
        """
        if not self.path.exists():
            return False
        with self.committing(), self._locked(self.path.with_suffix(".lock")):
            exists = self.path.exists()
            self.path.unlink(missing_ok=True)
        return exists

    def _keep(self, content: StagedChanges) -> None:
        if not content.sections:
            self.path.unlink(missing_ok=True)
            return
        beside = self.path.with_suffix(".tmp")
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            # json.dump does not use the encoder in C, and is five times slower.
            file.write(json.dumps(_plain(content), ensure_ascii=False))
        beside.replace(self.path)


def stage_folder(settings: Settings) -> Path:
    """Return the folder that contains this user's stages on this host."""
    return state_folder(settings) / "stages"


def cloud_of(settings: Settings) -> str:
    """Return a string that identifies the cloud and the organization of ``settings``.

    No request is sent.
    """
    values = (settings.service_type, (settings.url or "").rstrip("/"), settings.org, settings.instance)
    return "|".join((value or "").casefold() for value in values)


def name_of(cloud: str, target: Mapping[str, Any]) -> str:
    """Return the key for a target in ``StagedChanges.names``."""
    return json.dumps([cloud, dict(target)], sort_keys=True)


def stages_in(folder: Path, *, without: Collection[str] = ()) -> list[StagedChanges]:
    """Return all uncommitted stages in a folder, oldest first.

    Damaged stages, and stages whose IDs are in ``without``, are skipped.
    """
    stages: list[StagedChanges] = []
    for path in folder.glob("*.stage") if folder.is_dir() else ():
        if path.stem in without:
            continue
        with contextlib.suppress(StageError, ConfigurationError, OSError):
            content = StageFile(folder, path.stem).read()
            stages += [content] if content is not None else []
    return sorted(stages, key=lambda content: content.created)


def waiting_stages(settings: Settings | None = None) -> list[dict[str, Any]]:
    """Return the uncommitted stages of this user on this host, oldest first.

    Format of an item: ``{"stage_id", "created", "waiting", "sections": [{"target", "section", "waiting"}]}``.
    ``waiting`` is the number of uncommitted changes, in the stage and in each section. By default, ``settings`` are
    loaded from the environment and the configuration file. No request is sent.
    """
    return [content.as_dict() for content in stages_in(stage_folder(settings or _default_settings()))]


def discard_stage(stage_id: str, settings: Settings | None = None, *, check: bool = False) -> bool:
    """Discard a stage. Return True if the stage existed.

    If ``check`` is true, discard the check-mode stage with this ID instead. By default, ``settings`` are loaded from
    the environment and the configuration file. No request is sent.

    Raises: ConfigurationError for an invalid ``stage_id``; StageError if a commit in progress takes too long.
    """
    name = stage_id + CHECK if check else stage_id
    return StageFile(stage_folder(settings or _default_settings()), name).discard()


def _default_settings() -> Settings:
    from vcloudair_core.settings.settings import Settings

    return Settings.load()


def find_uncommitted_stages(stages: Sequence[StagedChanges], content: StagedChanges, target_key: str) -> list[str]:
    """Return warnings about other runs that have uncommitted changes for a target.

    ``content`` is the stage of this run. It records the returned warnings, so that a run returns each warning only
    once.
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
                f"Stage {stage.stage_id!r}, created at {stage.as_dict()['created']}, has "
                f"{counted(len(section.operations), 'uncommitted change')} of {section.title} ({section.section}). "
                f"Run `vca edge stages` to list stages, or `vca edge discard {stage.stage_id}` to discard this stage."
            )
    return warnings


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, such as ``1 change`` or ``2 changes``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _plain(content: StagedChanges) -> dict[str, Any]:
    sections = [
        {**vars(section), "snapshot": _text(section.snapshot), "working": _text(section.working)}
        for section in content.sections
    ]
    return {**vars(content), "format": FORMAT, "sections": sections}


def _parsed(plain: Mapping[str, Any]) -> StagedChanges:
    if plain["format"] != FORMAT:
        raise ValueError(plain["format"])
    sections = [
        StagedSection(**{**section, "snapshot": _bytes(section["snapshot"]), "working": _bytes(section["working"])})
        for section in plain["sections"]
    ]
    reported = [str(key) for key in plain.get("reported", [])]
    content = StagedChanges(plain["stage_id"], float(plain["created"]), dict(plain["names"]), sections, reported)
    content.as_dict()  # raises for invalid values, so that listing stages cannot fail later
    return content


def _text(body: bytes) -> str:
    return base64.b64encode(body).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
