"""API checks of ``vca doctor``: version, sign-in, org and rights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from vcloudair_core.cli.doctor.diagnosis import DiagnosisStep, failed, passed, skipped, warned
from vcloudair_core.cli.exit_codes import exit_code_for
from vcloudair_core.errors import (
    NOT_UNDERSTOOD,
    AuthenticationError,
    ConfigurationError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    VcloudAirError,
)
from vcloudair_core.plugin.hooks import hookimpl
from vcloudair_core.services.ans.edge.backend import BACKENDS, NSXT
from vcloudair_core.services.ans.edge.model import DISTRIBUTED_ONLY, has_edge_services
from vcloudair_core.session.versions import is_at_least

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.settings.settings import Settings
    from vcloudair_core.transport.messages import Exchange

_PORTALS = {"vchs": "subscription portal", "vca": "On-Demand portal", "vcd": "vCloud Director"}


class ServerClock:
    """An observer that records the server's time and the number of requests."""

    def __init__(self) -> None:
        self.time: datetime | None = None
        self.calls = 0

    @hookimpl
    def vca_exchange_finished(self, exchange: Exchange) -> None:
        """Record the Date header of a response."""
        self.calls += 1
        if exchange.response is None:
            return
        try:
            self.time = parsedate_to_datetime(exchange.response.headers.get("Date", ""))
        except (TypeError, ValueError):
            return


def check_sign_in(client: Client, *, is_kept: bool = False) -> Iterator[DiagnosisStep]:
    """Check sign-in and org. Stops at the first failure.

    If ``is_kept`` is true, use the session of ``vca login`` instead of signing in.
    """
    settings = client.settings
    try:
        identity = client.session.identity if is_kept else client.session.login()
    except VcloudAirError as exc:
        yield _explain_sign_in(exc, settings)
        return
    pinned = " (pinned by api_version)" if settings.api_version else ""
    yield passed("Version", f"API {identity.api_version}, {_PORTALS.get(identity.flavor, identity.flavor)}{pinned}")
    roles = f" as {', '.join(identity.roles)}" if identity.roles else ""
    yield passed("Sign-in", f"{identity.user or settings.username or 'token'}{roles}")
    yield _check_org(identity, settings)


def _check_org(identity: Any, settings: Settings) -> DiagnosisStep:
    vdc = f", VDC {identity.vdc_name}" if identity.vdc_name else ""
    if not identity.org_name:
        return warned(
            "Org", "the server did not return the org", "Set org, so that a sign-in to the wrong org is detected."
        )
    return passed("Org", f"{identity.org_name}{vdc}")


def _explain_sign_in(error: VcloudAirError, settings: Settings) -> DiagnosisStep:
    code = exit_code_for(error)
    if isinstance(error, AuthenticationError):
        user = f"{settings.username}@{settings.org}" if settings.org else f"{settings.username} (org is not set)"
        hint = error.hint or f"Check username, org and password of {user}, and service_type ({settings.service_type})."
        return failed("Sign-in", _text(error), hint, code)
    if isinstance(error, (DecodeError, NotFoundError)):
        check = f"Check url and service_type. The server does not look like a {_PORTALS[settings.service_type]}."
        hint = check if error.hint in ("", NOT_UNDERSTOOD) else error.hint
        return failed("Version", _text(error), hint, code)
    if isinstance(error, (InvalidRequestError, ConfigurationError)):
        return failed("Version", _text(error), error.hint or "Unset api_version to negotiate the version.", code)
    return failed("Sign-in", _text(error), error.hint or "Run `vca doctor -v` to show each request.", code)


def check_rights(client: Client) -> Iterator[DiagnosisStep]:
    """Check that the user can list edge gateways and read a firewall."""
    settings = client.settings
    try:
        edges = list(client.edges.list_edges(vdc=settings.vdc))
    except VcloudAirError as exc:
        yield failed("Edges", _text(exc), _right(exc, "Organization vDC Gateway: View"), exit_code_for(exc))
        return
    if not edges:
        where = f" in VDC {settings.vdc}" if settings.vdc else ""
        yield warned("Edges", f"none visible{where}", "Check vdc, or ask for the right to view edge gateways.")
        return
    names = ", ".join(map(_shown_edge, edges[:4])) + (" …" if len(edges) > 4 else "")
    titles = Counter(BACKENDS[edge.backend].title for edge in edges if edge.backend in BACKENDS)
    backends = ", ".join(f"{count} {title}" for title, count in sorted(titles.items()))
    yield passed("Edges", f"{len(edges)} visible: {names}{f' ({backends})' if backends else ''}")
    if titles[BACKENDS[NSXT].title]:
        yield from _check_pinned_version(settings)
    for edge_name in [settings.edge] if settings.edge else _one_of_each_backend(edges):
        yield _check_firewall(client, edge_name)


def _shown_edge(edge: Edge) -> str:
    """Return the name of an edge gateway, with notes in parentheses.

    The notes are the VDC group that owns the edge gateway, and the mode if it is distributed only.
    """
    notes = [f"VDC group {edge.owner_name}"] if edge.is_owned_by_group else []
    notes += [edge.deployment_mode] if edge.deployment_mode == DISTRIBUTED_ONLY else []
    return f"{edge.name} ({', '.join(notes)})" if notes else edge.name


def _check_pinned_version(settings: Settings) -> Iterator[DiagnosisStep]:
    """Warn if ``api_version`` selects a version that hides parts of NSX-T rules.

    Source: protocol/nsxt.md §5.
    """
    from vcloudair_core.services.ans.firewall.nsxt.rule_codec import INLINE_SINCE

    pinned = str(settings.api_version or "")
    if pinned and not is_at_least(pinned, INLINE_SINCE):
        yield warned(
            "Version",
            f"api_version is {pinned}. In this version, the server hides the addresses and ports that other clients "
            "write into rules of NSX-T edge gateways",
            "Unset api_version, unless the server offers no newer version than {}.{}.".format(*INLINE_SINCE),
        )


def _one_of_each_backend(edges: Sequence[Edge]) -> list[str]:
    """Return the name of one edge gateway for each backend."""
    usable = [edge for edge in edges if has_edge_services(edge)] or [edges[0]]
    return list({edge.backend: edge.name for edge in reversed(usable)}.values())


def _check_firewall(client: Client, edge: str) -> DiagnosisStep:
    try:
        policy = client.read("ans.firewall", {"edge": edge, "vdc": client.settings.vdc})
    except VcloudAirError as exc:
        hint = _right(exc, "Organization vDC Gateway: View Firewall")
        return failed("Firewall", f"{edge}: {_text(exc)}", hint, exit_code_for(exc))
    state = f"{len(policy['rules'])} rules, {'on' if policy['enabled'] else 'off'}"
    if not policy["enabled"]:
        return warned(
            "Firewall", f"{edge}: {state}", "Enable the firewall. All traffic passes while the firewall is off."
        )
    return passed("Firewall", f"{edge}: {state}")


def _right(error: VcloudAirError, right: str) -> str:
    if isinstance(error, PermissionDeniedError) and "with the right" not in error.hint:
        return f"Check the name of the edge gateway. Then ask the administrator of the org for the right '{right}'."
    return error.hint or "Run `vca doctor -v` to show each request."


def _text(error: VcloudAirError) -> str:
    return error.explanation.rstrip(".")


def not_reached(*names: str) -> list[DiagnosisStep]:
    """Return a ``skipped`` result for each step that cannot run after a failure."""
    return [skipped(name, "not checked") for name in names]
