"""Events of a run, as in its journal.

The journal has one JSON object per line. Progress displays, reports and resumed runs use only these events. Every
event has ``seq`` (from 1), ``at`` (ISO 8601, UTC, milliseconds), ``mono`` (seconds of a monotonic clock, comparable
within one process) and ``event``.

``run_started``
    ``run_id``; ``action`` (test, cleanup or failover); ``plan``: ``{name, path, digest, description, rto_minutes,
    rpo_minutes, on_error, max_concurrent}``; ``cloud``: ``{url, org, user, api_version}``; ``host``, ``user`` and
    ``pid`` of the process, ``version`` (of vcloudair-core); ``groups``: ``[{name, priority, depends_on, rto_minutes,
    vms: [{id, name, href, depends_on, rto_minutes, rpo_minutes}]}]``. Each VM is listed once.
``run_resumed``
    ``host``, ``user``, ``pid``: a run that was stopped or died is resumed.
``group_started``, ``group_finished``
    ``group``; the latter with ``verdict`` (succeeded, failed or skipped) and ``reason``.
``step_started``, ``step_finished``
    ``group`` (empty for a step of the plan itself), ``phase`` (before, after or rollback), ``step`` (its name),
    ``kind``, ``attempt``; the latter with ``verdict`` (succeeded or failed), ``reason``, ``hint``, ``output`` (an
    excerpt, secrets hidden), ``seconds``, and for an approval ``by``; for a network change ``saved`` (file in the
    folder of the run with the configuration from before), ``summary`` (of the changes) and ``restores`` (run and key of
    the change that was undone).
``vm_starting``
    ``id``, ``name``, ``group``, ``attempt``; ``last_sync`` (ISO 8601 or null: the time of the newest data);
    ``intent_at`` (seconds since 1970, by the clock of the server when ``is_server_time``), ``state`` (of the
    replication), ``vms_before``. Written before the request: from then on the action may be in progress.
``vm_started``
    ``id``, ``task`` (its link, empty when the response was lost). A second event follows when the task is found later.
``vm_not_started``
    ``id``, ``reason``: the request was not sent, or the server refused it, so no action is in progress.
    ``is_repeated``: the request is sent again as part of the same attempt.
``vm_finished``
    ``id``, ``name``, ``group``, ``attempt``; ``verdict`` (succeeded, unchanged, failed, skipped or unknown),
    ``reason``, ``hint``, ``seconds`` (of this attempt), ``task`` (status, error_code, error_message, vendor_code …),
    ``request_id`` when there is one, ``last_sync``, ``vm`` (the recovered VM: id, href, name, status, vapp, vapp_href,
    vdc, vdc_href, addresses), ``is_final`` (false when another attempt follows).
``rollback_started``, ``vm_rolled_back``, ``rollback_finished``
    After a failure with ``on_error: roll_back``. The first has ``reason`` and ``vms``; the second ``id``, ``name``,
    ``verdict``, ``reason``, ``hint`` and ``seconds``; the third ``verdict`` and ``reason``. Networks are restored by
    steps of the phase ``rollback``.
``run_interrupted``
    ``reason``, ``in_flight``: ``[{id, name}]``. The run can be resumed. ``is_unknown``: the run ended, but the outcome
    of the VMs in ``in_flight`` is unknown.
``run_finished``
    ``verdict`` (succeeded or failed), ``reason``, ``summary``: numbers of VMs as ``{succeeded, unchanged, failed,
    skipped}``.

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
"""``id``, ``status``, ``progress`` (percent or None).

For observers only; not written to the journal.
"""
