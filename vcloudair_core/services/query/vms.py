"""VMs as plain facts, for inventories, facts modules and reports."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timezone
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import AmbiguousMatchError, NotFoundError, PermissionDeniedError, SpecError
from vcloudair_core.services.query.codec import parse_created, parse_name, parse_nics
from vcloudair_core.services.query.record import moment
from vcloudair_core.services.query.store import read_machine, read_vapp

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


class Machines:
    """The VMs of a session. VDCs are read once, one call; a record names its own only on newer servers."""

    def __init__(self, session: Session, query: Callable[..., Query]) -> None:
        """Args: ``query``: makes a query, as :meth:`QueryService.query` does."""
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
        """VMs as mappings of JSON types, see :func:`facts`, in the order of their ids. Deleted ones are left out.

        ``where``: conditions on records, as :meth:`QueryService.query` takes them. ``vdc``: name or UUID of the only
        one to look at. ``templates``: those of templates, too, which a server lists among the others. ``metadata``:
        keys to bring. ``nics``: every interface, at the price of one call for each vApp, in parallel; without it the
        address of the primary one is all that there is. ``ages_by``: keys of the mapping; VMs that share the first
        of them that is not empty get ``created``, their creation time in UTC, at the price of one call each. ``warn``
        is told of VMs that came or went meanwhile, by default the log.

        Raises: SpecError before anything is sent; NotFoundError or AmbiguousMatchError for the VDC, and what
        :meth:`Query.all` raises.
        """
        conditions = dict(where or {})
        if not templates:
            conditions.setdefault("isVAppTemplate", False)
        self._query("vm", conditions, metadata=metadata, limit=limit)  # bad input sends nothing
        if vdc:
            conditions["vdc"] = self._vdc(vdc).href
        query = self._query("vm", conditions, metadata=metadata, limit=limit, progress=progress, warn=warn)
        records = [record for record in query.all() if _is_there(record, conditions)]
        names = {record.id: record.name for record in self._all_vdcs()}
        org = self._session.identity.org_name
        shown = [facts(record, names, org) for record in records]
        if nics:
            gone = self._add_nics(shown)
            if gone:
                text = (
                    f"The network interfaces of {gone} VMs are not known. Their vApps are gone, or not yours to read."
                )
                (warn or _log.warning)(text)
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
        """Return one VM by name, in a vApp and VDC if they are given, or by UUID, whatever its name is by now.

        Raises: SpecError for neither name nor id; NotFoundError, AmbiguousMatchError with the candidates, and what
        :meth:`read` raises.
        """
        if not name and not id:
            raise SpecError("name", "a name or an id is needed")
        conditions = {"containerName": vapp} if vapp else {}
        vms: list[dict[str, Any]] = []
        identifier = id.rpartition(":")[2].casefold()
        if name:
            vms = self.read({**conditions, "name": name}, vdc=vdc, metadata=metadata)
        if identifier:
            vms = [vm for vm in vms if vm["id"] == identifier] or self._by_id(identifier, metadata)
        described = f"machine {name!r}" if name else f"machine {id}"
        where = "".join(f" in the {word} {value!r}" for word, value in (("vApp", vapp), ("VDC", vdc)) if value)
        if not vms:
            raise NotFoundError(f"There is no {described}{where}.", hint="`vca query vm` lists those that there are.")
        if len(vms) > 1:
            raise AmbiguousMatchError(
                f"There are {len(vms)} of {described}{where}.",
                candidates=[{key: vm[key] for key in ("name", "id", "vapp", "vdc")} for vm in vms],
                hint="Name the vApp, or take it by id.",
            )
        if nics:
            self._add_nics(vms)
        return vms[0]

    def _by_id(self, identifier: str, metadata: Sequence[str]) -> list[dict[str, Any]]:
        """Find a VM by UUID: read its name, then query by name, as servers spell filters by id differently."""
        try:
            name = parse_name(read_machine(self._session, identifier))
        except (NotFoundError, PermissionDeniedError):
            return []
        return [vm for vm in self.read({"name": name}, metadata=metadata) if vm["id"] == identifier]

    def vdc_names(self) -> list[str]:
        """Names of the VDCs of the session. One call, once."""
        return [record.name for record in self._all_vdcs()]

    def _all_vdcs(self) -> list[Record]:
        if self._vdcs is None:
            self._vdcs = self._query("orgVdc").all()
        return self._vdcs

    def _vdc(self, vdc: str) -> Record:
        vdcs = [record for record in self._all_vdcs() if vdc == record.name or vdc.casefold() == record.id]
        if not vdcs:
            known = ", ".join(sorted(self.vdc_names())) or "none"
            raise NotFoundError(f"There is no VDC {vdc!r}.", hint=f"There are: {known}.")
        if len(vdcs) > 1:
            raise AmbiguousMatchError(
                f"There are {len(vdcs)} VDCs {vdc!r}.",
                candidates=[{"name": record.name, "id": record.id} for record in vdcs],
                hint="Give the id instead.",
            )
        return vdcs[0]

    def _add_nics(self, machines: Iterable[dict[str, Any]]) -> int:
        """Add interfaces with one call for each vApp, and return how many VMs have none because it cannot be read.

        A VM that went away meanwhile keeps what its record said.
        """
        vms = list(machines)
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

    def _add_ages(self, machines: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
        """Add creation times, with one call for each VM that shares a name, unless its record has the time."""
        sharing: dict[str, list[dict[str, Any]]] = {}
        for vm in machines:
            vm["created"] = _in_utc(str(vm["record"].get("dateCreated", "")))
            sharing.setdefault(next((str(vm[name]) for name in names if vm.get(name)), ""), []).append(vm)
        unknown = [vm for same in sharing.values() if len(same) > 1 for vm in same if not vm["created"]]
        by_id = {vm["id"]: vm for vm in unknown if not vm["is_template"]}
        for identifier, created in zip(
            by_id,
            _in_parallel(self._created, list(by_id), int(self._session.settings.parallel_calls)),
            strict=True,
        ):
            by_id[identifier]["created"] = created

    def _created(self, identifier: str) -> str:
        try:
            return _in_utc(parse_created(read_machine(self._session, identifier)))
        except (NotFoundError, PermissionDeniedError):
            return ""

    def _nics_of(self, href: str) -> dict[str, list[dict[str, Any]]]:
        try:
            return parse_nics(read_vapp(self._session, href))
        except (NotFoundError, PermissionDeniedError):
            return {}  # gone since it was listed; a 403 says so, too. Source: protocol/query.md §11


def _is_there(record: Record, conditions: Mapping[str, Any]) -> bool:
    """False for VMs that are deleted, or expired and about to be, unless conditions are about just that."""
    return not any(record.get(name) is True and name not in conditions for name in ("isDeleted", "isExpired"))


def _in_utc(text: str) -> str:
    """A time that sorts as text; empty where there is none."""
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
    """Return the facts of a VM: names and ids of its place, power, guest, size, addresses; ``record`` is complete.

    ``power`` is ``on``, ``off``, ``suspended`` or ``other``; ``status`` is the API's own word. ``memory_mb`` is in
    MiB. What a server does not tell is an empty text, None or an empty list.
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
    """``linux``, ``windows``, ``bsd``, ``darwin``, ``solaris``, ``other``; empty when it is not known."""
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


def _in_parallel(work: Callable[[str], Any], items: Sequence[str], most: int) -> Iterator[Any]:
    if not items:
        return
    with ThreadPoolExecutor(max_workers=max(1, min(most, len(items))), thread_name_prefix="vca-nics") as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()
