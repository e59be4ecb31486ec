"""Fuzz targets: a parser, real documents, and the errors that it may raise."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from vcloudair_core.errors import VcloudAirError


@dataclass(frozen=True)
class Target:
    """``read`` is given bytes and comes back, or raises an error of the library. ``seeds`` are what it is made for."""

    name: str
    read: Callable[[bytes], object]
    seeds: Callable[[], Sequence[bytes]]

    def feed(self, body: bytes) -> bool:
        """Return whether the input was parsed.

        An exception that is not from the library is a finding, and so is one without any context.
        """
        try:
            self.read(body)
        except VcloudAirError as exc:
            assert str(exc).strip(), "an error without a message"
            assert exc.as_dict()["message"]
            return False
        return True


def of_json(read: Callable[[Any], object]) -> Callable[[bytes], object]:
    """A parser of plain data as a parser of bytes: what is no JSON is not for it."""

    def parse(body: bytes) -> object:
        tree = _plain(body)
        return None if tree is _NOTHING else read(tree)

    return parse


def of_text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    """A parser of text as a parser of bytes."""
    return lambda body: read(body.decode("utf-8", "replace"))


def plain(*trees: Any) -> Callable[[], Sequence[bytes]]:
    """Plain data as seeds."""
    return lambda: [json.dumps(tree).encode() for tree in trees]


def texts(*words: str) -> Callable[[], Sequence[bytes]]:
    """Texts as seeds."""
    return lambda: [word.encode() for word in words]


_NOTHING = object()


def _plain(body: bytes) -> Any:
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(body)
    return _NOTHING


def exhausted(found: Any) -> Any:
    """Return the items of a generator, or the value itself."""
    return list(found) if isinstance(found, Iterator) else found
