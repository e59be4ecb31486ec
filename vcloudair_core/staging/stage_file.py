"""Changes gathered over many tasks and processes, and written together: one read at the start, one write at the end.

A stage is one file, named after its id. It holds, for every section that was touched, what the server had when the
section was first looked at, what it would have after all that was asked for since, and the list of what was asked for.
Each new wish is planned against what the ones before it leave, so it can tell what it changes, as if they were done.
A commit plans all of them together, writes each section once, and takes what was written off the stage. A stage whose
commit failed, or never came, stays until it is committed or discarded.
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
"""Suffix of the stages of check mode, which no commit writes."""
_LOCK_TIMEOUT_S = 60.0
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")


@dataclass
class StagedSection:
    """One section of one thing.

    ``target`` is what the kinds open, with a UUID; ``title`` names it for people; ``snapshot`` and ``working`` are
    documents as their store dumps them; ``operations`` have the shape ``{"kind", "state", "specs"}``. ``cloud``: where
    it is, as :func:`cloud_of` tells it: hosts of one run may share a stage, and speak to different clouds.
    """

    target: dict[str, Any]
    section: str
    title: str
    lock_key: str
    snapshot: bytes
    working: bytes
    operations: list[dict[str, Any]] = field(default_factory=list)
    cloud: str = ""


@dataclass
class StageContent:
    """All sections of a stage. ``names`` maps targets as they were given to targets with UUIDs, to spare look-ups;
    its keys are of :func:`name_of`.
    """

    stage_id: str
    created: float
    names: dict[str, dict[str, Any]] = field(default_factory=dict)
    sections: list[StagedSection] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)
    """Keys of warnings about other stages that were given, so that a run of many tasks gives each of them once."""

    def section(self, cloud: str, lock_key: str, name: str) -> StagedSection | None:
        """The section of that name of the thing with that lock key."""
        wanted = (cloud, lock_key, name)
        return next((part for part in self.sections if (part.cloud, part.lock_key, part.section) == wanted), None)

    @property
    def count(self) -> int:
        """How many wishes wait for a commit."""
        return sum(len(part.operations) for part in self.sections)

    def as_dict(self) -> dict[str, Any]:
        """Shape: ``{"stage_id", "created", "waiting", "sections": [{"target", "section", "waiting"}]}``."""
        return {
            "stage_id": self.stage_id,
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.created)),
            "waiting": self.count,
            "sections": [
                {"target": part.title, "section": part.section, "waiting": len(part.operations)}
                for part in self.sections
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
    def opened(self) -> Iterator[StageContent]:
        """The content, to be changed in place; kept when the block ends without an error. Empty ones are removed.

        Raises: StageError when the file cannot be used.
        """
        with self._locked(self.path.with_suffix(".lock")):
            content = self.read() or StageContent(self.stage_id, time.time())
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

    def read(self) -> StageContent | None:
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
            found = self.path.exists()
            self.path.unlink(missing_ok=True)
        return found

    def _keep(self, content: StageContent) -> None:
        if not content.sections:
            self.path.unlink(missing_ok=True)
            return
        beside = self.path.with_suffix(".tmp")
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(_plain(content), file, ensure_ascii=False)
        beside.replace(self.path)


def cloud_of(settings: Settings) -> str:
    """Which cloud and org settings lead to, without asking anybody."""
    said = (settings.service_type, str(settings.url or "").rstrip("/"), settings.org, settings.instance)
    return "|".join(str(word or "").casefold() for word in said)


def name_of(cloud: str, target: Mapping[str, Any]) -> str:
    """What a target is known by in a stage."""
    return json.dumps([cloud, dict(target)], sort_keys=True)


def stages_in(folder: Path) -> list[StageContent]:
    """Every stage that waits for a commit, oldest first; damaged ones are left out."""
    found: list[StageContent] = []
    for path in folder.glob("*.stage") if folder.is_dir() else ():
        with contextlib.suppress(StageError, ConfigurationError, OSError):
            content = StageFile(folder, path.stem).read()
            found += [content] if content is not None else []
    return sorted(found, key=lambda content: content.created)


def waiting_stages(settings: Settings | None = None) -> list[dict[str, Any]]:
    """Every stage of this user on this host that waits for a commit, oldest first. Sends nothing.

    Shape of an item: see :meth:`StageContent.as_dict`. ``settings``: by default those of the environment and the file.
    """
    from vcloudair_core.settings.settings import Settings

    return [content.as_dict() for content in stages_in(state_folder(settings or Settings.load()) / "stages")]


def left_behind(stages: Sequence[StageContent], content: StageContent, lock_key: str) -> list[str]:
    """Warn about stages of other runs that touch the same thing, once for each stage and section.

    ``content`` is the stage in use; what was warned about is noted there.
    """
    warnings: list[str] = []
    for other in stages:
        for section in other.sections:
            key = f"{other.stage_id} {section.lock_key} {section.section}"
            is_own = other.stage_id.removesuffix(CHECK) == content.stage_id.removesuffix(CHECK)
            if is_own or other.stage_id.endswith(CHECK) or section.lock_key != lock_key or key in content.reported:
                continue
            content.reported.append(key)
            warnings.append(
                f"Stage {other.stage_id} of {other.as_dict()['created']} holds "
                f"{counted(len(section.operations), 'uncommitted change')} of {section.title} ({section.section}). "
                f"Run `vca edge stages` to see it, or `vca edge discard {other.stage_id}` to drop it."
            )
    return warnings


def counted(number: int, noun: str) -> str:
    """Return a number and its noun, in the plural where it takes one."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _plain(content: StageContent) -> dict[str, Any]:
    sections = [
        {**asdict(part), "snapshot": _text(part.snapshot), "working": _text(part.working)} for part in content.sections
    ]
    return {**asdict(content), "format": FORMAT, "sections": sections}


def _parsed(plain: Mapping[str, Any]) -> StageContent:
    if plain["format"] != FORMAT:
        raise ValueError(plain["format"])
    sections = [
        StagedSection(**{**part, "snapshot": _bytes(part["snapshot"]), "working": _bytes(part["working"])})
        for part in plain["sections"]
    ]
    reported = [str(key) for key in plain.get("reported", [])]
    found = StageContent(plain["stage_id"], float(plain["created"]), dict(plain["names"]), sections, reported)
    found.as_dict()  # what cannot be shown is found here, and not by whoever lists stages
    return found


def _text(body: bytes) -> str:
    return base64.b64encode(body).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
