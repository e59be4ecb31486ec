"""Auth flow for vCloud Director with user and password.

Source: protocol/sessions.md §4, protocol/vcd-modern.md §1.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vcloudair_core.errors import (
    AuthenticationError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
)
from vcloudair_core.session.auth import base as auth
from vcloudair_core.session.auth import codec as session_codec
from vcloudair_core.session.auth.base import AuthFlow, Credentials, LogoutRequest
from vcloudair_core.session.identity import Identity
from vcloudair_core.session.origins import Origins
from vcloudair_core.session.urls import base_url_of
from vcloudair_core.session.versions import (
    CLOUDAPI_LOGIN_SINCE,
    LEGACY_LOGIN_UNTIL,
    OfferedVersion,
    check_pinned,
    choose_version,
    is_at_least,
    offered_version,
)
from vcloudair_core.transport.messages import Request, Response
from vcloudair_core.util.redaction import Secret

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

_log = logging.getLogger(__name__)

TOKEN_HEADER = "x-vcloud-authorization"  # noqa: S105 - a name
ACCESS_TOKEN_HEADER = "X-VMWARE-VCLOUD-ACCESS-TOKEN"  # noqa: S105 - a name

_NO_SUCH_ENDPOINT = (404, 405, 501)
_FORBIDDEN = "Check that the org is enabled, that the user can use the API, and that no proxy removes the password."
_CHECK = "Check username (without the org), password and org (VCA_USERNAME, VCA_PASSWORD, VCA_ORG)."


class VcdAuth:
    """Auth flow with user, org and password.

    API versions up to 37 accept a sign-in at ``/api/sessions``. API versions from 33 accept a sign-in at
    ``/cloudapi``.
    """

    name = "vcd"
    is_renewable = True
    prefers_legacy = False
    """True if ``/api/sessions`` is used as long as the API version has it."""

    def __init__(self, settings: Settings, *, checks_version: bool = True) -> None:
        self._settings = settings
        self._checks_version = checks_version

    def sign_in(self) -> AuthFlow:
        """Negotiate the version and sign in.

        The login URL from the server selects the endpoint.
        """
        base_url = base_url_of(self._settings)
        if self._settings.api_version and not self._checks_version:
            chosen = OfferedVersion(check_pinned(self._settings.api_version))
        else:
            chosen = yield from negotiate(self._settings, base_url)
        version, login_url = chosen.version, chosen.login_url
        if is_at_least(version, LEGACY_LOGIN_UNTIL):
            return (yield from self._cloudapi(base_url, version))
        is_cloudapi_offered = is_at_least(version, CLOUDAPI_LOGIN_SINCE) and "/cloudapi/" in urlsplit(login_url).path
        if is_cloudapi_offered and not self.prefers_legacy:
            return (yield from self._cloudapi(base_url, version))
        try:
            return (yield from self._legacy(base_url, version))
        except (NotFoundError, InvalidRequestError, PermissionDeniedError) as exc:
            # An operator can disable the old endpoint early. A 406 is about the version, not the endpoint.
            error = auth.refused(exc, self._who, base_url, hint=_FORBIDDEN) if exc.status == 403 else exc
            if exc.status == 406 or not is_at_least(version, CLOUDAPI_LOGIN_SINCE):
                raise error from exc
            _log.debug("Signing in at /api/sessions failed (%d). Trying /cloudapi.", exc.status)
            try:
                return (yield from self._cloudapi(base_url, version))
            except (NotFoundError, InvalidRequestError, ServerError) as second:
                if second.status not in _NO_SUCH_ENDPOINT:
                    raise
                raise error from second  # /cloudapi does not exist, so the first error is the relevant one

    def _legacy(self, base_url: str, version: str) -> AuthFlow:
        who = self._who
        login = auth.request(
            "POST",
            f"{base_url}/api/sessions",
            auth.xml(version),
            Authorization=self._authorization(),
        )
        try:
            response = yield login
        except AuthenticationError as exc:
            raise auth.refused(exc, who, base_url, hint=self._hint()) from exc
        token = auth.header_of(response, TOKEN_HEADER, "Signing in")
        session = session_codec.decode_session(response.body)
        return credentials_of(base_url, version, session, token)

    def _cloudapi(self, base_url: str, version: str) -> AuthFlow:
        who = self._who
        provider = "/provider" if auth.equal(self._settings.org, "System") else ""
        login = auth.request(
            "POST",
            f"{base_url}/cloudapi/1.0.0/sessions{provider}",
            f"application/json;version={version}",
            Authorization=self._authorization(),
        )
        try:
            response = yield login
        except AuthenticationError as exc:
            raise auth.refused(exc, who, base_url, hint=self._hint()) from exc
        token = auth.header_of(response, ACCESS_TOKEN_HEADER, "Signing in")
        session = session_codec.decode_cloudapi_session(response.body)
        return bearer_credentials_of(base_url, version, session, token)

    def _authorization(self) -> str:
        """Return the Authorization header of the sign-in."""
        return auth.basic(self._who, self._settings.required_secret("password"))

    @property
    def _who(self) -> str:
        return f"{self._settings.username}@{self._settings.org}"

    def _hint(self) -> str:
        name = str(self._settings.username).lower()
        if name.endswith(f"@{str(self._settings.org).lower()}"):
            return f"Remove the org from username, because the org is appended automatically. {_CHECK}"
        return _CHECK


def negotiate(settings: Settings, base_url: str) -> Generator[Request, Response, OfferedVersion]:
    """Return the API version to use for the session.

    If the setting ``api_version`` is set, the server must offer this version. If the server does not provide its list
    of versions, this check is omitted. Without the setting, the newest supported version of the server is returned.
    """
    pinned = settings.api_version
    if pinned:
        check_pinned(pinned)
    # No version in Accept: the server rejects versions that it does not support. Source: protocol/sessions.md §4.1.
    request = auth.request("GET", f"{base_url}/api/versions", "application/*+xml")
    try:
        offered = session_codec.decode_versions((yield request).body)
    except (NotFoundError, PermissionDeniedError, InvalidRequestError, DecodeError) as exc:
        if not pinned:
            raise
        _log.debug("Reading the list of API versions failed (%s). Using %s.", type(exc).__name__, pinned)
        return OfferedVersion(pinned)
    if pinned:
        return offered_version(pinned, offered, where=base_url)
    return choose_version(offered, where=base_url)


def credentials_of(
    base_url: str,
    version: str,
    session: session_codec.VcdSession,
    token: str,
    *,
    flavor: str = "vcd",
    header: str = TOKEN_HEADER,
    is_own: bool = True,
) -> Credentials:
    """Return credentials with an opaque token, which old API versions issue."""
    headers = {header: Secret(token)}
    return Credentials(
        identity=Identity(
            flavor=flavor,
            base_url=base_url,
            api_version=version,
            org_name=session.org,
            org_id=session.org_id,
            user=session.user,
            roles=session.roles,
            auth_header=header,
        ),
        headers=headers,
        org_names=(session.org,) if session.org else (),
        logout_requests=(LogoutRequest(session_href(base_url, session), {"Accept": auth.xml(version), **headers}),),
        is_own=is_own,
    )


def bearer_credentials_of(
    base_url: str,
    version: str,
    session: session_codec.VcdSession,
    token: str,
    *,
    flavor: str = "vcd",
    expires_at: float | None = None,
    is_own: bool = True,
) -> Credentials:
    """Return credentials with a JWT.

    In API 36 and newer, the logout request is sent to ``sessions/current``.
    """
    headers = {"Authorization": auth.bearer(token)}
    if is_at_least(version, (36, 0)):
        logout_request = LogoutRequest(
            f"{base_url}/cloudapi/1.0.0/sessions/current", {"Accept": f"application/json;version={version}", **headers}
        )
    else:
        logout_request = LogoutRequest(f"{base_url}/api/session", {"Accept": auth.xml(version), **headers})
    return Credentials(
        identity=Identity(
            flavor=flavor,
            base_url=base_url,
            api_version=version,
            org_name=session.org,
            org_id=session.org_id,
            user=session.user,
            roles=session.roles,
            auth_header="Authorization",
        ),
        headers=headers,
        org_names=(session.org,) if session.org else (),
        logout_requests=(logout_request,),
        expires_at=expires_at,
        is_own=is_own,
    )


def session_href(base_url: str, session: session_codec.VcdSession) -> str:
    """Return the logout URL: the link of the session, or ``/api/session``.

    The link is used only if its origin is trusted.
    """
    fallback = f"{base_url}/api/session"
    if not session.href:
        return fallback
    return session.href if Origins(base_url).is_trusted(session.href) else fallback
