"""VM metrics in the formats of vCloud Air and of vCloud Director.

Source: protocol/metrics.md.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from lxml import etree

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.access.visibility import can_see, in_visible_vdcs
from vcloudair_core.simulator.api.own_objects import own_vdc
from vcloudair_core.simulator.json_documents.json_reader import to_xml
from vcloudair_core.simulator.json_documents.negotiation import is_json_body
from vcloudair_core.simulator.state.entities import Vm
from vcloudair_core.simulator.state.measurements import ADAPTER, DIRECTOR, MINUTE_S, Measured, Size, curve
from vcloudair_core.simulator.virtual_clock import timestamp_of
from vcloudair_core.simulator.xml_builder import element, link
from vcloudair_core.transport.messages import Headers, Response

T = "application/vnd.vmware.vcloud."
UNITS_S = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
DAY_S = 86400
DIRECTOR_RETENTION_S = 14 * DAY_S
_CAPACITY = ("disk.provisioned.latest", "disk.used.latest")


class _BadWindowError(ValueError):
    """An invalid time window or pattern. The exception text is the error message."""


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the vCloud Director routes for current and historic metrics."""
    root = f"{prefix}/api/vApp/{{entity_id}}/metrics"
    routes = [
        SimulatorRoute(method, f"{root}/{kind}", handler)
        for kind, handler in (("current", current), ("historic", historic))
        for method in ("GET", "POST")
    ]
    return SimulatorRoutes(
        f"metrics{prefix}",
        "Current and historic metrics of VMs",
        tuple(routes),
        versions="5.6 and newer",
        simplifications="Values are computed from the VM ID and the time.",
    )


def adapter_routes() -> SimulatorRoutes:
    """Return the routes of the metrics API of vCloud Air subscriptions."""
    routes = (
        SimulatorRoute("POST", "/hybridity/api/metrics/vApp/{entity_id}", rows_of_vm),
        SimulatorRoute("POST", "/hybridity/api/metrics/vdc/{vdc_id}", rows_of_vdc),
    )
    return SimulatorRoutes(
        "metrics-adapter",
        "Metrics of the last 24 hours, one row per minute",
        routes,
        versions="vCloud Air",
        simplifications="Values are computed from the VM ID and the time.",
    )


# -- vCloud Air --------------------------------------------------------------------------------------------------


def rows_of_vm(context: Any) -> Response:
    """Return the metrics rows of one VM."""
    vm = _own_vm(context)
    return _rows(context, [vm]) if vm is not None else _json_error(403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN")


def rows_of_vdc(context: Any) -> Response:
    """Return the metrics rows of all VMs of a VDC, ordered by time."""
    vdc = own_vdc(context, context.path_params["vdc_id"])
    if vdc is None:
        return _json_error(403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN")
    vms = in_visible_vdcs(context, context.world.vms)
    return _rows(context, [vm for vm in vms if vm.vdc_id == vdc.vdc_id])


def _json_error(status: int, code: str, message: str = "Access is forbidden") -> Response:
    return responses.json_body({"errorCode": code, "message": message}, status)


def _rows(context: Any, vms: Sequence[Vm]) -> Response:
    """Return one page of metrics rows for the powered-on VMs in ``vms``.

    The ``next`` cursor contains the time window, so that every page uses the same window.
    """
    config = context.simulator.config
    try:
        body = json.loads(context.request.body or b"{}")
        begin, end, offset = _cursor(context) or (*_json_window(body, context.simulator.clock.now()), 0)
    except (ValueError, TypeError, KeyError, AttributeError) as exc:
        return _json_error(400, "BAD_REQUEST", f"The request is not valid: {exc}")
    running = [(vm.vm_id, _size(vm)) for vm in vms if vm.status == "POWERED_ON"]
    minutes = _minutes(begin, end, config.metrics_gap_every)
    total = len(minutes) * len(running)
    size = config.metrics_page_size
    form, is_epoch = config.metrics_vm_id, config.metrics_timestamp == "epoch-ms"
    rows = ",".join(
        _row(config.seed, *running[index % len(running)], minutes[index // len(running)], form, is_epoch)
        for index in range(offset, min(offset + size, total))
    )
    paging: dict[str, Any] = {}
    if offset + size < total:
        cursor = json.dumps({"b": begin, "e": end, "o": offset + size}).encode()
        paging["next"] = base64.b64encode(cursor).decode()
    elif config.metrics_last_page != "absent":
        paging["next"] = None if config.metrics_last_page == "null" else ""
    rest = json.dumps(paging)[1:]
    text = f'{{"rows": [{rows}]{", " if paging else ""}{rest}'
    return Response(200, Headers({"Content-Type": "application/json"}), text.encode())


@lru_cache(maxsize=65536)
def _row(seed: str, vm_id: str, size: Size, minute: int, form: str, is_epoch: bool) -> str:
    """Return the metrics row of a VM for one minute, as JSON text.

    Rows are cached because clients request overlapping windows.
    """
    forms = {"uuid": vm_id, "vm-uuid": f"vm-{vm_id}", "urn": f"urn:vcloud:vm:{vm_id}"}
    moment_s = minute * MINUTE_S
    row = {
        "vmId": forms[form],
        "timestamp": moment_s * 1000 if is_epoch else timestamp_of(moment_s),
        "metrics": [
            {"name": metric.name, "value": _number(curve(seed, vm_id, metric, size)(minute))} for metric in ADAPTER
        ],
    }
    return json.dumps(row)


def _size(vm: Vm) -> Size:
    return Size(vm.cpus, vm.memory_mb)


def _number(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def _cursor(context: Any) -> tuple[float, float, int] | None:
    cursor = (context.query.get("next") or [""])[0]
    if not cursor:
        return None
    values = json.loads(base64.b64decode(cursor, validate=True))
    return float(values["b"]), float(values["e"]), int(values["o"])


def _json_window(body: dict[str, Any], now: float) -> tuple[float, float]:
    """Return the start and end of the requested window, in seconds since 1970.

    The window is limited to the 24 hours before ``now``. The default is the last 24 hours.
    """
    moments = []
    for bound, default in (("Start", now - DAY_S), ("End", now)):
        relative, absolute = body.get(f"relative{bound}Time"), body.get(f"absolute{bound}Time")
        if relative is not None:
            length = UNITS_S[str(relative["unit"]).lower()] * int(relative["interval"])
            if length <= 0:
                raise _BadWindowError("an interval must be greater than 0")
            moments.append(now - length)
        else:
            moments.append(_seconds(absolute["time"]) if absolute is not None else default)
    if moments[0] >= moments[1]:
        raise _BadWindowError("the start must be before the end")
    return max(moments[0], now - DAY_S), min(moments[1], now)


def _seconds(text: str) -> float:
    moment = datetime.fromisoformat(re.sub(r"[Zz]\Z", "+00:00", text))
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def _minutes(begin: float, end: float, gap_every: int, step_s: int = MINUTE_S) -> list[int]:
    """Return the minutes since 1970 between ``begin`` and ``end`` that have a sample.

    ``begin`` and ``end`` are in seconds since 1970. If ``gap_every`` is ``n``, every n-th sample is missing.
    """
    step = step_s // MINUTE_S
    first, last = -(-int(begin) // step_s) * step, int(end) // step_s * step
    return [minute for minute in range(first, last + 1, step) if not gap_every or (minute // step) % gap_every]


# -- vCloud Director ---------------------------------------------------------------------------------------------


def current(context: Any) -> Response:
    """Return the current metrics of a VM that is powered on.

    The body of a POST request selects metrics. Source: protocol/metrics.md §B.6.
    """
    vm = _own_vm(context)
    if vm is None:
        return responses.no_access("vm", context.path_params["entity_id"].partition("-")[2], context.version)
    config = context.simulator.config
    if vm.status != "POWERED_ON" and config.current_off != "empty":
        message = f'The requested operation could not be executed since VM "{vm.name}" is not running.'
        return responses.error(int(config.current_off), "BAD_REQUEST", message, context.version)
    spec = _spec(context, "CurrentUsageSpec")
    if isinstance(spec, Response):
        return spec
    _, _, patterns = spec
    minute = int(context.simulator.clock.now()) // MINUTE_S
    metrics = _matching(patterns) if vm.status == "POWERED_ON" else []
    values = [(metric, curve(config.seed, vm.vm_id, metric, _size(vm))(minute)) for metric in metrics]
    shown = [element("Metric", {"name": metric.name, "unit": metric.unit, "value": value}) for metric, value in values]
    document = element("CurrentUsage", None, _up(context, vm), *shown)
    return responses.entity(document, f"{T}metrics.currentUsage+xml", context.version)


def historic(context: Any) -> Response:
    """Return a series of samples for each metric of a VM.

    A rate has a sample every 5 minutes, and a capacity every 30 minutes. Source: protocol/metrics.md §B.5.
    """
    vm = _own_vm(context)
    if vm is None:
        return responses.no_access("vm", context.path_params["entity_id"].partition("-")[2], context.version)
    spec = _spec(context, "HistoricUsageSpec")
    if isinstance(spec, Response):
        return spec
    begin, end, patterns = spec
    document = element("HistoricUsage", None, _up(context, vm), *_series(context, vm, begin, end, patterns))
    return responses.entity(document, f"{T}metrics.historicUsage+xml", context.version)


def _series(context: Any, vm: Vm, begin: float, end: float, patterns: Sequence[str]) -> Iterator[Any]:
    config = context.simulator.config
    for metric in _matching(patterns):
        step_s = 1800 if metric.name in _CAPACITY else 300
        value = curve(config.seed, vm.vm_id, metric, _size(vm))
        minutes = _minutes(begin, end, config.metrics_gap_every, step_s) if vm.status == "POWERED_ON" else []
        samples = [
            element("Sample", {"timestamp": timestamp_of(minute * MINUTE_S), "value": value(minute)})
            for minute in minutes
        ]
        if samples:
            interval = step_s * (1000 if config.expected_interval_unit == "ms" else 1)
            yield element(
                "MetricSeries", {"name": metric.name, "unit": metric.unit, "expectedInterval": interval}, *samples
            )


def _matching(patterns: Sequence[str]) -> list[Measured]:
    return [
        metric for metric in DIRECTOR if not patterns or any(fnmatchcase(metric.name, pattern) for pattern in patterns)
    ]


def _up(context: Any, vm: Vm) -> Any:
    return link("up", f"{context.root}/api/vApp/vm-{vm.vm_id}", f"{T}vm+xml")


def _spec(context: Any, name: str) -> tuple[float, float, list[str]] | Response:
    """Return the start, the end and the metric patterns of a request, or an error.

    The start and end are in seconds since 1970. A POST request without a body is treated like a GET request.
    """
    now = context.simulator.clock.now()
    bounds: list[float] = [now - DAY_S, now]
    patterns: list[str] = []
    if context.request.method == "POST" and context.request.body:
        expected = f"{T}metrics.{name[:1].lower()}{name[1:]}+xml"
        is_json = is_json_body(context.request, expected, context.version)
        media_type = context.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if media_type != expected.lower() and not is_json:
            message = f"Unsupported media type: {media_type}"
            return responses.error(415, "UNSUPPORTED_MEDIA_TYPE", message, context.version)
        try:
            bounds, patterns = _read_spec(context.request.body, name, now, is_json=is_json)
        except (ValueError, KeyError, etree.XMLSyntaxError) as exc:
            return responses.error(400, "BAD_REQUEST", f"The specification is not valid: {exc}", context.version)
    return max(bounds[0], now - DIRECTOR_RETENTION_S), min(bounds[1], now), patterns


def _read_spec(body: bytes, name: str, now: float, *, is_json: bool) -> tuple[list[float], list[str]]:
    if is_json:
        root = to_xml(body, f"vcloud:{name}")
        for node in root.iterfind("*[@unit]"):  # Enumerations in JSON can be in upper case.
            node.set("unit", node.get("unit").lower())
    else:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    if etree.QName(root).localname != name:
        raise _BadWindowError(f"expected {name}")
    bounds: list[float] = [now - DAY_S, now]
    patterns: list[str] = []
    order: list[int] = []
    for child in root:
        tag = etree.QName(child).localname
        match = re.fullmatch(r"(Absolute|Relative)(Start|End)Time", tag)
        if match is None and tag != "MetricPattern":
            raise _BadWindowError(f"unexpected {tag}")
        order.append(("Start", "End").index(match[2]) if match else 2)
        if match is None:
            patterns.append((child.text or "").strip())
            continue
        bounds[order[-1]] = _moment(child, match[1], now)
    if order != sorted(order) or bounds[0] >= bounds[1]:
        raise _BadWindowError("expected start, end and patterns in this order, with the start before the end")
    return bounds, patterns


def _moment(time_element: Any, form: str, now: float) -> float:
    if form == "Absolute":
        return _seconds(time_element.get("time") or "")
    interval = int(time_element.get("interval") or 0)
    if not 0 < interval <= 32767:
        raise _BadWindowError("interval must be between 1 and 32767")
    return now - interval * UNITS_S[time_element.get("unit") or ""]


def _own_vm(context: Any) -> Vm | None:
    kind, _, identifier = context.path_params["entity_id"].partition("-")
    vm: Vm | None = context.world.vms.get(identifier) if kind == "vm" else None
    return vm if vm is not None and can_see(context, vm) else None
