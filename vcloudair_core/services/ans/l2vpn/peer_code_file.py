"""Write the peer code of an L2 VPN tunnel to a file that only its owner can read."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.util.redaction import Secret, as_bytes

_MODE = 0o600


def write_peer_code(path: Path, peer_code: Secret) -> bool:
    """Write a peer code to a file, and return True if the file has changed.

    The file gets mode 0600. An existing file is replaced in one step, so that no process reads a part of it.

    Raises: ConfigurationError if the file cannot be written. The message does not contain the peer code.
    """
    content = as_bytes(peer_code.reveal()) + b"\n"
    try:
        if _is_current(path, content):
            return False
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
        try:
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "wb") as file:
                file.write(content)
            temporary.replace(path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()
    except OSError as exc:
        raise ConfigurationError(
            f"Writing the peer code failed: {path}. {exc.strerror}.",
            hint="Check the folder of the file and its permissions.",
        ) from exc
    return True


def _is_current(path: Path, content: bytes) -> bool:
    """Return True if a regular file has this content and mode 0600."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False
    if path.is_symlink() or status.st_mode & 0o777 != _MODE:
        return False
    return path.read_bytes() == content
