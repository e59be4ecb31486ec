"""Changes to the contexts of the configuration file: comments stay, the file is replaced in one step, mode 0600."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.settings.config_file import CONTEXTS, CURRENT, ConfigFile, check_context_name, read_config_file
from vcloudair_core.util.file_locks import file_lock
from vcloudair_core.util.user_files import unwritable

LOCK_TIMEOUT_S = 30.0


class ContextStore:
    """The contexts of one configuration file. The file and its folder are made when they are first needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._real = Path(os.path.realpath(path))  # what a link leads to is replaced, not the link

    def read(self) -> ConfigFile:
        """Return the parsed file; an empty one when there is none. Raises ConfigurationError."""
        return read_config_file(self.path) if self.path.is_file() else ConfigFile(self.path)

    def refuse_taken(self, name: str) -> None:
        """Raise ConfigurationError when a context cannot have the name, or another one has it."""
        if check_context_name(name) in self.read().contexts:
            raise ConfigurationError(
                f"Context {name!r} exists already in {self.path}.", hint="Choose another name, or pass --replace."
            )

    def add(self, name: str, values: Mapping[str, Any], *, replace: bool, use: bool) -> bool:
        """Write a context. Returns true when it is the current one afterwards.

        Raises: ConfigurationError when the name is not valid, or taken and ``replace`` is false.
        """
        import tomlkit

        with self._changing() as draft:
            if not replace:
                self.refuse_taken(name)
            check_context_name(name)
            contexts = draft.document.setdefault(CONTEXTS, tomlkit.table(is_super_table=True))
            table = tomlkit.table()
            table.update(values)
            contexts[name] = table
            if use or not draft.current():
                draft.set_current(name)
            return draft.current() == name

    def use(self, name: str) -> None:
        """Make a context the current one. Raises ConfigurationError when it does not exist."""
        self.read().context(name)
        with self._changing() as draft:
            draft.set_current(name)

    def remove(self, name: str) -> bool:
        """Remove a context. Returns true when it was the current one. Raises ConfigurationError when it is unknown."""
        self.read().context(name)
        with self._changing() as draft:
            del draft.document[CONTEXTS][name]
            if not draft.document[CONTEXTS]:
                del draft.document[CONTEXTS]
            was_current = draft.current() == name
            if was_current:
                del draft.document[CURRENT]
            return was_current

    @contextlib.contextmanager
    def _changing(self) -> Iterator[_Draft]:
        """Yield the file to be changed; it is written at the end. Other processes of ``vca context`` wait meanwhile."""
        import filelock

        try:
            self._real.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with file_lock(self._real.with_name(f".{self._real.name}.lock")).acquire(timeout=LOCK_TIMEOUT_S):
                text = self._real.read_text(encoding="utf-8") if self._real.exists() else ""
                if text:
                    read_config_file(self._real)  # refuses what is broken, in our words
                draft = _Draft(text)
                yield draft
                _replace(self._real, draft.text())
        except filelock.Timeout as exc:
            raise ConfigurationError(f"{self.path} is being changed by another process. Nothing was written.") from exc
        except OSError as exc:
            raise unwritable("The configuration file", self.path, exc) from exc


class _Draft:
    """The file's text, parsed, while it is changed."""

    def __init__(self, text: str) -> None:
        import tomlkit

        self.document: Any = tomlkit.parse(text)

    def current(self) -> str:
        return str(self.document.get(CURRENT) or "")

    def set_current(self, name: str) -> None:
        """Set the current context. A new key goes to the top: below a table it would be a key of that table."""
        import tomlkit

        if CURRENT in self.document:
            self.document[CURRENT] = name
            return
        self.document = tomlkit.parse(f"{CURRENT} = {tomlkit.string(name).as_string()}\n\n{self.text().lstrip()}")

    def text(self) -> str:
        import tomlkit

        return tomlkit.dumps(self.document)


def _replace(path: Path, text: str) -> None:
    """Write the file beside its place and move it there. Raises OSError."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        with os.fdopen(os.open(beside, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
