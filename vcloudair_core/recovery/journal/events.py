"""Events of a run, as written to its journal.

The journal has one JSON object per line. Progress displays, reports and resumed runs use only these events. Every event
has ``seq`` (from 1), ``at`` (ISO 8601, UTC, milliseconds), ``mono`` (seconds of a monotonic clock, comparable within
one process) and ``event``.

``run_started``
    ``run_id``; ``action`` (such as test); ``plan``: ``{name, path, digest, description, rto_minutes,
    rpo_minutes, on_error, max_concurrent}``; ``cloud``: ``{url, org, user, api_version}``; ``host``, ``user`` and
    ``pid`` of the process, ``version`` (of vcloudair-core); ``groups``: ``[{name, priority, depends_on, rto_minutes,
    vms: [{id, name, href, depends_on, rto_minutes, rpo_minutes}]}]``. Each VM is listed once. With VCDA, it also has
    ``vapp_href``, the link of the replication of its vApp.
``run_resumed``
    ``host``, ``user`` and ``pid`` of the process that resumes a run that was stopped or died.
``group_started``, ``group_finished``
    ``group``. ``group_finished`` also has ``verdict`` (succeeded, failed or skipped) and ``reason``.
``step_started``, ``step_finished``
    ``group`` (empty for a step of the plan itself), ``phase`` (before, after or rollback), ``step`` (the name of the
    step), ``kind``, ``attempt``. ``step_finished`` also has ``verdict`` (succeeded or failed), ``reason``, ``hint``,
    ``output`` (an excerpt, secrets hidden) and ``seconds``. An approval has ``by``, the user who approved. A network
    change has ``saved``, ``summary`` and ``restores``. ``saved`` is the file in the folder of the run with the
    configuration before the change. ``restores`` is the run and key of the change that was undone.
``vm_starting``
    ``id``, ``name``, ``group``, ``attempt``; ``last_sync`` (ISO 8601 or null: the time of the newest data);
    ``intent_at`` (the time before the request, in seconds since 1970, by the clock of the server if ``is_server_time``
    is true), ``state`` (of the replication), ``vms_before`` (IDs of the VMs that already had this name, or null),
    ``operation_id`` (the ID that the request carries, empty if the API has no such IDs), ``together`` (the IDs of all
    VMs that the request starts, if it starts the VMs of a vApp).
    The event is written before the request is sent. From then on, the action may be in progress.
``vm_started``
    ``id``, ``task`` (the link of the task, empty when the response was lost). If the task is found later, a second
    event follows.
``vm_not_started``
    ``id``, ``reason``. The request was not sent, or the server refused it, so no action is in progress.
    ``is_repeated`` is true when the request is sent again as part of the same attempt.
``vm_finished``
    ``id``, ``name``, ``group``, ``attempt``; ``verdict`` (succeeded, unchanged, failed, skipped or unknown),
    ``reason``, ``hint``, ``seconds`` (of this attempt), ``task`` (status, error_code, error_message, vendor_code …),
    ``request_id`` if the response had one, ``last_sync``, ``vm`` (the recovered VM: id, href, name, status, vapp,
    vapp_href, vdc, vdc_href, addresses), ``is_final`` (false when another attempt follows).
``rollback_started``, ``vm_rolled_back``, ``rollback_finished``
    Events after a failure with ``on_error: roll_back``. ``rollback_started`` has ``reason`` and ``vms``.
    ``vm_rolled_back`` has ``id``, ``name``, ``verdict``, ``reason``, ``hint`` and ``seconds``. ``rollback_finished``
    has ``verdict`` and ``reason``. Steps of the phase ``rollback`` restore networks.
``run_interrupted``
    ``reason``, ``in_flight``: ``[{id, name}]``. The run can be resumed. ``is_unknown`` is true when the run ended,
    but the outcome of the VMs in ``in_flight`` is unknown.
``run_finished``
    ``verdict`` (succeeded or failed), ``reason``, ``summary`` (the number of VMs by verdict, as ``{succeeded,
    unchanged, failed, skipped}``).

Readers ignore unknown events and unknown keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Event = Mapping[str, Any]
Observer = Callable[[Event], None]

RUN_STARTED, RUN_RESUMED, RUN_INTERRUPTED, RUN_FINISHED = (
    "run_started", "run_resumed", "run_interrupted", "run_finished",
)  # fmt: skip
GROUP_STARTED, GROUP_FINISHED = "group_started", "group_finished"
STEP_STARTED, STEP_FINISHED = "step_started", "step_finished"
VM_STARTING, VM_STARTED, VM_FINISHED = "vm_starting", "vm_started", "vm_finished"
VM_NOT_STARTED = "vm_not_started"
ROLLBACK_STARTED, VM_ROLLED_BACK, ROLLBACK_FINISHED = (
    "rollback_started",
    "vm_rolled_back",
    "rollback_finished",
)
VM_PROGRESSED = "vm_progressed"
"""An event with ``id``, ``status`` and ``progress`` (percent or None).

Only observers receive this event. It is not written to the journal.
"""
