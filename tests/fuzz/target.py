"""The class of fuzz targets, and functions to create parsers and seeds."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from vcloudair_core.errors import VcloudAirError


@dataclass(frozen=True)
class Target:
    """A parser of bytes, with valid seeds. The parser may raise library errors."""

    name: str
    read: Callable[[bytes], object]
    seeds: Callable[[], Sequence[bytes]]

    def feed(self, body: bytes) -> bool:
        """Return True if the input was parsed, and False if a library error was raised.

        Any other exception fails the test, and so does a library error without a message.
        """
        try:
            self.read(body)
        except VcloudAirError as exc:
            assert str(exc).strip(), "The error has no message."
            assert exc.as_dict()["message"]
            return False
        return True


def of_json(read: Callable[[Any], object]) -> Callable[[bytes], object]:
    """Convert a parser of plain data to a parser of JSON bytes. Skip invalid JSON."""

    def parse(body: bytes) -> object:
        tree = _plain(body)
        return None if tree is _NOTHING else read(tree)

    return parse


def of_text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    """Convert a parser of text to a parser of UTF-8 bytes."""
    return lambda body: read(body.decode("utf-8", "replace"))


def plain(*trees: Any) -> Callable[[], Sequence[bytes]]:
    """Return a function that returns ``trees`` as seeds in JSON."""
    return lambda: [json.dumps(tree).encode() for tree in trees]


def texts(*words: str) -> Callable[[], Sequence[bytes]]:
    """Return a function that returns strings as seeds."""
    return lambda: [word.encode() for word in words]


_NOTHING = object()


def _plain(body: bytes) -> Any:
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(body)
    return _NOTHING


def exhausted(value: Any) -> Any:
    """Return the items of a generator as a list, or return any other value unchanged."""
    return list(value) if isinstance(value, Iterator) else value
