"""Login results of vcloudair 0.5, and sessions that are created from them."""

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
    """A login result: a dict that service classes accept, with a live session.

    The keys are ``vcdurl``, ``token``, ``org_uuid``, ``auth-header`` and ``version``. ``session`` is a live session
    with the token, and is renewed automatically. ``repr`` masks the token.
    """

    def __init__(self, values: Mapping[str, str], session: Session) -> None:
        super().__init__(values)
        if "token" in self:
            self["token"] = MaskedStr(self["token"])
        self.session = session
        self._as_given = dict(values)

    @property
    def is_changed(self) -> bool:
        """True if a program changed a value, so that the dict does not match its session."""
        return dict(self) != self._as_given

    def __reduce__(self) -> Any:
        # Copy and pickle this object as a plain dict, because a session cannot be copied.
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
    """Return a session for a service class, without sending a request.

    If ``org_info`` is an unchanged :class:`OrgInfo`, return its live session. Otherwise, return a new session with the
    values in ``org_info``. ``vcdurl``, ``token`` and ``version`` supply values that ``org_info`` lacks. A new
    session sends ``headers`` with every request.

    Raises: ConfigurationError if the URL or the token is missing.
    """
    if isinstance(org_info, OrgInfo) and not org_info.is_changed:
        return org_info.session
    values = dict(org_info or {})
    url, secret = values.get("vcdurl") or vcdurl, values.get("token") or token
    if not url or not secret:
        raise ConfigurationError(
            "Creating a session failed. vcdurl or token is missing.",
            hint="Pass org_info from login(), or both vcdurl and token.",
        )
    base_url = normalize_url(str(url))
    is_on_demand = base_url.endswith("/api/compute")
    flavor = "vca" if is_on_demand else "vchs"
    chosen = check_pinned(str(values.get("version") or version or DEFAULT_VERSIONS[flavor]))
    header = str(values.get("auth-header") or TOKEN_HEADER)
    value = f"Bearer {secret}" if header.lower() == "authorization" else str(secret)
    secret_headers = {name: Secret(text) for name, text in (headers or {}).items()} | {header: Secret(value)}
    credentials = Credentials(Identity(flavor, base_url, chosen, auth_header=header), secret_headers, is_own=False)
    settings = Settings.load({"service_type": flavor, "url": base_url, "api_version": chosen})
    return Session(settings, transport or new_transport(settings), PrimedAuth(credentials))


def new_transport(settings: Settings) -> Transport:
    """Return a network transport. The first HTTP request imports ``requests``."""
    from vcloudair_core.transport.requests_transport import RequestsTransport

    return RequestsTransport(settings)
