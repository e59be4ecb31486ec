"""Checks of the API: version, sign-in, org, and the rights that the first commands need."""

from __future__ import annotations

from collections.abc import Iterator
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

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.settings.settings import Settings
    from vcloudair_core.transport.messages import Exchange

_PORTALS = {"vchs": "subscription portal", "vca": "On-Demand portal", "vcd": "vCloud Director"}


class ServerClock:
    """An observer of exchanges that remembers what time it is on the server, and how many calls were made."""

    def __init__(self) -> None:
        self.time: datetime | None = None
        self.calls = 0

    @hookimpl
    def vca_exchange_finished(self, exchange: Exchange) -> None:
        """Note the Date header of the newest answer."""
        self.calls += 1
        if exchange.response is None:
            return
        try:
            self.time = parsedate_to_datetime(exchange.response.headers.get("Date", ""))
        except (TypeError, ValueError):
            return


def check_sign_in(client: Client, *, is_kept: bool = False) -> Iterator[DiagnosisStep]:
    """Sign in, and say as whom and where to. Ends with the first step that fails.

    ``is_kept``: use the session that ``vca login`` keeps, because there is no password to sign in with.
    """
    settings = client.settings
    try:
        identity = client.session.identity if is_kept else client.session.login()
    except VcloudAirError as exc:
        yield _explain_sign_in(exc, settings)
        return
    pinned = " (pinned by api_version)" if settings.api_version else ""
    yield passed("Version", f"API {identity.api_version} of a {_PORTALS.get(identity.flavor, identity.flavor)}{pinned}")
    roles = f" as {', '.join(identity.roles)}" if identity.roles else ""
    yield passed("Sign-in", f"{identity.user or settings.username or 'token'}{roles}")
    yield _check_org(identity, settings)


def _check_org(identity: Any, settings: Settings) -> DiagnosisStep:
    vdc = f", VDC {identity.vdc_name}" if identity.vdc_name else ""
    if not identity.org_name:
        return warned("Org", "the server did not name the org", "Set org, so that a wrong one is noticed.")
    return passed("Org", f"{identity.org_name}{vdc}")


def _explain_sign_in(error: VcloudAirError, settings: Settings) -> DiagnosisStep:
    code = exit_code_for(error)
    if isinstance(error, AuthenticationError):
        who = f"{settings.username}@{settings.org}" if settings.org else f"{settings.username} (no org is set)"
        hint = (
            error.hint or f"Check user name, org and password of {who}; is service_type {settings.service_type} right?"
        )
        return failed("Sign-in", _text(error), hint, code)
    if isinstance(error, (DecodeError, NotFoundError)):
        look = f"This does not look like a {_PORTALS[settings.service_type]}: check url and service_type."
        hint = look if error.hint in ("", NOT_UNDERSTOOD) else error.hint
        return failed("Version", _text(error), hint, code)
    if isinstance(error, (InvalidRequestError, ConfigurationError)):
        return failed("Version", _text(error), error.hint or "Unset api_version, so that it is negotiated.", code)
    return failed("Sign-in", _text(error), error.hint or "`vca doctor -v` shows each request.", code)


def check_rights(client: Client) -> Iterator[DiagnosisStep]:
    """Can this user see edges, and read the firewall of one?"""
    settings = client.settings
    try:
        edges = list(client.edges.list_edges(vdc=settings.vdc))
    except VcloudAirError as exc:
        yield failed("Edges", _text(exc), _right(exc, "Organization vDC Gateway: View"), exit_code_for(exc))
        return
    if not edges:
        where = f" in VDC {settings.vdc}" if settings.vdc else ""
        yield warned("Edges", f"none visible{where}", "Is vdc right? Else ask for the right to view edge gateways.")
        return
    names = ", ".join(edge.name for edge in edges[:4]) + (" …" if len(edges) > 4 else "")
    yield passed("Edges", f"{len(edges)} visible: {names}")
    able = [edge.name for edge in edges if edge.is_advanced is not False] or [edges[0].name]
    yield _check_firewall(client, settings.edge or able[0])


def _check_firewall(client: Client, edge: str) -> DiagnosisStep:
    try:
        policy = client.read("ans.firewall", {"edge": edge, "vdc": client.settings.vdc})
    except VcloudAirError as exc:
        hint = _right(exc, "Organization vDC Gateway: View Firewall")
        return failed("Firewall", f"{edge}: {_text(exc)}", hint, exit_code_for(exc))
    state = f"{len(policy['rules'])} rules, {'on' if policy['enabled'] else 'off'}"
    if not policy["enabled"]:
        return warned("Firewall", f"{edge}: {state}", "Every packet passes while the firewall is off.")
    return passed("Firewall", f"{edge}: {state}")


def _right(error: VcloudAirError, right: str) -> str:
    if isinstance(error, PermissionDeniedError):
        return f"Ask the administrator of the org for a role with the right '{right}'."
    return error.hint or "`vca doctor -v` shows each request."


def _text(error: VcloudAirError) -> str:
    return error.explanation.rstrip(".")


def not_reached(*names: str) -> list[DiagnosisStep]:
    """Steps that an earlier failure kept us from."""
    return [skipped(name, "not looked at") for name in names]
