"""The class ``Metrics`` with the API of vcloudair 0.5."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urljoin

from vcloudair_core.compat.connection import Connection
from vcloudair_core.compat.sdk_errors import compatible_errors
from vcloudair_core.errors import ConfigurationError, SpecError, VcloudAirError
from vcloudair_core.services.metrics.codec_json import window_body
from vcloudair_core.services.metrics.service import MetricsService
from vcloudair_core.services.metrics.window import parse_window

_PATH = "hybridity/api/metrics/"


class Metrics:
    """Collect metrics for a VDC, or for the VMs in ``vm_uuids``.

    ``metric_data[vm][timestamp][metric]`` has the values from the server. ``postdata`` is the time range in the format
    of the API. ``org_info`` is the login result of :class:`VCASession`. The values in ``org_info`` take precedence over
    ``vcdurl``, ``token`` and ``org_uuid``. Changes to ``headers`` and ``url`` apply to the next call.
    """

    def __init__(
        self,
        org_info: Mapping[str, Any] | None = None,
        vcdurl: str | None = None,
        token: str | None = None,
        org_uuid: str | None = None,
        vm_uuids: Sequence[str] | None = None,
    ) -> None:
        self._connection = Connection(org_info, vcdurl, token, content_type="application/json")
        self.headers = self._connection.headers
        vdc = (org_info or {}).get("org_uuid") or org_uuid
        self.vms = list(vm_uuids or [])
        self.url = urljoin(self._connection.url or "", _PATH) + ("vApp/" if self.vms else f"vdc/{vdc or ''}")
        self._initial_url = self.url
        self.postdata: dict[str, Any] = window_body(parse_window("5m"))
        self.filters: list[str] = []
        self.metric_data: dict[str, dict[Any, dict[str, Any]]] = {}
        self._service()

    def set_relative_interval(self, units: str, start: int, end: int | None = None) -> None:
        """Set the time range: from ``start`` units ago to ``end`` units ago.

        ``units`` is SECOND, MINUTE or HOUR. If ``end`` is None, the time range ends now.

        Raises: SpecError for other units, or an end before the start.
        """
        letter = {"SECOND": "s", "MINUTE": "m", "HOUR": "h"}.get(str(units).upper())
        if letter is None:
            raise SpecError("units", f"{units!r} is not one of SECOND, MINUTE, HOUR")
        window = parse_window(f"{int(start)}{letter}", f"{int(end)}{letter}" if end else None)
        self.postdata = window_body(window)

    def set_absolute_interval(self, start: Any, end: Any) -> None:
        """Set the start and end of the time range, as datetimes or ISO 8601 strings.

        Times without an offset are UTC.

        Raises SpecError.
        """
        self.postdata = window_body(parse_window(start, end))

    def set_metric_filters(self, *filters: str) -> None:
        """Set the metrics to collect. To collect all metrics, pass no arguments."""
        self.filters = list(filters)

    def add_metric_filters(self, *filters: str) -> None:
        """Add metrics to collect."""
        self.filters.extend(filters)

    @compatible_errors(ValueError)
    def collect(self) -> None:
        """Collect metrics, and add the values to :attr:`metric_data`.

        Several VMs are read in parallel.

        Raises: the error of the first failed VM, after all other VMs were read; ConfigurationError if neither a VDC nor
        a VM is set; IncompleteResultError, ApiError, TransportError, DecodeError.
        """
        service = self._service()
        if not self.vms:
            vdc = self.url.partition("/vdc/")[2]
            if not vdc:
                raise ConfigurationError("No VDC and no VMs selected.", hint="Pass org_uuid or vm_uuids.")
            self._add(self._read(service, "vdc", vdc))
            return
        failed: list[VcloudAirError] = []
        rows_of = dict(service.each(self.vms, lambda vm: self._read(service, "vm", vm)))
        for vm in self.vms:
            rows = rows_of[vm]
            if isinstance(rows, VcloudAirError):
                failed.append(rows)
            else:
                self._add(rows)
        if failed:
            raise failed[0]

    def _service(self) -> MetricsService:
        base = self.url.partition(_PATH)[0]
        is_changed = base != self._initial_url.partition(_PATH)[0]
        return MetricsService(self._connection.session(base if is_changed else self._connection.url, self.headers))

    def _read(self, service: MetricsService, scope: str, identifier: str) -> list[dict[str, Any]]:
        return [row for rows in service.raw_rows(scope, identifier, self.postdata) for row in rows]

    def _add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        for row in rows:
            values = {
                str(metric["name"]): metric.get("value") for metric in row.get("metrics") or () if "name" in metric
            }
            if self.filters:
                values = {name: values[name] for name in self.filters if name in values}
            self.metric_data.setdefault(str(row.get("vmId")), {}).setdefault(row.get("timestamp"), {}).update(values)
