"""``vca login``, ``vca logout`` and ``vca whoami``."""

from __future__ import annotations

from typing import Any

from vcloudair_core.cli.invocation import Invocation, changes, connected
from vcloudair_core.cli.output import emit, say
from vcloudair_core.client import Client


@connected
@changes
def login(run: Invocation) -> None:
    """Sign in, and keep the session for the next command.

    The token is kept in the session cache, locked with a key made from the password, until it expires, `vca logout`
    ends it, or the server refuses it. The next command still needs the password to unlock it; it saves the sign-in.

    Example:
        vca login --context production
        vca login --url https://vcd.example.com --org acme --username ops
    """
    with run.client() as client:
        client.session.login()
        _show(run, client)
        if not client.settings.session_cache:
            say("The session cache is off (session_cache): the next command signs in again.")


@connected
@changes
def logout(run: Invocation) -> None:
    """End the session at the server and forget its token.

    Example:
        vca logout --context production
    """
    with run.client() as client:
        if client.session.logout():
            say("Signed out.")
        else:
            say("There is no session to end: none is kept for this user and server.")


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
    emit({key: value for key, value in who.items() if value or run.output != "table"}, output=run.output)


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
        "service_type": identity.flavour,
        "url": identity.base_url,
        "api_version": identity.api_version,
    }
