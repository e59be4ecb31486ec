"""``vca login``, ``vca logout`` and ``vca whoami``."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from vcloudair_core.cli import kept_session
from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.invocation import Invocation, changes, connected
from vcloudair_core.client import Client


@connected
@changes
def login(run: Invocation) -> None:
    """Sign in, and keep the session for later commands, which then need no password.

    The session belongs to the server, org, user and context of this command, and to its TLS settings. It ends with
    `vca logout`, when the server ends it, or when it is not used for 25 minutes. Commands with a password of their own,
    such as VCA_PASSWORD, do not use it.

    Example:
        vca login --context production
        vca login --url https://vcd.example.com --org acme --username ops
    """
    with run.login_client(run.settings()) as client:
        client.session.login()
        _show(run, client)
        if not client.settings.session_cache:
            say("The session is not kept: the session cache is off (session_cache). Later commands sign in again.")
        elif client.session.kept is None:
            say("The session is not kept. Later commands sign in again.")
        else:
            say("Signed in. Later commands use this session. Run `vca logout` to end it.")


@connected
@changes
def logout(run: Invocation) -> None:
    """End the session at the server and delete its token. Needs no password.

    Example:
        vca logout --context production
    """
    settings = run.settings()
    ended, problem, error = kept_session.end_login(run.app(), settings)
    if kept_session.has_credential(settings, or_reference=not ended):
        with run.client(settings) as client:
            ended = client.session.logout() or ended
            error = error or client.session.logout_error
    if problem:
        say(problem)
    if error is not None:
        say("The token was deleted here. Whether the session was ended at the server is unknown.")
        raise error
    say("Signed out." if ended else "There is no session to end: none is kept for this user and server.")


@connected
def whoami(run: Invocation) -> None:
    """Show who is signed in, where, and with which roles. Signs in when there is no session yet.

    Example:
        vca whoami -o json
    """
    with run.client() as client:
        _show(run, client)


def _show(run: Invocation, client: Client) -> None:
    who = _who(client)
    # A person sees what is known; a program gets every key.
    run.emit({key: value for key, value in who.items() if value or not run.is_table})


def _who(client: Client) -> dict[str, Any]:
    """Shape: what the server says of the session, without the token."""
    identity = client.session.identity
    return {
        "user": identity.user,
        "roles": list(identity.roles),
        "org": identity.org_name,
        "org_id": identity.org_id,
        "vdc": identity.vdc_name,
        "vdc_id": identity.vdc_id,
        "service_type": identity.flavor,
        "url": identity.base_url,
        "api_version": identity.api_version,
        "session": kept_session.describe(client),
        "expires_at": _time(client.session.expires_at),
    }


def _time(stamp: float | None) -> str | None:
    return None if stamp is None else datetime.fromtimestamp(stamp, timezone.utc).isoformat(timespec="seconds")
