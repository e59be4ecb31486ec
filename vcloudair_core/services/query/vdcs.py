"""Read VDCs with their capacity and quotas.

Source: protocol/query.md §7.1; types VdcType and CapacityWithUsageType of the schema.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.validation import near
from vcloudair_core.errors import AmbiguousMatchError, DecodeError, NotFoundError, PermissionDeniedError
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from lxml.etree import _Element

    from vcloudair_core.services.query.query import Query
    from vcloudair_core.services.query.record import Record
    from vcloudair_core.session.session import Session

_AMOUNTS = ("allocated", "reserved", "used", "limit")
_QUOTAS = {"vm_quota": "VmQuota", "nic_quota": "NicQuota", "network_quota": "NetworkQuota"}


class VdcReader:
    """A reader of the VDCs that a session can access."""

    def __init__(self, session: Session, query: Callable[..., Query]) -> None:
        """Create a reader. ``query`` has the signature of :meth:`QueryService.query`."""
        self._session, self._query = session, query

    def read(self, vdc: str = "", *, quotas: bool = True) -> list[dict[str, Any]]:
        """Return VDCs with their capacity and quotas, sorted by name.

        Makes two calls, plus one call for each VDC, which are made in parallel. ``vdc`` (name or UUID) limits the list
        to one VDC. With ``quotas=False``, makes two calls, and the allocation model and the quotas are unknown.

        Shape: ``[{"name", "id", "is_enabled", "status", "description", "allocation_model", "cpu": {"allocated_mhz",
        "reserved_mhz", "used_mhz", "limit_mhz"}, "memory": {"allocated_mb", ...}, "storage_profiles": [{"name", "id",
        "is_default", "is_enabled", "used_mb", "limit_mb"}], "vm_count", "running_vm_count", "vapp_count",
        "network_count", "vm_quota", "nic_quota", "network_quota"}]``. A limit or quota of 0 means no limit. Values that
        the server does not return are None.

        Raises: NotFoundError if ``vdc`` does not exist; AmbiguousMatchError; other ApiErrors, TransportError,
        DecodeError.
        """
        records = sorted(self._query("orgVdc").all(), key=lambda record: (record.name, record.id))
        if vdc:
            records = [_pick(records, vdc)]
        profiles = self._query("orgVdcStorageProfile").all()
        rows = [_row(record, profiles) for record in records]
        if quotas and records:
            workers = max(1, min(int(self._session.settings.parallel_calls), len(records)))
            with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="vca-vdcs") as pool:
                documents = list(pool.map(self._document, records))
            rows = [_merged(row, document) for row, document in zip(rows, documents, strict=True)]
        return rows

    def one(self, vdc: str) -> dict[str, Any]:
        """Return a VDC by name or UUID. Makes three calls.

        Raises: NotFoundError, AmbiguousMatchError; the errors of :meth:`read`.
        """
        return self.read(vdc)[0]

    def _document(self, record: Record) -> Mapping[str, Any]:
        """Return values of the document of a VDC.

        The mapping is empty if the user cannot read the document.
        """
        try:
            return parse_vdc(self._session.call("GET", record.href).body)
        except (NotFoundError, PermissionDeniedError):
            return {}


def parse_vdc(body: bytes) -> dict[str, Any]:
    """Return the capacity and other values of a VDC document.

    These are values that query records can lack. Unknown values are None. Raises: DecodeError.
    """
    root = xml.parse(body, what="the VDC")
    if xml.local(root) not in ("Vdc", "AdminVdc"):
        raise DecodeError(f"Reading the VDC failed. Vdc was expected, not {xml.local(root)}.")
    capacity = _child(root, "ComputeCapacity")
    return {
        "allocation_model": _text(root, "AllocationModel") or None,
        "cpu": _capacity(_child(capacity, "Cpu"), "mhz"),
        "memory": _capacity(_child(capacity, "Memory"), "mb"),
        "network_count": xml.count(_text(root, "UsedNetworkCount")),
        **{name: xml.count(_text(root, element)) for name, element in _QUOTAS.items()},
    }


def _capacity(element: _Element | None, unit: str) -> dict[str, int | None]:
    """Return the capacity of a resource.

    Values are None if the document uses another unit than ``unit``.
    """
    sent = (_text(element, "Units") or "").strip().lower()
    names = {"allocated": "Allocated", "reserved": "Reserved", "used": "Used", "limit": "Limit"}
    return {
        f"{amount}_{unit}": xml.count(_text(element, names[amount])) if sent in ("", unit) else None
        for amount in _AMOUNTS
    }


def _row(record: Record, profiles: Sequence[Record]) -> dict[str, Any]:
    own = [profile for profile in profiles if _uuid_of(profile.raw.get("vdc", "")) == record.id]
    return {
        "name": record.name,
        "id": record.id,
        "is_enabled": _flag(record.get("isEnabled")),
        "status": record.raw.get("status", "").strip(),
        "description": record.raw.get("description", "").strip(),
        "allocation_model": record.raw.get("allocationModel", "").strip() or None,
        "cpu": _amounts(record, "cpu", "Mhz"),
        "memory": _amounts(record, "memory", "MB"),
        "storage_profiles": [_profile(profile) for profile in sorted(own, key=lambda profile: profile.name)],
        "vm_count": _number(record.get("numberOfVMs")),
        "running_vm_count": _number(record.get("numberOfRunningVMs")),
        "vapp_count": _number(record.get("numberOfVApps")),
        "network_count": None,
        **dict.fromkeys(_QUOTAS),
    }


def _amounts(record: Record, resource: str, unit: str) -> dict[str, int | None]:
    names = {"allocated": "Allocation", "reserved": "Reserved", "used": "Used", "limit": "Limit"}
    return {f"{amount}_{unit.lower()}": _number(record.get(f"{resource}{names[amount]}{unit}")) for amount in _AMOUNTS}


def _profile(record: Record) -> dict[str, Any]:
    return {
        "name": record.name,
        "id": record.id,
        "is_default": _flag(record.get("isDefaultStorageProfile")),
        "is_enabled": _flag(record.get("isEnabled")),
        "used_mb": _number(record.get("storageUsedMB")),
        "limit_mb": _number(record.get("storageLimitMB")),
    }


def _merged(row: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row whose missing values are replaced with those of the document."""
    merged = dict(row)
    for name, value in document.items():
        if isinstance(value, Mapping):
            merged[name] = {key: value[key] if old is None else old for key, old in row[name].items()}
        elif row[name] is None:
            merged[name] = value
    return merged


def _pick(records: Sequence[Record], vdc: str) -> Record:
    identifier = _uuid_of(vdc.casefold())
    for matches in (
        [record for record in records if vdc == record.name or identifier == record.id],
        [record for record in records if vdc.strip().casefold() == record.name.casefold()],
    ):
        if len(matches) > 1:
            raise AmbiguousMatchError(
                f"{len(matches)} VDCs have the name {vdc!r}.",
                candidates=[{"name": record.name, "id": record.id} for record in matches],
                hint="Use the UUID of the VDC.",
            )
        if matches:
            return matches[0]
    names = [record.name for record in records]
    nearest = near(vdc, names)
    listed = f"Use one of these VDCs: {', '.join(names) or 'none'}."
    hint = f"{nearest[:1].upper()}{nearest[1:]} {listed}" if nearest else listed
    raise NotFoundError(f"VDC not found: {vdc!r}.", hint=hint)


def _uuid_of(text: str) -> str:
    """Return the UUID at the end of a link or URN, in lower case.

    A plain UUID is also accepted.
    """
    return text.strip().rstrip("/").replace(":", "/").rpartition("/")[2].lower()


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _child(element: _Element | None, name: str) -> _Element | None:
    return None if element is None else next(element.iterchildren(f"{{*}}{name}"), None)


def _text(element: _Element | None, name: str) -> str | None:
    child = _child(element, name)
    return None if child is None else (child.text or "").strip()
