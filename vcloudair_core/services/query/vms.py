"""Read VMs as mappings of facts, for inventories, facts modules and reports."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timezone
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import AmbiguousMatchError, NotFoundError, PermissionDeniedError, SpecError
from vcloudair_core.services.query.codec import parse_created, parse_name, parse_nics
from vcloudair_core.services.query.record import moment
from vcloudair_core.services.query.store import read_vapp, read_vm

if TYPE_CHECKING:
    from vcloudair_core.services.query.query import Progress, Query, Warn
    from vcloudair_core.services.query.record import Record
    from vcloudair_core.session.session import Session

_log = logging.getLogger(__name__)

POWER = {"POWERED_ON": "on", "POWERED_OFF": "off", "SUSPENDED": "suspended"}
_ID_OF_LINK = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?\Z", re.IGNORECASE)
_FAMILIES = (
    ("windows", ("windows",)),
    ("linux", ("linux", "ubuntu", "centos", "debian", "suse", "fedora", "coreos", "photon", "rocky", "almalinux")),
    ("bsd", ("bsd",)),
    ("darwin", ("darwin", "mac os", "macos")),
    ("solaris", ("solaris", "sunos")),
)


class VmReader:
    """A reader of the VMs that a session can access.

    VDC names are read once, in a separate query, because older servers do not return VDC names in VM records.
    """

    def __init__(self, session: Session, query: Callable[..., Query]) -> None:
        """Create a reader. ``query`` has the signature of :meth:`QueryService.query`."""
        self._session, self._query = session, query
        self._vdcs: list[Record] | None = None

    def read(
        self,
        where: Mapping[str, Any] | None = None,
        *,
        vdc: str = "",
        templates: bool = False,
        metadata: Sequence[str] = (),
        nics: bool = False,
        limit: int | None = None,
        ages_by: Sequence[str] = (),
        progress: Progress | None = None,
        warn: Warn | None = None,
    ) -> list[dict[str, Any]]:
        """Return VMs as mappings of JSON types, sorted by ID, without deleted VMs.

        See :func:`facts` for the keys.

        Args:
            where: Conditions, as in :meth:`QueryService.query`.
            vdc: The name or UUID of a VDC to read from.
            templates: Include the VMs of templates.
            metadata: Metadata keys to read.
            nics: Read all network interfaces, with one request per vApp. Otherwise, only the address of the primary
                interface is included.
            limit: The maximum number of VMs.
            ages_by: Fact keys, in order of preference, whose value is used as the name of a VM. VMs that share a name
                get the fact ``created``, the creation time in UTC, which can take one request per VM.
            progress: Callback with the number of VMs read and the total.
            warn: Callback for a message about VMs that appeared or vanished during the read. By default, the message is
                logged.

        Raises: SpecError before anything is sent; NotFoundError or AmbiguousMatchError for the VDC; the errors of
            :meth:`Query.all`.
        """
        conditions = dict(where or {})
        if not templates:
            conditions.setdefault("isVAppTemplate", False)
        self._query("vm", conditions, metadata=metadata, limit=limit)  # rejects invalid input before the first request
        if vdc:
            conditions["vdc"] = self._vdc(vdc).href
        query = self._query("vm", conditions, metadata=metadata, limit=limit, progress=progress, warn=warn)
        records = [record for record in query.all() if _exists(record, conditions)]
        names = {record.id: record.name for record in self._all_vdcs()}
        org = self._session.identity.org_name
        shown = [facts(record, names, org) for record in records]
        if nics:
            gone = self._add_nics(shown)
            if gone:
                reason = "Their vApps no longer exist, or you have no permission to read them."
                (warn or _log.warning)(f"The network interfaces of {gone} VMs are unknown. {reason}")
        if ages_by:
            self._add_ages(shown, ages_by)
        return shown

    def one(
        self,
        name: str = "",
        *,
        id: str = "",  # noqa: A002 - the API's own word
        vapp: str = "",
        vdc: str = "",
        metadata: Sequence[str] = (),
        nics: bool = False,
    ) -> dict[str, Any]:
        """Return a VM by name, optionally within a vApp and VDC, or by UUID.

        If both ``id`` and ``name`` are set, ``id`` selects the VM, even if the VM was renamed. Raises: SpecError if
        neither is set; NotFoundError; AmbiguousMatchError with the candidates; the errors of :meth:`read`.
        """
        if not name and not id:
            raise SpecError("name", "is required, because id is not set")
        conditions = {"containerName": vapp} if vapp else {}
        vms: list[dict[str, Any]] = []
        identifier = id.rpartition(":")[2].casefold()
        if name:
            vms = self.read({**conditions, "name": name}, vdc=vdc, metadata=metadata)
        if identifier:
            vms = [vm for vm in vms if vm["id"] == identifier] or self._by_id(identifier, metadata)
        described = f"{name!r}" if name else id
        where = "".join(f" in the {kind} {value!r}" for kind, value in (("vApp", vapp), ("VDC", vdc)) if value)
        if not vms:
            raise NotFoundError(f"VM not found: {described}{where}.", hint="Run `vca query vm` to list the VMs.")
        if len(vms) > 1:
            raise AmbiguousMatchError(
                f"{len(vms)} VMs have the name {described}{where}.",
                candidates=[{key: vm[key] for key in ("name", "id", "vapp", "vdc")} for vm in vms],
                hint="Set the vApp, or select the VM by its UUID.",
            )
        if nics:
            self._add_nics(vms)
        return vms[0]

    def _by_id(self, identifier: str, metadata: Sequence[str]) -> list[dict[str, Any]]:
        """Find a VM by UUID.

        The name of the VM is read first, and VMs are queried by this name, because filters by ID differ between
        servers.
        """
        try:
            name = parse_name(read_vm(self._session, identifier))
        except (NotFoundError, PermissionDeniedError):
            return []
        return [vm for vm in self.read({"name": name}, metadata=metadata) if vm["id"] == identifier]

    def vdc_names(self) -> list[str]:
        """Return the names of the VDCs that the user can see. The names are read once."""
        return [record.name for record in self._all_vdcs()]

    def _all_vdcs(self) -> list[Record]:
        if self._vdcs is None:
            self._vdcs = self._query("orgVdc").all()
        return self._vdcs

    def _vdc(self, vdc: str) -> Record:
        vdcs = [record for record in self._all_vdcs() if vdc == record.name or vdc.casefold() == record.id]
        if not vdcs:
            known = ", ".join(sorted(self.vdc_names())) or "none"
            raise NotFoundError(f"VDC not found: {vdc!r}.", hint=f"Use one of these VDCs: {known}.")
        if len(vdcs) > 1:
            raise AmbiguousMatchError(
                f"{len(vdcs)} VDCs have the name {vdc!r}.",
                candidates=[{"name": record.name, "id": record.id} for record in vdcs],
                hint="Use the UUID of the VDC.",
            )
        return vdcs[0]

    def _add_nics(self, vms: Sequence[dict[str, Any]]) -> int:
        """Add network interfaces, and return the number of VMs whose vApp is unreadable.

        One request reads the VMs of a vApp. If a vApp cannot be read, its VMs keep the address from their record.
        """
        vapps = list(dict.fromkeys(vm["vapp_href"] for vm in vms if vm["vapp_href"] and not vm["is_template"]))
        nics_by_vm: dict[str, list[dict[str, Any]]] = {}
        for nics in _in_parallel(self._nics_of, vapps, int(self._session.settings.parallel_calls)):
            nics_by_vm |= nics
        for vm in vms:
            vm["nics"] = nics_by_vm.get(vm["id"], [])
            addresses = [nic["ip_address"] for nic in vm["nics"] if nic["ip_address"]]
            vm["ip_addresses"] = list(dict.fromkeys([*vm["ip_addresses"], *addresses]))
            vm["ip_address"] = vm["ip_address"] or next(iter(vm["ip_addresses"]), "")
        return sum(1 for vm in vms if not vm["is_template"] and vm["id"] not in nics_by_vm)

    def _add_ages(self, vms: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
        """Add the creation times of VMs whose name is not unique.

        If a record does not contain the creation time, one request reads it.
        """
        by_name: dict[str, list[dict[str, Any]]] = {}
        for vm in vms:
            vm["created"] = _in_utc(str(vm["record"].get("dateCreated", "")))
            by_name.setdefault(next((str(vm[name]) for name in names if vm.get(name)), ""), []).append(vm)
        unknown = [vm for same_name in by_name.values() if len(same_name) > 1 for vm in same_name if not vm["created"]]
        by_id = {vm["id"]: vm for vm in unknown if not vm["is_template"]}
        for identifier, created in zip(
            by_id,
            _in_parallel(self._created, list(by_id), int(self._session.settings.parallel_calls)),
            strict=True,
        ):
            by_id[identifier]["created"] = created

    def _created(self, identifier: str) -> str:
        try:
            return _in_utc(parse_created(read_vm(self._session, identifier)))
        except (NotFoundError, PermissionDeniedError):
            return ""

    def _nics_of(self, href: str) -> dict[str, list[dict[str, Any]]]:
        try:
            return parse_nics(read_vapp(self._session, href))
        except (NotFoundError, PermissionDeniedError):
            return {}  # deleted since it was listed; servers also return 403 then. Source: protocol/query.md §11


def _exists(record: Record, conditions: Mapping[str, Any]) -> bool:
    """Return False for a deleted or expired VM unless the conditions ask for it."""
    return not any(record.get(name) is True and name not in conditions for name in ("isDeleted", "isExpired"))


def _in_utc(text: str) -> str:
    """Return a time in UTC, in a format that sorts as text, or an empty string."""
    try:
        time = moment(text)
    except ValueError:
        return ""
    return (
        (time if time.tzinfo else time.replace(tzinfo=timezone.utc))
        .astimezone(timezone.utc)
        .isoformat(timespec="milliseconds")
    )


def facts(record: Record, vdc_names: Mapping[str, str], org: str) -> dict[str, Any]:
    """Return the facts of a VM: location, power, guest OS, size and addresses.

    The key ``record`` contains the query record. ``power`` is ``on``, ``off``, ``suspended`` or ``other``;
    ``status`` is the value of the API. ``memory_mb`` is in MiB. Unknown values are an empty string, None or an empty
    list.
    """
    raw = record.raw
    vdc_id, address = _end(raw.get("vdc", "")), raw.get("ipAddress", "").strip()
    return {
        "name": record.name,
        "id": record.id,
        "href": record.href,
        "vapp": raw.get("containerName", "").strip(),
        "vapp_id": _end(raw.get("container", "")),
        "vapp_href": raw.get("container", ""),
        "vdc": raw.get("vdcName", "").strip() or vdc_names.get(vdc_id, ""),
        "vdc_id": vdc_id,
        "org": raw.get("orgName", "").strip() or org,
        "status": raw.get("status", "").strip(),
        "power": POWER.get(raw.get("status", "").strip(), "other"),
        "guest_os": raw.get("guestOs", "").strip(),
        "os_family": os_family(raw.get("guestOs", "")),
        "cpus": _number(record.get("numberOfCpus")),
        "memory_mb": _number(record.get("memoryMB")),
        "network": raw.get("networkName", "").strip(),
        "ip_address": address,
        "ip_addresses": [address] if address else [],
        "storage_profile": raw.get("storageProfileName", "").strip(),
        "catalog": raw.get("catalogName", "").strip(),
        "owner": raw.get("ownerName", "").strip(),
        "is_template": record.get("isVAppTemplate") is True,
        "is_busy": record.get("isBusy") is True,
        "metadata": {key: _plain(value) for key, value in record.metadata.items()},
        "record": dict(raw),
    }


def os_family(guest_os: str) -> str:
    """Return the family of a guest OS, such as ``linux`` or ``windows``.

    The other families are ``bsd``, ``darwin``, ``solaris`` and ``other``. The result is empty if ``guest_os`` is empty.
    """
    name = guest_os.casefold()
    if not name.strip():
        return ""
    return next((family for family, signs in _FAMILIES if any(sign in name for sign in signs)), "other")


def _end(link: str) -> str:
    match = _ID_OF_LINK.search(link)
    return match[1].lower() if match else ""


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, bool, int, float)) or value is None else value.isoformat()


def _in_parallel(work: Callable[[str], Any], items: Sequence[str], workers: int) -> Iterator[Any]:
    if not items:
        return
    with ThreadPoolExecutor(max_workers=max(1, min(workers, len(items))), thread_name_prefix="vca-nics") as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()
