"""Monitoring checks: failed tasks, tunnels, replications, and edge gateways that have documents."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

from vcloudair_core.errors import VcloudAirError
from vcloudair_core.monitoring.event_tracker import CheckResult, Finding
from vcloudair_core.util.redaction import redact_text

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.services.query.record import Record

FAILED = ("error", "aborted")
"""Tasks that somebody canceled have not failed. Source: protocol/tasks.md §2."""


class Look(Protocol):
    """A check. ``began`` and ``ended`` are the types of its events."""

    began: str
    ended: str

    def __call__(self, client: Client) -> CheckResult:
        """Look once. Raises VcloudAirError when nothing could be read."""


class TaskLook:
    """Tasks of the organization that failed: one call, and one for each that is new.

    Each look asks for those that ended since the look before the last, by the server's own times.
    """

    began, ended = "task_failed", ""

    def __init__(self, *, with_past: bool = False) -> None:
        self._since: str | None = "" if with_past else None
        self._newest = ""
        self._known: dict[str, Finding] = {}

    def __call__(self, client: Client) -> CheckResult:
        """Raises: IncompleteResultError, ApiError, TransportError, DecodeError."""
        query = client.query
        is_first = self._since is None
        if is_first:
            newest = query.query("task", {"status": list(FAILED)}, sort="endDate", descending=True, limit=1).all()
            self._since = self._newest = _ended(newest)
        since = {"endDate": {"ge": self._since}} if self._since else {}
        is_anything = not is_first or bool(self._since)
        records = query.query("task", {"status": list(FAILED), **since}, sort="endDate").all() if is_anything else []
        self._known = {record.id: self._known.get(record.id) or _task(client, record, is_first) for record in records}
        self._since, self._newest = self._newest, _ended(records) or self._newest
        return CheckResult(tuple(self._known.values()))


def _ended(records: Sequence[Record]) -> str:
    """When the last of them ended, as the server wrote it."""
    return records[-1].raw.get("endDate", "") if records else ""


def _task(client: Client, record: Record, is_past: bool) -> Finding:
    """Return the finding of a failed task. ``message`` is the server's reason, or empty."""
    raw = record.raw
    fields = {
        "task": record.id,
        "name": record.name,
        "status": raw.get("status", ""),
        "object": raw.get("objectName", ""),
        "object_type": raw.get("objectType", ""),
        "owner": raw.get("ownerName", ""),
        "started": raw.get("startDate", ""),
        "ended": raw.get("endDate", ""),
        "message": "" if is_past else _message(client, record.href),
    }
    return Finding(record.id, "", "failed", fields)


def _message(client: Client, href: str) -> str:
    from vcloudair_core.session.tasks import read_task

    try:
        return redact_text(read_task(client.session, href).error, client.settings.secrets()) if href else ""
    except VcloudAirError:
        return ""  # that it failed is known without it


class TunnelLook:
    """IPsec tunnels of edge gateways: two calls for each. With no names, of all that have advanced networking.

    A tunnel that is off, or of which the edge gateway says nothing, is neither up nor down.
    """

    began, ended = "tunnel_down", "tunnel_up"

    def __init__(self, edges: Sequence[str] = ()) -> None:
        self._edges = tuple(edges)

    def __call__(self, client: Client) -> CheckResult:
        """Raises: what listing edge gateways raises, or what reading each of them does if none can be read."""
        listed = client.edges.list_edges()
        names = self._edges or [edge.edge_id for edge in listed if edge.is_advanced is not False]
        return _each(client, names, self._of)

    def _of(self, client: Client, name: str) -> list[Finding]:
        from vcloudair_core.services.ans.ipsec.status import DOWN, PARTLY, UP

        ans = client.edges
        edge = ans.find_edge(name, client.settings.vdc)
        tunnels = [
            tunnel for tunnel in ans.ipsec_status(edge.edge_id)["tunnels"] if tunnel["status"] in (UP, DOWN, PARTLY)
        ]
        return [
            Finding(
                name,
                str(tunnel.get("site_id") or tunnel["name"]),
                "" if tunnel["status"] == UP else "down",
                {
                    "edge": edge.name or name,
                    "edge_id": edge.edge_id,
                    "tunnel": tunnel["name"],
                    "peer_ip": tunnel.get("peer_ip") or "",
                    "status": tunnel["status"],
                    "message": tunnel["last_error"],
                },
            )
            for tunnel in tunnels
        ]


class ReplicationLook:
    """Replications of VMs, one call each: behind is one that the server says has missed its RPO."""

    began, ended = "replication_behind", "replication_caught_up"

    def __call__(self, client: Client) -> CheckResult:
        """Raises: what listing replications raises, or what reading each of them does if none can be read."""
        service = client.dr
        references = service.references()
        findings, unread = [], {}
        for reference, replication in zip(references, service.look(references), strict=True):
            if isinstance(replication, VcloudAirError):
                unread[reference.id] = replication
                continue
            fields = replication.as_dict()
            kept = ("name", "id", "state", "is_paused", "rpo_minutes", "rpo_violation_minutes", "last_sync")
            state = "behind" if replication.violation_minutes > 0 else ""
            findings.append(Finding(reference.id, "", state, {name: fields[name] for name in kept}))
        return _whole(findings, unread, len(references))


class DriftLook:
    """Edge gateways that differ from their documents: as many calls as sections. Another difference is another event.

    ``documents``: sections by edge gateway. ``purge``: whether what users own and a document lacks is a difference.
    Keys of tunnels, which no server shows, make none.
    """

    began, ended = "edge_drifted", "edge_in_line"

    def __init__(self, documents: Mapping[str, Mapping[str, Any]], *, purge: bool = False) -> None:
        self._documents = {edge: without_keys(sections) for edge, sections in documents.items()}
        self._state = "exact" if purge else "present"

    def __call__(self, client: Client) -> CheckResult:
        """Raises: what planning for each of them raises, if none can be read."""
        return _each(client, self._documents, self._of)

    def _of(self, client: Client, edge: str) -> list[Finding]:
        # Nothing is deleted by looking, so an empty list is compared like any other.
        sections = {**self._documents[edge], "allow_empty": True}
        plan = client.ensure("ans.edge", sections, state=self._state, target={"edge": edge}, check=True).plan
        shown = plan.as_dict()
        digest = hashlib.sha256(json.dumps(shown, sort_keys=True, default=str).encode()).hexdigest()[:16]
        changes = [f"{change.action} {change.title or change.identity}" for change in plan.changes]
        fields = {"edge": edge, "plan": plan.summary(), "changes": changes}
        return [Finding(edge, "", "" if plan.is_empty else digest, fields)]


UNSEEN = "not a key: nothing is written when one only looks"


def without_keys(sections: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document without keys, for comparison: a tunnel that is gone can be planned without its own."""
    document = dict(sections)
    ipsec = document.get("ipsec")
    if isinstance(ipsec, Mapping):
        left_out = {"global_psk", "global_psk_file"}
        kept = {name: value for name, value in ipsec.items() if name not in left_out}
        if isinstance(kept.get("tunnels"), list):
            kept["tunnels"] = [
                _keyless(tunnel) if isinstance(tunnel, Mapping) else tunnel for tunnel in kept["tunnels"]
            ]
        document["ipsec"] = kept
    return document


def _keyless(tunnel: Mapping[str, Any]) -> dict[str, Any]:
    left_out = {"psk", "shared_secret", "psk_file", "update_psk"}
    kept = {name: value for name, value in tunnel.items() if name not in left_out}
    return kept if kept.get("authentication") == "x.509" else {**kept, "psk": UNSEEN, "update_psk": "on_create"}


# -- several scopes ----------------------------------------------------------------------------------------------


def _each(client: Client, scopes: Iterable[str], of: Callable[[Client, str], list[Finding]]) -> CheckResult:
    """Check all scopes, several at a time."""

    def read(scope: str) -> list[Finding] | VcloudAirError:
        try:
            return of(client, scope)
        except VcloudAirError as exc:
            return exc

    names = list(scopes)
    most = max(1, min(int(client.settings.parallel_calls), len(names)))
    with ThreadPoolExecutor(max_workers=most, thread_name_prefix="vca-watch") as pool:
        results = list(zip(names, pool.map(read, names), strict=True))
    unread = {scope: result for scope, result in results if isinstance(result, VcloudAirError)}
    return _whole(
        [finding for _, result in results if isinstance(result, list) for finding in result], unread, len(names)
    )


def _whole(findings: Sequence[Finding], unread: Mapping[str, VcloudAirError], scopes: int) -> CheckResult:
    """Return the result. Raises the first error when nothing at all could be read."""
    if scopes and len(unread) == scopes:
        raise next(iter(unread.values()))
    return CheckResult(tuple(findings), unread)
