"""Events of a run: all that a run leaves behind, and all that its readers need.

The journal is a file of these, one JSON object a line. The progress display, the report and the resumption of a run
that died are made of nothing else. Every event has ``seq`` (from 1), ``at`` (ISO 8601, UTC,
milliseconds), ``mono`` (seconds by a clock that is never set, comparable within one process) and ``event``.

``run_started``
    ``run_id``; ``action`` (test, cleanup or failover); ``plan``: ``{name, path, digest, description, rto_minutes,
    rpo_minutes, on_error, max_concurrent}``; ``cloud``: ``{url, org, user, api_version}``; ``host``, ``user`` (who
    ran it, on which vm), ``pid``, ``version`` (ours); ``groups``: ``[{name, priority, depends_on, rto_minutes,
    vms: [{id, name, href, depends_on, rto_minutes, rpo_minutes}]}]``. VMs are as resolved, each once.
``run_resumed``
    ``host``, ``user``, ``pid``: a run that was stopped or died goes on.
``group_started``, ``group_finished``
    ``group``; the latter with ``verdict`` (done, failed or skipped) and ``reason``.
``step_started``, ``step_finished``
    ``group`` (empty for a step of the plan itself), ``phase`` (before, after or back), ``step`` (its name), ``kind``,
    ``attempt``; the latter with ``verdict`` (done, failed or skipped), ``reason``, ``hint``, ``output`` (an excerpt,
    secrets hidden), ``seconds``, and for an approval ``by``; for a network change ``saved`` (file in the run's folder
    with what was there before), ``summary`` (what was changed) and ``restores`` (run and key of the change that it took
    back).
``vm_starting``
    ``id``, ``name``, ``group``, ``attempt``; ``last_sync`` (ISO 8601 or null: the newest data there is); ``intent_at``
    (seconds since 1970, by the clock of the server when ``is_server_time``), ``state`` (words of the replication),
    ``vms_before``. Written before the server is asked to begin: from here on the action may be under way.
``vm_started``
    ``id``, ``task`` (its link, empty when the answer was lost). A second one follows when the task is found later.
``vm_not_started``
    ``id``, ``reason``: the request was not sent, or the server refused it, so that nothing is under way.
    ``is_repeated``: it is sent again as part of the same attempt.
``vm_finished``
    ``id``, ``name``, ``group``, ``attempt``; ``verdict`` (done, already, failed, skipped, unknown), ``reason``,
    ``hint``, ``seconds`` (of this attempt), ``task`` (plain data: status, error_code, error_message, vendor_code …),
    ``request_id`` when there is one, ``last_sync``, ``vm`` (the recovered VM: id, href, name, status, vapp, vapp_href,
    vdc, vdc_href, addresses), ``is_final`` (false when a further attempt follows).
``rollback_started``, ``vm_rolled_back``, ``rollback_finished``
    After a failure, with ``on_error: roll_back``: ``reason`` and ``vms``; ``id``, ``name``, ``verdict``,
    ``reason``, ``hint``, ``seconds``; ``verdict`` and ``reason``. Networks go back in steps of the phase back.
``run_interrupted``
    ``reason``, ``in_flight``: ``[{id, name}]``. The run may be resumed. ``is_unknown``: it came to its end, but what
    became of those in flight is not known.
``run_finished``
    ``verdict`` (done or failed), ``reason``, ``summary``: ``{done, already, failed, skipped}`` (vms).

An unknown event, or an unknown key of a known one, is passed over by whoever reads.
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
"""``id``, ``status``, ``progress`` (percent or None). For those who watch; not kept in the journal."""
