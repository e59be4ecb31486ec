"""Create Prometheus metrics for the expiry of certificates.

Certificates change rarely, so they are read less often than metrics of VMs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import VcloudAirError

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from vcloudair_core.client import Client

_log = logging.getLogger(__name__)

LIBRARY = "library"
"""The name that selects the certificate library in place of an edge gateway."""
INTERVAL_S = 3600.0
NAME, ABOUT = "vca_certificate_not_after_seconds", "Time at which a certificate expires, in seconds since 1970."
LABELS = ("edge", "certificate", "certificate_id")
_KIND = "ans.certificate"


class CertificateExpiry:
    """The expiry of the certificates of edge gateways and of the certificate library.

    A read sends one request for each edge gateway, and does not read the uses of the certificates.

    Args:
        owners: Names or UUIDs of edge gateways, or ``library`` for the certificate library of the organization.
        interval_s: Minimum seconds between two reads of the same certificates.
    """

    def __init__(
        self,
        client: Client,
        owners: Sequence[str],
        *,
        interval_s: float = INTERVAL_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._owners = tuple(dict.fromkeys(owners))
        self._interval_s = interval_s
        self._now = now
        self._read_at: dict[str, float] = {}
        self._records: dict[str, list[Mapping[str, Any]]] = {}
        self._failures: dict[str, str] = {}

    def refresh(self) -> None:
        """Read certificates whose last successful read is older than ``interval_s``.

        Errors are logged, and the earlier certificates are kept.
        """
        for owner in self._owners:
            if self._now() - self._read_at.get(owner, float("-inf")) < self._interval_s:
                continue
            try:
                self._records[owner] = self._read(owner)
            except VcloudAirError as exc:
                if self._failures.get(owner) != exc.message:
                    _log.warning("Reading the certificates of %s failed. %s", owner, exc)
                self._failures[owner] = exc.message
            else:
                self._read_at[owner] = self._now()
                self._failures.pop(owner, None)

    def families(self) -> Iterator[Metric]:
        """Yield the metric family with the expiry times. Sends no request."""
        from prometheus_client.core import GaugeMetricFamily

        family = GaugeMetricFamily(
            NAME,
            ABOUT,
            labels=LABELS,
        )
        for owner, records in self._records.items():
            for record in records:
                edge = "" if owner == LIBRARY else owner
                family.add_metric([edge, record["name"], record["certificate_id"]], record["not_after"])
        if family.samples:
            yield family

    def _read(self, owner: str) -> list[Mapping[str, Any]]:
        from vcloudair_core.services.ans.certificate.expiry import expiries

        return expiries(self._client.session, "" if owner == LIBRARY else owner)
