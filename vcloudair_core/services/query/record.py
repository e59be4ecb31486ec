"""One record of a query: what the server said, typed when it is looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from vcloudair_core.plugin.records import RecordType

_UUID_AT_END = re.compile(r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/?\Z", re.IGNORECASE)
_FLAG = re.compile(r"is[A-Z]")
_COUNT = re.compile(r"numberOf[A-Z]")


class Record(Mapping[str, Any]):
    """A mapping from attribute to typed value. What the server left out is not in it.

    A blank, which is how servers say nothing, is an empty text, and None where the type is not text. Values that are
    not what their type says stay text: nothing of the server is lost. ``raw`` is what it said, ``metadata`` what was
    asked for with ``metadata=``. Source: protocol/query.md §2, §7; protocol/recorded-responses.md §3.
    """

    __slots__ = ("_type", "metadata", "raw")

    def __init__(
        self, raw: Mapping[str, str], record_type: RecordType, metadata: Mapping[str, Any] | None = None
    ) -> None:
        self.raw = raw
        self.metadata: Mapping[str, Any] = metadata or {}
        self._type = record_type

    @property
    def type(self) -> str:
        """The name of its type: ``vm``."""
        return self._type.name

    @property
    def name(self) -> str:
        """Its name; empty for types that have none."""
        return self.raw.get("name", "").strip()

    @property
    def href(self) -> str:
        """The link to the object; empty in the format idrecords."""
        return self.raw.get("href", "")

    @property
    def id(self) -> str:
        """The UUID of the object, in lower case; the end of its link where that holds none."""
        text = self.raw.get("id") or self.href
        match = _UUID_AT_END.search(text)
        return match.group(1).lower() if match else text.rstrip("/").rpartition("/")[2]

    def __getitem__(self, name: str) -> Any:
        return typed(self.raw[name], kind_of(self._type, name))

    def __iter__(self) -> Iterator[str]:
        return iter(self.raw)

    def __len__(self) -> int:
        return len(self.raw)

    def __hash__(self) -> int:
        return hash((self.type, self.href, self.raw.get("id")))

    def __repr__(self) -> str:
        return f"<{self.type} {self.name!r} {self.id}>"

    def as_dict(self) -> dict[str, Any]:
        """JSON types only, with ``id`` (the UUID); times as the server wrote them. ``metadata`` if there is any."""
        shown = {name: _plain(self[name], text) for name, text in self.raw.items()}
        shown["id"] = self.id
        if self.metadata:
            shown["metadata"] = {key: _plain(value, str(value)) for key, value in self.metadata.items()}
        return shown


def kind_of(record_type: RecordType, name: str) -> str:
    """``str | bool | int | float | datetime | uri``. Attributes that nobody has listed tell by their names."""
    listed = record_type.attributes.get(name)
    if listed is not None:
        return listed
    if _FLAG.match(name):
        return "bool"
    return "int" if _COUNT.match(name) else "str"


def typed(text: str, kind: str) -> Any:
    """A value of that kind; the text itself when it is none. Never raises."""
    word = text.strip()
    if kind in ("str", "uri"):
        return word if not word else text
    if not word:
        return None
    if kind == "bool":
        return {"true": True, "false": False}.get(word.lower(), text)
    try:
        if kind == "datetime":
            return moment(word)
        return int(word) if kind == "int" else float(word)
    except ValueError:
        return text


_FRACTION = re.compile(r"\.(\d{1,9})")


def moment(text: str) -> datetime:
    """A time with its offset, if it has one: ``2015-11-08T12:00:00.000+01:00``, also with Z. Raises ValueError."""
    even = _FRACTION.sub(lambda match: "." + match.group(1)[:6].ljust(6, "0"), text.strip())
    return datetime.fromisoformat(even[:-1] + "+00:00" if even[-1:] in ("Z", "z") else even)


def _plain(value: Any, text: str) -> Any:
    if isinstance(value, datetime):
        return text if text else value.isoformat()
    return value
