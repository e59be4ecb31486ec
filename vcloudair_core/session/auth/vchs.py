"""Auth flow for the subscription portal and one of its VDCs.

Source: protocol/sessions.md §2.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vcloudair_core.errors import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    DecodeError,
    PermissionDeniedError,
)
from vcloudair_core.session.auth import base as auth
from vcloudair_core.session.auth import codec as session_codec
from vcloudair_core.session.auth.base import AuthFlow, Credentials, LogoutRequest
from vcloudair_core.session.auth.codec import PortalService, PortalVdc
from vcloudair_core.session.identity import Identity
from vcloudair_core.session.origins import Origins
from vcloudair_core.session.urls import base_url_of
from vcloudair_core.session.versions import DEFAULT_VERSIONS, check_pinned
from vcloudair_core.transport.messages import Request, Response
from vcloudair_core.util.redaction import Secret

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

_log = logging.getLogger(__name__)

PORTAL_HEADER = "x-vchs-authorization"
LOGIN_PATH = "/api/vchs/sessions"

# Header names that the portal can specify for a token. Headers that control the request are excluded.
_HEADER_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9-]{0,63}$")
_STEERING = frozenset({"host", "cookie", "accept", "content-type", "content-length", "connection", "transfer-encoding"})


@dataclass(frozen=True)
class PortalSession:
    """A portal session, which can list services and request VDC tokens."""

    token: Secret
    services_url: str
    logout_url: str


@dataclass(frozen=True)
class VdcLogin:
    """A session at a VDC's vCloud Director."""

    base_url: str
    vdc_url: str
    vdc_id: str
    token: Secret
    header: str
    name: str = ""


class Portal:
    """Request flows of the portal.

    Links must have the same origin as ``login_url``, or a trusted origin.
    """

    def __init__(self, login_url: str, version: str, allowed_origins: Iterable[str] = ()) -> None:
        self.login_url = login_url
        self.version = version
        self.origins = Origins(login_url, allowed_origins)

    def sign_in(self, username: str, password: Secret | str) -> Generator[Request, Response, PortalSession]:
        """Sign in to the portal with a username and password."""
        login = auth.request("POST", self.login_url, self._accept, Authorization=auth.basic(username, password))
        try:
            response = yield login
        except AuthenticationError as exc:
            hint = "Check username (without an org) and password (VCA_USERNAME, VCA_PASSWORD)."
            raise auth.refused(exc, username, self.login_url, hint=hint) from exc
        except PermissionDeniedError as exc:
            hint = "Check that the user has a role in the portal that can use the API."
            raise auth.refused(exc, username, self.login_url, hint=hint) from exc
        token = auth.header_of(response, PORTAL_HEADER, "Signing in to the portal")
        services_url, logout_url = session_codec.decode_portal_session(response.body)
        return PortalSession(
            Secret(token),
            self.origins.admit(services_url),
            logout_url if logout_url and self.origins.is_trusted(logout_url) else "",
        )

    def list_services(self, session: PortalSession) -> Generator[Request, Response, list[PortalService]]:
        """Return the services of all types, not only compute services."""
        response = yield self._request("GET", session.services_url, session)
        return session_codec.decode_services(response.body)

    def list_vdcs(
        self, session: PortalSession, services: Sequence[PortalService]
    ) -> Generator[Request, Response, list[PortalVdc]]:
        """Return the VDCs of ``services``.

        A service that cannot be read is skipped with a warning.

        Raises: The first read error, if no VDC could be read.
        """
        vdcs: list[PortalVdc] = []
        failure: ApiError | DecodeError | None = None
        for service in services:
            try:
                response = yield self._request("GET", self.origins.admit(service.href), session)
                vdcs += session_codec.decode_compute(response.body, service)
            except AuthenticationError:
                raise
            except (ApiError, DecodeError) as exc:
                _log.warning("Reading service %s of the portal failed, so it is skipped: %s", service.service_id, exc)
                failure = failure or exc
        if failure is not None and not vdcs:
            raise failure
        return vdcs

    def open_vdc(self, session: PortalSession, vdc: PortalVdc) -> Generator[Request, Response, VdcLogin]:
        """Get a token for a VDC with one request."""
        response = yield self._request("POST", self.origins.admit(vdc.session_href), session)
        entries = session_codec.decode_vdc_credentials(response.body)
        names = (vdc.service_id, vdc.name)
        chosen = next((entry for entry in entries if any(auth.equal(entry.name, name) for name in names)), entries[0])
        header = chosen.header
        if not _HEADER_NAME.match(header) or header.lower() in _STEERING:
            raise DecodeError(f"Invalid token header from the portal: {header[:64]!r}.")
        base_url, vdc_id = split_vdc_href(self.origins.admit(chosen.href))
        return VdcLogin(base_url, chosen.href, vdc_id, Secret(chosen.token), header, chosen.name)

    @property
    def _accept(self) -> str:
        return f"application/xml;version={self.version}"

    def _request(self, method: str, url: str, session: PortalSession) -> Request:
        return auth.request(method, url, self._accept).with_headers({PORTAL_HEADER: session.token.reveal()})


@dataclass(frozen=True)
class _VdcDetails:
    """Details of a VDC, as reported by its vCloud Director."""

    vdc_name: str = ""
    org_id: str = ""
    org_name: str = ""
    names: tuple[str, ...] = field(default=())


class VchsAuth:
    """Auth flow of the portal: sign in, select a VDC, and get its token and org."""

    name = "vchs"
    is_renewable = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def sign_in(self) -> AuthFlow:
        """Sign in to the VDC selected by the settings. See :func:`choose_vdc`."""
        settings = self._settings
        version = check_pinned(settings.api_version) if settings.api_version else DEFAULT_VERSIONS["vchs"]
        portal = Portal(base_url_of(settings) + LOGIN_PATH, version, settings.allowed_origins or ())
        session = yield from portal.sign_in(str(settings.username), settings.required_secret("password"))
        services = yield from portal.list_services(session)
        # If the settings contain a service ID, the other services need not be read.
        named = [entry for entry in services if settings.instance and auth.equal(entry.service_id, settings.instance)]
        vdcs = yield from portal.list_vdcs(session, named or services)
        vdc = choose_vdc(vdcs, settings)
        login = yield from portal.open_vdc(session, vdc)
        known = yield from self._look_at_org(login, version)
        return self._credentials(login, version, vdc, known, session)

    def _look_at_org(self, login: VdcLogin, version: str) -> Generator[Request, Response, _VdcDetails]:
        """Return the names of the VDC and the org.

        A name that the server does not return is empty.
        """
        headers = {login.header: login.token.reveal()}
        origins = Origins(login.base_url, self._settings.allowed_origins or ())
        name = org_url = org_name = ""
        try:
            response = yield auth.request("GET", login.vdc_url, auth.xml(version)).with_headers(headers)
            name, org_url, org_name = session_codec.decode_vdc(response.body)
            if org_url and not org_name:
                response = yield auth.request("GET", origins.admit(org_url), auth.xml(version)).with_headers(headers)
                org_name, _ = session_codec.decode_org(response.body)
        except AuthenticationError:
            raise
        except (ApiError, DecodeError) as exc:
            _log.debug("Reading the org of the VDC failed: %s", exc)
        return _VdcDetails(name, session_codec.last_segment(org_url), org_name)

    def _credentials(
        self, login: VdcLogin, version: str, vdc: PortalVdc, known: _VdcDetails, session: PortalSession
    ) -> Credentials:
        token = {login.header: login.token}
        logout_requests = [LogoutRequest(f"{login.base_url}/api/session", {"Accept": auth.xml(version), **token})]
        if session.logout_url:
            logout_requests.append(LogoutRequest(session.logout_url, {PORTAL_HEADER: session.token}))
        return Credentials(
            identity=Identity(
                flavor="vchs",
                base_url=login.base_url,
                api_version=version,
                org_name=known.org_name or vdc.name,
                org_id=known.org_id,
                vdc_name=known.vdc_name or vdc.name,
                vdc_id=login.vdc_id,
                user=str(self._settings.username),
                auth_header=login.header,
            ),
            headers=token,
            # In the subscription service, org, VDC and service often have the same name, and users enter any of them.
            # Without the name of the org, the other names are guesses, so the session must not be rejected.
            org_names=tuple(name for name in (known.org_name, vdc.name, vdc.service_id) if name and known.org_name),
            logout_requests=tuple(logout_requests),
        )


def choose_vdc(vdcs: Sequence[PortalVdc], settings: Settings) -> PortalVdc:
    """Return the VDC selected by the settings ``instance``, ``vdc`` and ``org``.

    Raises: ConfigurationError with the candidates if not exactly one VDC matches.
    """
    asked = []
    fitting = list(vdcs)
    if settings.instance:
        asked.append(f"instance {settings.instance!r}")
        fitting = [entry for entry in fitting if _is_any(settings.instance, entry.service_id, entry.region)]
    if settings.vdc:
        asked.append(f"vdc {settings.vdc!r}")
        fitting = [entry for entry in fitting if auth.equal(entry.name, settings.vdc)]
    elif settings.org and (not settings.instance or len(fitting) > 1):
        asked.append(f"org {settings.org!r}")
        fitting = [entry for entry in fitting if _is_any(settings.org, entry.name, entry.service_id)]
    if len(fitting) == 1:
        return fitting[0]
    offered = "; ".join(_shown(entry) for entry in (fitting or vdcs)) or "none"
    conditions = " and ".join(asked)
    if not fitting:
        what = f"No VDC of this user matches {conditions}" if conditions else "This user does not have a VDC"
        raise ConfigurationError(
            f"{what}. Available VDCs: {offered}.",
            hint="Check vdc, instance (the service ID) and org (VCA_VDC, VCA_INSTANCE, VCA_ORG).",
        )
    what = f"{len(fitting)} VDCs match {conditions}" if conditions else f"This user has {len(fitting)} VDCs"
    raise ConfigurationError(
        f"{what}: {offered}.", hint="Set vdc (VCA_VDC), or set instance (VCA_INSTANCE) to the service ID."
    )


def split_vdc_href(href: str) -> tuple[str, str]:
    """Return the base URL and the VDC ID in the link of a VDC.

    The base URL does not contain a default port.

    Raises: DecodeError if the link does not point to a VDC.
    """
    parts = urlsplit(href)
    prefix, marker, vdc_id = parts.path.rpartition("/api/vdc/")
    if not marker or not vdc_id.strip("/"):
        raise DecodeError("The portal's response has a link that does not point to a VDC.")
    default = {"https": 443, "http": 80}.get(parts.scheme.lower())
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme.lower()}://{host}{port}{prefix.rstrip('/')}", vdc_id.strip("/")


def _is_any(expected: str, *names: str) -> bool:
    return any(auth.equal(expected, name) for name in names if name)


def _shown(vdc: PortalVdc) -> str:
    extra = ", ".join(text for text in (f"service {vdc.service_id}" if vdc.service_id else "", vdc.region) if text)
    return f"{vdc.name} ({extra})" if extra else vdc.name
