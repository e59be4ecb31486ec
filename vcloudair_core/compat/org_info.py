"""Sign-in results in the terms of vcloudair 0.5, and the session that a service class makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.session.auth.base import Credentials, PrimedAuth
from vcloudair_core.session.auth.vcd import TOKEN_HEADER
from vcloudair_core.session.identity import Identity
from vcloudair_core.session.session import Session
from vcloudair_core.session.urls import normalize_url
from vcloudair_core.session.versions import DEFAULT_VERSIONS, check_pinned
from vcloudair_core.settings.settings import Settings
from vcloudair_core.util.redaction import MASK, MaskedStr, Secret

if TYPE_CHECKING:
    from vcloudair_core.transport.base import Transport


class OrgInfo(dict[str, str]):
    """``vcdurl``, ``token``, ``org_uuid``, ``auth-header``, ``version``: what a service needs to talk to one org.

    ``session`` is a live session with that token, which renews itself when it is over. A repr hides the token.
    """

    def __init__(self, values: Mapping[str, str], session: Session) -> None:
        super().__init__(values)
        if "token" in self:
            self["token"] = MaskedStr(self["token"])
        self.session = session
        self._as_given = dict(values)

    @property
    def is_changed(self) -> bool:
        """True when a program has put other values in: the live session is not what it asks for then."""
        return dict(self) != self._as_given

    def __reduce__(self) -> Any:
        # A copy, or one that goes to another process, is a plain dict: connections do not travel.
        return dict, (dict(self),)

    def __repr__(self) -> str:
        return repr({key: MASK if key == "token" else value for key, value in self.items()})

    __str__ = __repr__


def session_for(
    org_info: Mapping[str, Any] | None = None,
    vcdurl: str | None = None,
    token: str | None = None,
    version: str | None = None,
    *,
    transport: Transport | None = None,
    headers: Mapping[str, str] | None = None,
) -> Session:
    """A session for a service class: the live one of an :class:`OrgInfo`, else one made from its keys, or from the
    separate arguments, which count where ``org_info`` has nothing. Nothing is sent.

    ``headers`` go with every call of a session that is made here.

    Raises: ConfigurationError when URL or token is missing.
    """
    if isinstance(org_info, OrgInfo) and not org_info.is_changed:
        return org_info.session
    known = dict(org_info or {})
    url, secret = known.get("vcdurl") or vcdurl, known.get("token") or token
    if not url or not secret:
        raise ConfigurationError(
            "There is no vcdurl and token to talk to.",
            hint="Pass org_info as login() returned it, or both vcdurl and token.",
        )
    base_url = normalize_url(str(url))
    is_on_demand = base_url.endswith("/api/compute")
    flavor = "vca" if is_on_demand else "vchs"
    chosen = check_pinned(str(known.get("version") or version or DEFAULT_VERSIONS[flavor]))
    header = str(known.get("auth-header") or TOKEN_HEADER)
    value = f"Bearer {secret}" if header.lower() == "authorization" else str(secret)
    sent = {name: Secret(text) for name, text in (headers or {}).items()} | {header: Secret(value)}
    credentials = Credentials(Identity(flavor, base_url, chosen, auth_header=header), sent, is_own=False)
    settings = Settings.load({"service_type": flavor, "url": base_url, "api_version": chosen})
    return Session(settings, transport or new_transport(settings), PrimedAuth(credentials))


def new_transport(settings: Settings) -> Transport:
    """The transport over sockets; requests is loaded with the first request."""
    from vcloudair_core.transport.requests_transport import RequestsTransport

    return RequestsTransport(settings)
