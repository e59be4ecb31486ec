"""Query records with typed values."""

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
    """A query record: a mapping of attribute names to typed values.

    Attributes that the server does not return are missing from the mapping.

    Servers send a blank value for a missing value. In a text attribute, a blank value becomes an empty string. In other
    attributes, a blank value becomes None. A value that cannot be converted to the type of its attribute stays text.
    ``raw`` contains the unconverted values, and ``metadata`` contains the requested metadata. Source: protocol/query.md
    §2, §7; protocol/recorded-responses.md §3.
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
        """Return the name of the record type, such as ``vm``."""
        return self._type.name

    @property
    def name(self) -> str:
        """Return the name of the object, or "" if the record type has no names."""
        return self.raw.get("name", "").strip()

    @property
    def href(self) -> str:
        """Return the URL of the object, or "" in the format ``idrecords``."""
        return self.raw.get("href", "")

    @property
    def id(self) -> str:
        """Return the UUID in lower case, or the last part of a link without a UUID."""
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
        """Return the record as JSON types, with ``id`` (the UUID).

        If the record has metadata, ``metadata`` is included. Times are in the format of the server.
        """
        shown = {name: _plain(self[name], text) for name, text in self.raw.items()}
        shown["id"] = self.id
        if self.metadata:
            shown["metadata"] = {key: _plain(value, str(value)) for key, value in self.metadata.items()}
        return shown


def kind_of(record_type: RecordType, name: str) -> str:
    """Return the kind (data type) of an attribute, such as ``str`` or ``int``.

    The other kinds are ``bool``, ``float``, ``datetime`` and ``uri``. If the record type does not list the attribute,
    the kind is derived from the name of the attribute.
    """
    listed = record_type.attributes.get(name)
    if listed is not None:
        return listed
    if _FLAG.match(name):
        return "bool"
    return "int" if _COUNT.match(name) else "str"


def typed(text: str, kind: str) -> Any:
    """Convert a string to the data type ``kind``. Never raises.

    If the text cannot be converted, it is returned unchanged.
    """
    stripped = text.strip()
    if kind in ("str", "uri"):
        return stripped if not stripped else text
    if not stripped:
        return None
    if kind == "bool":
        return {"true": True, "false": False}.get(stripped.lower(), text)
    try:
        if kind == "datetime":
            return moment(stripped)
        return int(stripped) if kind == "int" else float(stripped)
    except ValueError:
        return text


_FRACTION = re.compile(r"\.(\d{1,9})")


def moment(text: str) -> datetime:
    """Parse an ISO 8601 time such as ``2015-11-08T12:00:00.000+01:00`` or with Z.

    The offset is optional. Raises ValueError.
    """
    micro = _FRACTION.sub(lambda match: "." + match.group(1)[:6].ljust(6, "0"), text.strip())
    return datetime.fromisoformat(micro[:-1] + "+00:00" if micro[-1:] in ("Z", "z") else micro)


def _plain(value: Any, text: str) -> Any:
    if isinstance(value, datetime):
        return text if text else value.isoformat()
    return value
