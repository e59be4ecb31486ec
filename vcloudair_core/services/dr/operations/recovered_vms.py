"""Describe recovered VMs for results and reports: location and IP addresses."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import VcloudAirError
from vcloudair_core.services.dr.vm_checks import POWERED_ON, VmRecord
from vcloudair_core.services.dr.vm_store import read_addresses, read_vdc_names

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

_log = logging.getLogger(__name__)


class RecoveredVms:
    """A reader for details of recovered VMs that VM query records do not contain.

    Details that cannot be read are left empty.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._vdc_names: dict[str, str] | None = None

    def described(self, vms: Sequence[VmRecord]) -> dict[str, Any]:
        """Return the recovered VM of a replication as JSON types.

        ``vms`` are the candidates. The first powered-on VM is returned, or the first VM if all are powered off. The
        result is empty if ``vms`` is empty.
        """
        if not vms:
            return {}
        vm = next((candidate for candidate in vms if candidate.status == POWERED_ON), vms[0])
        return {
            "id": vm.id,
            "href": vm.href,
            "name": vm.name,
            "status": vm.status,
            "vapp": vm.vapp_name,
            "vapp_href": vm.vapp_href,
            "vdc": vm.vdc_name or self._vdc_name(vm.vdc_href),
            "vdc_href": vm.vdc_href,
            "addresses": self._addresses(vm),
        }

    def _vdc_name(self, href: str) -> str:
        with self._lock:
            if self._vdc_names is None:
                try:
                    self._vdc_names = read_vdc_names(self._session)
                except VcloudAirError as exc:
                    _log.debug("Reading the names of the VDCs failed. %s", exc)
                    self._vdc_names = {}
            return self._vdc_names.get(href.rstrip("/")[-36:], "")

    def _addresses(self, vm: VmRecord) -> list[str]:
        try:
            addresses = read_addresses(self._session, vm) if vm.href else []
        except VcloudAirError as exc:
            _log.debug("Reading the addresses of %s failed. %s", vm.name, exc)
            addresses = []
        return addresses or ([vm.address] if vm.address else [])
