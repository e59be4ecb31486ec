"""The commands ``vca login``, ``vca logout`` and ``vca whoami``."""

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
    """Sign in and keep the session, so that later commands need no password.

    Later commands use the session if they have the same server, org, user, context and TLS settings. The session ends
    with `vca logout`, when it expires at the server, or after 25 minutes without use. Commands that get a password,
    for example from VCA_PASSWORD, do not use the session.

    Example:
        vca login --context production
        vca login --url https://vcd.example.com --org acme --username ops
    """
    with run.login_client(run.settings()) as client:
        client.session.login()
        _show(run, client)
        if not client.settings.session_cache:
            say("The session is not kept, because session_cache is off. Later commands sign in again.")
        elif client.session.kept is None:
            say("The session is not kept. Later commands sign in again.")
        else:
            say("Signed in. Later commands use this session. Run `vca logout` to end the session.")


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
        say("The token was deleted on this host. The session may still be open at the server.")
        raise error
    say("Signed out." if ended else "No session to end for this user and server.")


@connected
def whoami(run: Invocation) -> None:
    """Show the signed-in user, org and roles. Signs in if there is no session.

    Example:
        vca whoami -o json
    """
    with run.client() as client:
        _show(run, client)


def _show(run: Invocation, client: Client) -> None:
    identity = _identity(client)
    # Tables leave out empty values; other formats have all keys.
    run.emit({key: value for key, value in identity.items() if value or not run.is_table})


def _identity(client: Client) -> dict[str, Any]:
    """Return the session data from the server, without the token."""
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
