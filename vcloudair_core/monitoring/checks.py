"""Monitoring checks for tasks, IPsec tunnels, replications and edge gateway drift."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

from vcloudair_core.errors import VcloudAirError
from vcloudair_core.monitoring.event_tracker import CheckResult, Finding
from vcloudair_core.services.ans.edge.model import has_edge_services
from vcloudair_core.util.redaction import redact_text

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.services.query.record import Record

FAILED = ("error", "aborted")
"""Statuses of failed tasks.

Canceled tasks do not count as failed. Source: protocol/tasks.md §2.
"""


class MonitorCheck(Protocol):
    """A check that a monitor runs.

    ``start_event`` is the type of the event at the start of a problem. ``end_event`` is the type of the event at the
    end of a problem. ``end_event`` is empty if problems do not end, as with failed tasks.
    """

    start_event: str
    end_event: str

    def __call__(self, client: Client) -> CheckResult:
        """Run the check once. Raises VcloudAirError when nothing could be read."""


class TaskCheck:
    """Find failed tasks of the organization.

    A run of the check sends one request, plus one request for each new failed task. The query covers the tasks that
    ended after the second-to-last run, by server time.
    """

    start_event, end_event = "task_failed", ""

    def __init__(self, *, with_past: bool = False) -> None:
        self._since: str | None = "" if with_past else None
        self._newest = ""
        self._known: dict[str, Finding] = {}

    def __call__(self, client: Client) -> CheckResult:
        """Run the check once.

        Raises IncompleteResultError, ApiError, TransportError, DecodeError.
        """
        query = client.query
        is_first = self._since is None
        if is_first:
            newest = query.query("task", {"status": list(FAILED)}, sort="endDate", descending=True, limit=1).all()
            self._since = self._newest = _last_end(newest)
        since = {"endDate": {"ge": self._since}} if self._since else {}
        has_tasks = not is_first or bool(self._since)
        records = query.query("task", {"status": list(FAILED), **since}, sort="endDate").all() if has_tasks else []
        self._known = {record.id: self._known.get(record.id) or _task(client, record, is_first) for record in records}
        self._since, self._newest = self._newest, _last_end(records) or self._newest
        return CheckResult(tuple(self._known.values()))


def _last_end(records: Sequence[Record]) -> str:
    """Return the end time of the newest task, in the server's format.

    Return an empty string if ``records`` is empty.
    """
    return records[-1].raw.get("endDate", "") if records else ""


def _task(client: Client, record: Record, is_past: bool) -> Finding:
    """Return a finding for a failed task.

    ``is_past`` is true for a task that failed before the first check. The field ``message`` is the reason that the
    server returns. It is empty for past tasks, because their reasons are not read.
    """
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
        return ""  # the event is useful without the reason


class TunnelCheck:
    """Check the IPsec tunnels of edge gateways.

    Makes two requests for each edge gateway. On NSX-T, makes one request for the list of tunnels, and up to four
    requests for each tunnel.

    If ``edges`` is empty, all edge gateways with edge services are checked. A tunnel that is disabled or has no
    reported status counts neither as up nor as down.
    """

    start_event, end_event = "tunnel_down", "tunnel_up"

    def __init__(self, edges: Sequence[str] = ()) -> None:
        self._edges = tuple(edges)

    def __call__(self, client: Client) -> CheckResult:
        """Run the check once.

        Raises: Any error from listing the edge gateways. If no edge gateway can be read, the first read error.
        """
        edges = client.edges.list_edges()
        names = self._edges or [edge.edge_id for edge in edges if has_edge_services(edge)]
        return _check_scopes(client, names, self._check_edge)

    def _check_edge(self, client: Client, name: str) -> list[Finding]:
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


class ReplicationCheck:
    """Find replications with an RPO violation, with one request per replication."""

    start_event, end_event = "replication_behind", "replication_caught_up"

    def __call__(self, client: Client) -> CheckResult:
        """Run the check once.

        Raises the errors of listing replications, or the first error if no replication can be read.
        """
        service = client.dr
        references = service.references()
        findings, unread = [], {}
        for reference, replication in zip(references, service.read_each(references), strict=True):
            if isinstance(replication, VcloudAirError):
                unread[reference.id] = replication
                continue
            fields = replication.as_dict()
            names = ("name", "id", "state", "is_paused", "rpo_minutes", "rpo_violation_minutes", "last_sync")
            state = "behind" if replication.violation_minutes > 0 else ""
            findings.append(Finding(reference.id, "", state, {name: fields[name] for name in names}))
        return _result(findings, unread, len(references))


class DriftCheck:
    """Find edge gateways that differ from their documents.

    A run of the check sends one request per section. An edge gateway that already differs causes another event if its
    differences change. Pre-shared keys are not compared, because servers do not return them.

    Args:
        documents: The documents, by edge gateway. A document is a mapping of sections.
        purge: Report user elements that the document does not list.
    """

    start_event, end_event = "edge_drifted", "edge_in_line"

    def __init__(self, documents: Mapping[str, Mapping[str, Any]], *, purge: bool = False) -> None:
        self._documents = {edge: without_keys(sections) for edge, sections in documents.items()}
        self._state = "exact" if purge else "present"

    def __call__(self, client: Client) -> CheckResult:
        """Run the check once. Raises the first error if no edge gateway can be read."""
        return _check_scopes(client, self._documents, self._check_edge)

    def _check_edge(self, client: Client, edge: str) -> list[Finding]:
        # The check deletes nothing, so an empty list needs no confirmation.
        sections = {**self._documents[edge], "allow_empty": True}
        plan = client.ensure("ans.edge", sections, state=self._state, target={"edge": edge}, check=True).plan
        digest = hashlib.sha256(json.dumps(plan.as_dict(), sort_keys=True, default=str).encode()).hexdigest()[:16]
        changes = [f"{change.action} {change.title or change.identity}" for change in plan.changes]
        fields = {"edge": edge, "plan": plan.summary(), "changes": changes}
        return [Finding(edge, "", "" if plan.is_empty else digest, fields)]


PLACEHOLDER_KEY = "placeholder, because a check writes no key"


def without_keys(sections: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document without pre-shared keys and peer codes, for comparison.

    Each tunnel gets a placeholder as its key, because a plan for a missing tunnel needs a key.
    """
    document = dict(sections)
    l2vpn = document.get("l2vpn")
    if isinstance(l2vpn, Mapping) and isinstance(l2vpn.get("tunnels"), list):
        tunnels = [_without_secret(tunnel) if isinstance(tunnel, Mapping) else tunnel for tunnel in l2vpn["tunnels"]]
        document["l2vpn"] = {**l2vpn, "tunnels": tunnels}
    ipsec = document.get("ipsec")
    if isinstance(ipsec, Mapping):
        section = {name: value for name, value in ipsec.items() if name not in ("global_psk", "global_psk_file")}
        if isinstance(section.get("tunnels"), list):
            section["tunnels"] = [
                _without_key(tunnel) if isinstance(tunnel, Mapping) else tunnel for tunnel in section["tunnels"]
            ]
        document["ipsec"] = section
    return document


def _without_key(tunnel: Mapping[str, Any]) -> dict[str, Any]:
    key_fields = {"psk", "shared_secret", "psk_file", "update_psk"}
    fields = {name: value for name, value in tunnel.items() if name not in key_fields}
    if fields.get("authentication") == "x.509":
        return fields
    return {**fields, "psk": PLACEHOLDER_KEY, "update_psk": "on_create"}


def _without_secret(tunnel: Mapping[str, Any]) -> dict[str, Any]:
    """Return an L2 VPN tunnel with a placeholder as its pre-shared key or peer code."""
    key_fields = {"psk", "psk_file", "peer_code", "peer_code_file", "update_psk"}
    fields = {name: value for name, value in tunnel.items() if name not in key_fields}
    secret = {"server": "psk", "client": "peer_code"}.get(str(tunnel.get("session_mode") or "").strip().casefold())
    return {**fields, **({secret: PLACEHOLDER_KEY} if secret else {}), "update_psk": "on_create"}


# -- several scopes ----------------------------------------------------------------------------------------------


def _check_scopes(client: Client, scopes: Iterable[str], check: Callable[[Client, str], list[Finding]]) -> CheckResult:
    """Call ``check`` for each scope, such as an edge gateway, in parallel.

    Scopes that cannot be read are in the result with their errors. Raises the first error if no scope can be read.
    """

    def read(scope: str) -> list[Finding] | VcloudAirError:
        try:
            return check(client, scope)
        except VcloudAirError as exc:
            return exc

    names = list(scopes)
    most = max(1, min(int(client.settings.parallel_calls), len(names)))
    with ThreadPoolExecutor(max_workers=most, thread_name_prefix="vca-watch") as pool:
        results = list(zip(names, pool.map(read, names), strict=True))
    unread = {scope: result for scope, result in results if isinstance(result, VcloudAirError)}
    return _result(
        [finding for _, result in results if isinstance(result, list) for finding in result], unread, len(names)
    )


def _result(findings: Sequence[Finding], unread: Mapping[str, VcloudAirError], scopes: int) -> CheckResult:
    """Return the result. Raises the first error if no scope could be read."""
    if scopes and len(unread) == scopes:
        raise next(iter(unread.values()))
    return CheckResult(tuple(findings), unread)
