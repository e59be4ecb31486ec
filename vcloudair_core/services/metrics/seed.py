"""Metrics as the original SDK had them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vcloudair_core.errors import ConfigurationError, SpecError, VcloudAirError
from vcloudair_core.services.metrics.service import MetricsService
from vcloudair_core.services.metrics.window import parse_window


class Metrics:
    """Metrics of a VDC, or of named machines, which override it.

    ``metric_data[vm][timestamp][metric]`` holds values as the server wrote them; a metric that it did not send is not
    there. ``org_info`` is what :class:`VCASession` returned; it beats ``vcdurl``, ``token`` and ``org_uuid``.
    """

    def __init__(
        self,
        org_info: Mapping[str, Any] | None = None,
        vcdurl: str | None = None,
        token: str | None = None,
        org_uuid: str | None = None,
        vm_uuids: Sequence[str] | None = None,
    ) -> None:
        from vcloudair_core.session.facade import session_for

        self._service = MetricsService(session_for(org_info, vcdurl, token))
        self._vdc = str((org_info or {}).get("org_uuid") or org_uuid or "")
        self.vms = list(vm_uuids or [])
        self._window = parse_window("5m")
        self.filters: list[str] = []
        self.metric_data: dict[str, dict[Any, dict[str, Any]]] = {}
        if not self.vms and not self._vdc:
            raise ConfigurationError("There is neither a VDC nor a machine to ask for.", hint="Pass vm_uuids.")

    def set_relative_interval(self, units: str, start: int, end: int | None = None) -> None:
        """From ``start`` units ago to ``end`` units ago, by default now. ``units``: SECOND, MINUTE, HOUR.

        Raises: SpecError for other units, or an end before the start.
        """
        letter = {"SECOND": "s", "MINUTE": "m", "HOUR": "h"}.get(str(units).upper())
        if letter is None:
            raise SpecError("units", f"{units!r} is not one of SECOND, MINUTE, HOUR")
        self._window = parse_window(f"{int(start)}{letter}", f"{int(end)}{letter}" if end else None)

    def set_absolute_interval(self, start: Any, end: Any) -> None:
        """From one time to another: datetimes, or ISO 8601; without an offset they are in UTC. Raises SpecError."""
        self._window = parse_window(start, end)

    def set_metric_filters(self, *filters: str) -> None:
        """The metrics to bring, in place of those set before; none means all."""
        self.filters = list(filters)

    def add_metric_filters(self, *filters: str) -> None:
        """More metrics to bring."""
        self.filters.extend(filters)

    def collect(self) -> None:
        """Fill :attr:`metric_data`. Machines are asked several at a time.

        Raises: the error of the first machine that failed, after the others were taken; IncompleteResultError,
        ApiError, TransportError, DecodeError.
        """
        self.metric_data = {}
        if not self.vms:
            self._take(self._read("vdc", self._vdc))
            return
        failed: list[VcloudAirError] = []
        found = dict(self._service.each(self.vms, lambda machine: self._read("vm", machine)))
        for machine in self.vms:
            rows = found[machine]
            if isinstance(rows, VcloudAirError):
                failed.append(rows)
            else:
                self._take(rows)
        if failed:
            raise failed[0]

    def _read(self, scope: str, identifier: str) -> list[dict[str, Any]]:
        return [row for rows in self._service.raw_rows(scope, identifier, self._window) for row in rows]

    def _take(self, rows: Iterable[Mapping[str, Any]]) -> None:
        for row in rows:
            values = {str(one["name"]): one.get("value") for one in row.get("metrics") or () if "name" in one}
            if self.filters:
                values = {name: values[name] for name in self.filters if name in values}
            self.metric_data.setdefault(str(row.get("vmId")), {}).setdefault(row.get("timestamp"), {}).update(values)
