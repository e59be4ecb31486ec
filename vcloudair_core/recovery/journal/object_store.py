"""Files of runs in an object store, through fsspec."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any, cast

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.recovery.journal.file_store import guarded
from vcloudair_core.util.install_hint import install_hint

PROTOCOLS = ("s3", "s3a", "memory", "local")
"""URL schemes whose backends can create a file only if it does not exist.

s3fs sends ``If-None-Match: *``. Files of the scheme ``local`` are opened with ``O_EXCL``. Files of the scheme
``memory`` exist in one process, so a lock is enough.
"""

_MEMORY = threading.Lock()


class ObjectStore:
    """Storage in an object store.

    Args:
        url: The URL of the storage, such as ``s3://bucket/folder``.
        timeout_s: The time limit of a request.

    Raises: ConfigurationError when the backend is not installed, or does not support conditional writes.
    """

    def __init__(self, url: str, timeout_s: float = 30.0) -> None:
        self.shown = url.rstrip("/")
        scheme = url.partition("://")[0]
        if scheme not in PROTOCOLS:
            raise ConfigurationError(
                f"Using {self.shown} as state_url failed. The backend for {scheme}:// cannot create a file only if it "
                "does not exist, so two hosts could resume the same run.",
                hint="Set state_url to a folder, such as a mounted volume, or to an s3:// URL.",
            )
        _require_packages(scheme)
        import fsspec

        options: dict[str, Any] = {"use_listings_cache": False}
        if scheme.startswith("s3"):
            options["config_kwargs"] = {"connect_timeout": min(timeout_s, 10.0), "read_timeout": timeout_s}
        self._fs: Any = guarded("Opening", self.shown, lambda: fsspec.filesystem(scheme, **options))
        self._root = str(self._call("Opening", lambda fs: fs._strip_protocol(self.shown))).rstrip("/")
        self._is_local = scheme in ("memory", "local")

    def _call(self, verb: str, work: Any) -> Any:
        return guarded(verb, self.shown, lambda: work(self._fs))

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}" if name else self._root

    def check_exclusive(self) -> None:
        """Check that the storage refuses to create a file that exists.

        Raises ConfigurationError for S3-compatible servers that ignore the header ``If-None-Match``.
        """
        name = f".exclusive-{secrets.token_hex(8)}"
        is_exclusive = self.create(name, b"first") and not self.create(name, b"second")
        self._call("Writing", lambda fs: fs.rm_file(self._path(name)))
        if not is_exclusive:
            raise ConfigurationError(
                f"Using {self.shown} as state_url failed. The server ignores the header If-None-Match, so two hosts "
                "could resume the same run.",
                hint="Set state_url to a folder, such as a mounted volume, or upgrade the server.",
            )

    def create(self, name: str, data: bytes) -> bool:
        """Create a file with a conditional request.

        Also succeeds if the file exists with the same content, because the response to an earlier attempt can be lost.
        """

        def create(fs: Any) -> bool:
            try:
                if self._is_local:
                    with _MEMORY:
                        fs.makedirs(fs._parent(self._path(name)), exist_ok=True)
                        with fs.open(self._path(name), "xb") as file:
                            file.write(data)
                else:
                    fs.pipe_file(self._path(name), data, mode="create")
            except OSError as exc:
                if not _is_conflict(exc):
                    raise
                return self.read(name) == data
            return True

        return bool(self._call("Writing", create))

    def replace(self, name: str, data: bytes) -> None:
        """Create a file, or overwrite its contents."""

        def replace(fs: Any) -> None:
            if self._is_local:
                fs.makedirs(fs._parent(self._path(name)), exist_ok=True)
            fs.pipe_file(self._path(name), data)

        self._call("Writing", replace)

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, or None."""

        def read(fs: Any) -> bytes | None:
            try:
                return cast("bytes", fs.cat_file(self._path(name)))
            except FileNotFoundError:
                return None

        return cast("bytes | None", self._call("Reading", read))

    def read_all(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return the contents of files. The backend reads several files at the same time."""
        paths = {self._path(name): name for name in names}
        if not paths:
            return {}
        contents = self._call("Reading", lambda fs: fs.cat(list(paths), on_error="omit"))
        return {paths[_matching(path, paths)]: content for path, content in contents.items()}

    def names(self, folder: str) -> list[str]:
        """Return the sorted names of the entries in a folder."""

        def names(fs: Any) -> list[str]:
            try:
                listed = fs.ls(self._path(folder), detail=False)
            except FileNotFoundError:
                return []
            return sorted({str(path).rstrip("/").rpartition("/")[2] for path in listed})

        return cast("list[str]", self._call("Listing", names))

    def age_s(self, name: str) -> float | None:
        """Return the modification time of a new file minus that of the file, in seconds."""
        probe = f"{name.rpartition('/')[0]}/.clock-{secrets.token_hex(8)}"

        def age(fs: Any) -> float | None:
            try:
                written = fs.modified(self._path(name))
            except FileNotFoundError:
                return None
            self.replace(probe, b"")
            try:
                return cast("float", (fs.modified(self._path(probe)) - written).total_seconds())
            finally:
                fs.rm_file(self._path(probe))

        return cast("float | None", self._call("Reading", age))


def _matching(path: str, paths: dict[str, str]) -> str:
    return path if path in paths else next(known for known in paths if known.endswith(path.lstrip("/")))


def _is_conflict(exc: OSError) -> bool:
    """Return True if the file already exists, or another process is creating it.

    S3 returns status 412 or 409.
    """
    return isinstance(exc, FileExistsError) or any(
        code in f"{exc} {exc.__cause__}"
        for code in ("PreconditionFailed", "pre-condition", "ConditionalRequestConflict")
    )


def _require_packages(scheme: str) -> None:
    needed = ["fsspec", *(["s3fs"] if scheme.startswith("s3") else [])]
    missing = next((name for name in needed if find_spec(name) is None), "")
    if missing:
        raise ConfigurationError(
            f"Opening the storage in state_url failed. {missing} is not installed.", hint=install_hint("s3")
        )
