"""Route handlers that test, clean up, fail over and delete replications.

Source: protocol/dr.md §3.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from vcloudair_core.simulator import responses
from vcloudair_core.simulator.api.own_objects import own_vdc
from vcloudair_core.simulator.replication.group_document import HCS
from vcloudair_core.simulator.replication.replication_states import ACTIONS, DELETE, is_busy, start, state_error_code
from vcloudair_core.simulator.state.entities import SimulatedReplication
from vcloudair_core.simulator.state.simulated_tasks import T
from vcloudair_core.simulator.writes.entity_tasks import limit_error
from vcloudair_core.transport.messages import Response

_ANY_TYPE = "application/*+xml"


def own_replication(context: Any) -> SimulatedReplication | None:
    """Return the replication in the path if it belongs to the user's org, or None."""
    replication: SimulatedReplication | None = context.world.replications.get(context.path_params["replication_id"])
    return replication if replication is not None and own_vdc(context, replication.vdc_id) else None


def not_found(context: Any) -> Response:
    """Return 403 or 404 for an unknown replication.

    The option ``unknown_replication`` selects the status, because the status on real servers is unknown. Source:
    protocol/dr.md §3.4.
    """
    if context.simulator.config.unknown_replication == 404:
        return responses.error(404, "RESOURCE_NOT_FOUND", "The replication does not exist.", context.version)
    return responses.no_access("replicationGroup", context.path_params["replication_id"], context.version)


def act(context: Any) -> Response:
    """Start a test, cleanup or failover, and return its task.

    By default, an action in the wrong state returns a failed task, and not an HTTP error.
    """
    replication = own_replication(context)
    action = context.path_params["action"]
    if replication is None or action not in ACTIONS:
        return not_found(context)
    error = _request_error(context, action)
    if error is not None:
        return error
    power_on, _ = _params(context.request.body) if action != "testCleanup" else (True, False)
    return _start(context, replication, action, power_on, context.simulator.config.dr_status)


def delete(context: Any) -> Response:
    """Delete a replication, and return the task.

    Source: protocol/dr.md §2, §3.2.
    """
    replication = own_replication(context)
    if replication is None:
        return not_found(context)
    return _start(context, replication, DELETE, True, context.simulator.config.delete_status)


def _start(context: Any, replication: SimulatedReplication, action: str, power_on: bool, status: int) -> Response:
    tasks = context.simulator.tasks
    error = limit_error(context)
    if error is not None:
        return error
    error = _state_error(context, replication, state_error_code(context.simulator, replication, action))
    if error is not None:
        return error
    task = start(context.simulator, replication, action, power_on=power_on)
    form = tasks.form(task, context.root)
    document = form.document(is_first=True)
    return responses.entity(document, f"{T}task+xml", context.version, status=status, headers=form.headers())


def _state_error(context: Any, replication: SimulatedReplication, code: str) -> Response | None:
    """Return the HTTP error for an action in the wrong state.

    Return None if the action is allowed, or if a failed task reports the error. The option ``state_error_via`` selects
    the HTTP error or the task. Source: protocol/dr.md §6.
    """
    config = context.simulator.config
    via = config.state_error_via
    if code == "NotTestRecovered" and config.cleanup_from_none != "task-error":
        via = config.cleanup_from_none
    if code and via == "busy" and is_busy(replication):
        message = "The entity replicationGroup is busy completing an operation."
        return responses.error(400, "BUSY_ENTITY", message, context.version)
    via = "http-400" if via == "busy" else via
    if not code or not via.startswith("http-"):
        return None
    minor = "BAD_REQUEST" if config.error_code_in == "vendorSpecificErrorCode" else code
    vendor = None if config.error_code_in == "minorErrorCode" else code
    message = f"The operation is not allowed in this state: {code}."
    return responses.error(int(via[5:]), minor, message, context.version, vendor_code=vendor)


def _request_error(context: Any, action: str) -> Response | None:
    """Return an error for an invalid action request, or None.

    Source: protocol/dr.md §2.1, §3.4.
    """
    if action == "testCleanup":
        return None  # A cleanup has no parameters, so its body is ignored.
    error = _media_type_error(context, action)
    if error is not None:
        return error
    try:
        _, has_synchronize = _params(context.request.body)
    except (ValueError, etree.XMLSyntaxError) as exc:
        return responses.error(400, "BAD_REQUEST", f"Bad request: {exc}", context.version)
    if action == "testFailover" and not has_synchronize and context.simulator.config.synchronize_required:
        return responses.error(400, "BAD_REQUEST", "Bad request: Synchronize is missing", context.version)
    return None


def _media_type_error(context: Any, action: str) -> Response | None:
    """Return an error for a wrong Content-Type of an action request, or None.

    By default, a failover accepts only its own media type, and a test accepts any media type.
    """
    config = context.simulator.config
    media_type = context.request.headers.get("Content-Type", "").partition(";")[0].strip()
    expected = f"{HCS}{action}Params+xml"
    if config.content_type_strict:
        is_accepted = media_type == expected or (action == "testFailover" and media_type == _ANY_TYPE)
        status = config.failover_content_type or 415
    else:
        is_accepted = action != "failover" or not config.failover_content_type or media_type.lower() == expected.lower()
        status = config.failover_content_type
    if is_accepted:
        return None
    return responses.error(status, "UNSUPPORTED_MEDIA_TYPE", f"Unsupported media type: {media_type}", context.version)


def _params(body: bytes) -> tuple[bool, bool]:
    """Return ``(power_on, has_synchronize)`` for the body of an action request.

    ``power_on`` is the value of PowerOn, which is true by default. ``has_synchronize`` is true if the body contains
    Synchronize. Source: protocol/dr.md §3.1.
    """
    if not body.strip():
        return True, False
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    if etree.QName(root).localname not in ("FailoverParams", "TestFailoverParams"):
        message = f"unexpected {etree.QName(root).localname}"
        raise ValueError(message)
    parameters = {etree.QName(child).localname: (child.text or "").strip().lower() for child in root}
    return parameters.get("PowerOn", "true") in ("true", "1"), "Synchronize" in parameters
