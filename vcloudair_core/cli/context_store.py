"""Read and change contexts in the configuration file.

Comments are kept. The file is replaced atomically, with mode 0600.
"""

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
    """Store that reads and changes the contexts in a configuration file.

    The file and its folder are created at the first change.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._real = Path(os.path.realpath(path))  # replaces the target of a link, not the link

    def read(self) -> ConfigFile:
        """Return the parsed file, or an empty document if the file does not exist.

        Raises ConfigurationError if the file is invalid or cannot be read.
        """
        return read_config_file(self.path) if self.path.is_file() else ConfigFile(self.path)

    def check_new_name(self, name: str) -> None:
        """Raise ConfigurationError if a name is invalid or already in use."""
        if check_context_name(name) in self.read().contexts:
            raise ConfigurationError(
                f"Context {name!r} already exists in '{self.path}'.", hint="Use another name, or pass --replace."
            )

    def add(self, name: str, values: Mapping[str, Any], *, replace: bool, use: bool) -> bool:
        """Write a context. Return True if the context is now the current context.

        Raises: ConfigurationError if the name is invalid, or if the name exists and ``replace`` is False.
        """
        import tomlkit

        with self._changing() as draft:
            if not replace:
                self.check_new_name(name)
            check_context_name(name)
            contexts = draft.document.setdefault(CONTEXTS, tomlkit.table(is_super_table=True))
            table = tomlkit.table()
            table.update(values)
            contexts[name] = table
            if use or not draft.current():
                draft.set_current(name)
            return draft.current() == name

    def use(self, name: str) -> None:
        """Set the current context.

        Raises ConfigurationError if the context does not exist.
        """
        self.read().context(name)
        with self._changing() as draft:
            draft.set_current(name)

    def remove(self, name: str) -> bool:
        """Remove a context. Return True if the context was the current context.

        Raises: ConfigurationError if the context does not exist.
        """
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
        """Yield a draft of the file, and save the draft at the end of the block.

        A lock prevents changes by other processes.
        """
        import filelock

        try:
            self._real.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with file_lock(self._real.with_name(f".{self._real.name}.lock")).acquire(timeout=LOCK_TIMEOUT_S):
                text = self._real.read_text(encoding="utf-8") if self._real.exists() else ""
                if text:
                    read_config_file(self._real)  # raises ConfigurationError for an invalid file
                draft = _Draft(text)
                yield draft
                _replace(self._real, draft.text())
        except filelock.Timeout as exc:
            raise ConfigurationError(
                f"Locking the configuration file failed: '{self.path}'. Another process is changing it."
            ) from exc
        except OSError as exc:
            raise unwritable("The configuration file", self.path, exc) from exc


class _Draft:
    """The parsed configuration file during a change."""

    def __init__(self, text: str) -> None:
        import tomlkit

        self.document: Any = tomlkit.parse(text)

    def current(self) -> str:
        return str(self.document.get(CURRENT) or "")

    def set_current(self, name: str) -> None:
        """Set the current context.

        The key is inserted at the top of the file, because a key below a table header belongs to that table.
        """
        import tomlkit

        if CURRENT in self.document:
            self.document[CURRENT] = name
            return
        self.document = tomlkit.parse(f"{CURRENT} = {tomlkit.string(name).as_string()}\n\n{self.text().lstrip()}")

    def text(self) -> str:
        import tomlkit

        return tomlkit.dumps(self.document)


def _replace(path: Path, text: str) -> None:
    """Write a temporary file and rename it to the path. Raises OSError if this fails."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        with os.fdopen(os.open(temporary, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
