"""Tests, clean-ups, failovers and removals of replications over the wire. Source: protocol/dr.md §3."""

from __future__ import annotations

from typing import Any

from lxml import etree

from vcloudair_core.simulator import responses
from vcloudair_core.simulator.api.vdc_routes import own_vdc
from vcloudair_core.simulator.replication.group_document import HCS
from vcloudair_core.simulator.replication.replication_states import ACTIONS, DELETE, is_under_way, refusal, start
from vcloudair_core.simulator.state.simulated_tasks import T
from vcloudair_core.simulator.state.world import SimulatedReplication
from vcloudair_core.transport.messages import Response

_ANY_TYPE = "application/*+xml"


def own_replication(context: Any) -> SimulatedReplication | None:
    """The replication of the path, if it leads into a VDC of the user's org."""
    replication: SimulatedReplication | None = context.world.replications.get(context.path_params["replication_id"])
    return replication if replication is not None and own_vdc(context, replication.vdc_id) else None


def not_there(context: Any) -> Response:
    """As vCloud says it, or as an extension may: no source tells. Source: protocol/dr.md §3.4."""
    if context.simulator.config.unknown_replication == 404:
        return responses.error(404, "RESOURCE_NOT_FOUND", "There is no such replication.", context.version)
    return responses.no_access("replicationGroup", context.path_params["replication_id"], context.version)


def act(context: Any) -> Response:
    """Start a test, its clean-up or a failover. Wrong states end in a failed task, not in an HTTP error."""
    replication = own_replication(context)
    action = context.path_params["action"]
    if replication is None or action not in ACTIONS:
        return not_there(context)
    problem = _problem(context, action)
    if problem is not None:
        return problem
    is_on, _ = _params(context.request.body) if action != "testCleanup" else (True, False)
    return _started(context, replication, action, is_on, context.simulator.config.dr_status)


def delete(context: Any) -> Response:
    """Stop a replication for good. Source: protocol/dr.md §2, §3.2."""
    replication = own_replication(context)
    if replication is None:
        return not_there(context)
    return _started(context, replication, DELETE, True, context.simulator.config.delete_status)


def _started(context: Any, replication: SimulatedReplication, action: str, power_on: bool, status: int) -> Response:
    config, tasks = context.simulator.config, context.simulator.tasks
    if config.limit_per_user and len(tasks.under_way(context.user.org)) >= config.limit_per_user:
        message = (
            f"The maximum number of simultaneous operations for user {context.user.user} on organization "
            f"{context.user.org} has been reached."
        )
        return responses.error(400, "OPERATION_LIMITS_EXCEEDED", message, context.version)
    refused = _refused(context, replication, refusal(context.simulator, replication, action))
    if refused is not None:
        return refused
    task = start(context.simulator, replication, action, power_on=power_on)
    form = tasks.form(task, context.root)
    document = form.document(is_first=True)
    return responses.entity(document, f"{T}task+xml", context.version, status=status, headers=form.headers())


def _refused(context: Any, replication: SimulatedReplication, code: str) -> Response | None:
    """An HTTP error for a wrong state, where the switches say so; else the task tells. Source: protocol/dr.md §6."""
    config = context.simulator.config
    via = config.state_error_via
    if code == "NotTestRecovered" and config.cleanup_from_none != "task-error":
        via = config.cleanup_from_none
    if code and via == "busy" and is_under_way(replication):
        message = "The entity replicationGroup is busy completing an operation."
        return responses.error(400, "BUSY_ENTITY", message, context.version)
    via = "http-400" if via == "busy" else via
    if not code or not via.startswith("http-"):
        return None
    minor = "BAD_REQUEST" if config.error_code_in == "vendorSpecificErrorCode" else code
    vendor = None if config.error_code_in == "minorErrorCode" else code
    message = f"The operation is not allowed in this state: {code}."
    return responses.error(int(via[5:]), minor, message, context.version, vendor_code=vendor)


def _problem(context: Any, action: str) -> Response | None:
    """Why a request is refused as it stands. Source: protocol/dr.md §2.1, §3.4."""
    if action == "testCleanup":
        return None  # a body is ignored
    refused = _type_refused(context, action)
    if refused is not None:
        return refused
    try:
        _, has_synchronize = _params(context.request.body)
    except (ValueError, etree.XMLSyntaxError) as exc:
        return responses.error(400, "BAD_REQUEST", f"Bad request: {exc}", context.version)
    if action == "testFailover" and not has_synchronize and context.simulator.config.synchronize_required:
        return responses.error(400, "BAD_REQUEST", "Bad request: Synchronize is missing", context.version)
    return None


def _type_refused(context: Any, action: str) -> Response | None:
    """A failover takes its own type only, a test any XML; the case of letters counts if a switch says so."""
    config = context.simulator.config
    media_type = context.request.headers.get("Content-Type", "").partition(";")[0].strip()
    own = f"{HCS}{action}Params+xml"
    if config.content_type_strict:
        is_right = media_type == own or (action == "testFailover" and media_type == _ANY_TYPE)
        status = config.failover_content_type or 415
    else:
        is_right = action != "failover" or not config.failover_content_type or media_type.lower() == own.lower()
        status = config.failover_content_type
    if is_right:
        return None
    return responses.error(status, "UNSUPPORTED_MEDIA_TYPE", f"Unsupported media type: {media_type}", context.version)


def _params(body: bytes) -> tuple[bool, bool]:
    """PowerOn, which is on unless it is said, and whether Synchronize is there. Source: protocol/dr.md §3.1."""
    if not body.strip():
        return True, False
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    if etree.QName(root).localname not in ("FailoverParams", "TestFailoverParams"):
        message = f"unexpected {etree.QName(root).localname}"
        raise ValueError(message)
    parameters = {etree.QName(child).localname: (child.text or "").strip().lower() for child in root}
    return parameters.get("PowerOn", "true") in ("true", "1"), "Synchronize" in parameters
