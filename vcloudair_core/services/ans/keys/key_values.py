"""Read pre-shared keys and other secrets from input or from files.

Messages never contain a secret.
"""

from __future__ import annotations

from vcloudair_core.engine.validation import Problems, Reader
from vcloudair_core.settings.settings import expand_user
from vcloudair_core.util.redaction import Secret

MASKED = "******"
"""The mask that servers return instead of a key.

Source: protocol/ans.md §4.3, protocol/nsxt.md §10.
"""

LONGEST_KEY = 128
_LONGEST_FILE = 65536


def read_key(reader: Reader, name: str, longest: int = LONGEST_KEY) -> Secret | None:
    """Return a secret from a key of the input, or from a file.

    The key ``<name>_file`` has the path of the file. ``longest`` is the maximum number of characters.
    """
    value, path = reader.data.get(name), reader.data.get(f"{name}_file")
    if value is None and path is None:
        return None
    at = reader.at(name if path is None else f"{name}_file")
    if value is not None and path is not None:
        reader.problems.add(at, f"cannot be combined with {name}")
        return None
    key = value if path is None else _key_in(str(path), at, reader.problems)
    if key is None:
        return None
    text = key.reveal() if isinstance(key, Secret) else key
    reason = _complaint(text, longest)
    if reason:
        reader.problems.add(at, reason)
        return None
    return Secret(text)


def _complaint(text: object, longest: int) -> str:
    """Return the reason why a secret is invalid, or an empty string."""
    reason = ""
    if isinstance(text, int) and not isinstance(text, bool):
        reason = "is a number in YAML, which may lose digits; put the key in quotes"
    elif not isinstance(text, str):
        reason = "is not a string"
    elif not text.strip():
        reason = "is empty"
    elif set(text) == {"*"}:
        reason = f"is the mask that the server shows ({MASKED}), not a key"
    elif len(text) > longest:
        reason = f"has {len(text)} characters, at most {longest} are allowed"
    elif not text.isprintable():
        reason = "contains a control character, such as a line break"
    return reason


def _key_in(path: str, at: str, problems: Problems) -> str | None:
    try:
        with expand_user(path).open(encoding="utf-8") as file:
            return file.read(_LONGEST_FILE).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
        problems.add(at, f"reading the file {path} failed: {reason}")
        return None
