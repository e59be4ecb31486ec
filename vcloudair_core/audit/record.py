"""Keys and values of audit records. Secrets are masked."""

from __future__ import annotations

import json
import os
import socket
import sys
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.ensure.garbage_collection import paused_collection
from vcloudair_core.settings.directories import current_user
from vcloudair_core.util.redaction import MASK, redact_tree, remembered, secret_spellings

if TYPE_CHECKING:
    from vcloudair_core.engine.kind import Store
    from vcloudair_core.engine.plan import Plan
    from vcloudair_core.errors import VcloudAirError
    from vcloudair_core.session.session import Session

FORMAT = 1
START, END = "start", "end"
CHANGED, UNCHANGED, FAILED, UNKNOWN = "changed", "unchanged", "failed", "unknown"
RESULTS = (CHANGED, UNCHANGED, FAILED, UNKNOWN)
MAX_CHANGES_BYTES = 128 * 1024
"""Maximum size of the changes in a record.

Further changes are counted, but not recorded.
"""

KEYS: dict[str, str] = {
    "format": "Version of the format: 1.",
    "id": "ID of the write. The start record and the end record have the same ID.",
    "event": "`start` before the first request of the write, `end` after its result is known.",
    "time": "Time of the record in UTC, as ISO 8601 with milliseconds.",
    "started": "Time of the start in UTC.",
    "seconds": "Duration in seconds. Only in end records.",
    "user": "Signed-in user.",
    "org": "Organization of the session.",
    "cloud": "Base URL of the API.",
    "context": "Context of the configuration file, or empty.",
    "os_user": "User of the operating system.",
    "host": "Name of the host.",
    "pid": "Process ID.",
    "program": "The command (`vca edge apply`), the module (`vcloudair.cloud.vca_firewall`) or another program.",
    "awx_job_id": "ID of the AWX job, or empty.",
    "kind": "Resource kind, such as `ans.firewall`, or DR action, such as `dr.test`.",
    "target": "Display name of the object that is written.",
    "edge": "Name of the edge gateway, or empty.",
    "edge_id": "UUID of the edge gateway, or empty.",
    "vdc": "Name of the virtual data center, or empty.",
    "vdc_group": "Name of the VDC group, or empty.",
    "summary": "Summary of the plan, in one line.",
    "changes": "Changes of the plan: `action`, `identity`, `before` and `after` of each object, without secrets.",
    "changes_omitted": "Number of changes that were left out because the record was too large.",
    "result": "`changed`, `unchanged`, `failed` or `unknown`. Empty in start records.",
    "written": "`true`, `false`, or `unknown` if the response to a write was lost. `null` in start records.",
    "lost_response": "`resolved` if a lost response was resolved by reading, `unresolved` if it was not. Else empty.",
    "writes": "Number of attempts to write. For DR actions, the number of requests that start the action.",
    "request_ids": "Request IDs that the server assigned to the requests of the write.",
    "task": "Link of the server task of a DR action, or empty.",
    "error": "Type and message of the error, or `null`.",
}
"""Keys of a record and their description, in the order in which they are written."""


def now_utc(seconds: float) -> str:
    """Return a time, in seconds since 1970, as ISO 8601 in UTC with milliseconds."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_record(session: Session, kind: str, target: str, **more: Any) -> dict[str, Any]:
    """Return the record of the start of a write, without sending a request.

    The record has the user, the host and the program. ``more`` are further keys.
    """
    settings, identity = session.settings, session.known_identity
    started = now_utc(session.clock.wall())
    record: dict[str, Any] = dict.fromkeys(KEYS, "")
    record.update(
        format=FORMAT,
        id=uuid.uuid4().hex,
        event=START,
        time=started,
        started=started,
        seconds=None,
        user=identity.user if identity is not None and identity.user else settings.username or "",
        org=identity.org_name if identity is not None and identity.org_name else settings.org or "",
        cloud=identity.base_url if identity is not None else settings.url or "",
        context=settings.context or "",
        os_user=current_user(),
        host=socket.gethostname(),
        pid=os.getpid(),
        program=session.program or _program(),
        awx_job_id=session.awx_job_id or awx_job_id(os.environ),
        kind=kind,
        target=target,
        changes=[],
        changes_omitted=0,
        written=None,
        writes=0,
        request_ids=[],
        error=None,
    )
    record.update(more)
    return record


def target_of(store: Store) -> dict[str, str]:
    """Return the names of the edge gateway, the VDC and the VDC group of a store.

    Unknown names are empty strings. No request is sent.
    """
    edge, group = getattr(store, "edge", None), getattr(store, "group", None)
    return {
        "edge": str(getattr(edge, "name", "") or ""),
        "edge_id": str(getattr(edge, "edge_id", "") or ""),
        "vdc": str(getattr(edge, "vdc_name", "") or ""),
        "vdc_group": str(getattr(group, "name", "") or ""),
    }


@paused_collection()
def plan_of(plan: Plan, session: Session) -> dict[str, Any]:
    """Return the summary and the changes of a plan, without secrets.

    Changes that exceed :data:`MAX_CHANGES_BYTES` in total are left out.
    """
    spellings = _spellings(session)
    changes: list[dict[str, Any]] = []
    size = 0
    for change in plan.changes:
        shown = _masked(change.as_dict(), spellings)
        size += len(json.dumps(shown, default=str))
        if size > MAX_CHANGES_BYTES:
            break
        changes.append(shown)
    return {"summary": plan.summary(), "changes": changes, "changes_omitted": len(plan.changes) - len(changes)}


def error_of(error: VcloudAirError | BaseException | None) -> dict[str, str] | None:
    """Return the type and the message of an error, or None."""
    if error is None:
        return None
    message = str(getattr(error, "message", "") or error)
    return {"error": type(error).__name__, "message": message}


def without_secrets(record: Mapping[str, Any], session: Session) -> dict[str, Any]:
    """Return a copy of a record with masked secrets.

    The keys of the copy are in the order of :data:`KEYS`. The changes are not masked again,
    because :func:`plan_of` has masked them.
    """
    secrets = [*session.secrets(), *remembered()]
    return {key: record[key] if key == "changes" else redact_tree(record[key], secrets) for key in KEYS}


def _spellings(session: Session) -> list[str]:
    """Return the secrets of the process in all encodings, longest first."""
    secrets = {secret.reveal() for secret in (*session.secrets(), *remembered())}
    spellings = {spelling for secret in secrets for spelling in secret_spellings(secret) if len(spelling) > 2}
    return sorted(spellings, key=len, reverse=True)


def _masked(value: Any, spellings: list[str]) -> Any:
    """Return a copy of JSON-like data without the secrets.

    For many strings, this is faster than :func:`redact_tree`.
    """
    if isinstance(value, str):
        for spelling in spellings:
            value = value.replace(spelling, MASK)
        return value
    if isinstance(value, Mapping):
        return {key: _masked(item, spellings) for key, item in value.items()}
    return [_masked(item, spellings) for item in value] if isinstance(value, (list, tuple)) else value


def awx_job_id(environ: Mapping[str, str]) -> str:
    """Return the ID of the AWX job of this process, or an empty string.

    AWX sets ``JOB_ID`` for jobs and ``AD_HOC_COMMAND_ID`` for commands. Other programs use these names too, so the
    variable counts only if AWX set ``AWX_PRIVATE_DATA_DIR`` or ``AWX_HOST``. Source: ``build_env`` in
    awx/main/tasks/jobs.py of ansible/awx.
    """
    if not (environ.get("AWX_PRIVATE_DATA_DIR") or environ.get("AWX_HOST")):
        return ""
    return environ.get("JOB_ID") or environ.get("AD_HOC_COMMAND_ID") or ""


def _program() -> str:
    return Path(sys.argv[0]).name if sys.argv and sys.argv[0] else "python"
