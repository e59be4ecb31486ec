"""Signing in to the subscription portal and from there to one VDC's vCloud Director.

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

# A header that a server may name for its token; never one that steers the request itself.
_HEADER_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9-]{0,63}$")
_STEERING = frozenset({"host", "cookie", "accept", "content-type", "content-length", "connection", "transfer-encoding"})


@dataclass(frozen=True)
class PortalSession:
    """A session at the portal: good for listing services and for asking for VDC tokens."""

    token: Secret
    services_url: str
    logout_url: str


@dataclass(frozen=True)
class VdcLogin:
    """A session at one VDC's vCloud Director."""

    base_url: str
    vdc_url: str
    vdc_id: str
    token: Secret
    header: str
    name: str = ""


class Portal:
    """Requests to the portal, one flow each. ``login_url`` may be any URL of it; links are trusted as far as it is."""

    def __init__(self, login_url: str, version: str, allowed_origins: Iterable[str] = ()) -> None:
        self.login_url = login_url
        self.version = version
        self.origins = Origins(login_url, allowed_origins)

    def sign_in(self, username: str, password: Secret | str) -> Generator[Request, Response, PortalSession]:
        """User and password for a portal token."""
        login = auth.request("POST", self.login_url, self._accept, Authorization=auth.basic(username, password))
        try:
            response = yield login
        except AuthenticationError as exc:
            hint = "Check username and password (VCA_USERNAME, VCA_PASSWORD); the portal wants no org in the name."
            raise auth.refused(exc, username, self.login_url, hint=hint) from exc
        except PermissionDeniedError as exc:
            hint = "Has this user a role in the portal that may use the API?"
            raise auth.refused(exc, username, self.login_url, hint=hint) from exc
        token = auth.header_of(response, PORTAL_HEADER, "Signing in to the portal")
        services_url, logout_url = session_codec.decode_portal_session(response.body)
        return PortalSession(
            Secret(token),
            self.origins.admit(services_url),
            logout_url if logout_url and self.origins.is_trusted(logout_url) else "",
        )

    def list_services(self, session: PortalSession) -> Generator[Request, Response, list[PortalService]]:
        """All services, compute or not."""
        response = yield self._request("GET", session.services_url, session)
        return session_codec.decode_services(response.body)

    def list_vdcs(
        self, session: PortalSession, services: Sequence[PortalService]
    ) -> Generator[Request, Response, list[PortalVdc]]:
        """The VDCs of services. A service that cannot be read, or is no compute service, has none.

        Raises what reading ended in, when there is no VDC at all and that may be why.
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
                _log.warning("Service %s of the portal is left out: %s", service.service_id, exc)
                failure = failure or exc
        if failure is not None and not vdcs:
            raise failure
        return vdcs

    def open_vdc(self, session: PortalSession, vdc: PortalVdc) -> Generator[Request, Response, VdcLogin]:
        """A token for one VDC. Nothing but this one request is sent."""
        response = yield self._request("POST", self.origins.admit(vdc.session_href), session)
        entries = session_codec.decode_vdc_credentials(response.body)
        names = (vdc.service_id, vdc.name)
        chosen = next((entry for entry in entries if any(auth.equal(entry.name, name) for name in names)), entries[0])
        header = chosen.header
        if not _HEADER_NAME.match(header) or header.lower() in _STEERING:
            raise DecodeError("The portal names a header for its token that cannot hold one.")
        base_url, vdc_id = split_vdc_href(self.origins.admit(chosen.href))
        return VdcLogin(base_url, chosen.href, vdc_id, Secret(chosen.token), header, chosen.name)

    @property
    def _accept(self) -> str:
        return f"application/xml;version={self.version}"

    def _request(self, method: str, url: str, session: PortalSession) -> Request:
        return auth.request(method, url, self._accept).with_headers({PORTAL_HEADER: session.token.reveal()})


@dataclass(frozen=True)
class _VdcDetails:
    """Details of a VDC as its vCloud Director reports them."""

    vdc_name: str = ""
    org_id: str = ""
    org_name: str = ""
    names: tuple[str, ...] = field(default=())


class VchsAuth:
    """Portal, services, their VDCs, the token of the one that settings choose, and a look at its org."""

    name = "vchs"
    is_renewable = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def sign_in(self) -> AuthFlow:
        """Settings ``instance`` (a service id), ``vdc`` and ``org`` choose the VDC; one VDC needs no choice."""
        settings = self._settings
        version = check_pinned(settings.api_version) if settings.api_version else DEFAULT_VERSIONS["vchs"]
        portal = Portal(base_url_of(settings) + LOGIN_PATH, version, settings.allowed_origins or ())
        session = yield from portal.sign_in(str(settings.username), settings.required_secret("password"))
        services = yield from portal.list_services(session)
        # A service that was named spares a look at all the others.
        named = [entry for entry in services if settings.instance and auth.equal(entry.service_id, settings.instance)]
        vdcs = yield from portal.list_vdcs(session, named or services)
        vdc = choose_vdc(vdcs, settings)
        login = yield from portal.open_vdc(session, vdc)
        known = yield from self._look_at_org(login, version)
        return self._credentials(login, version, vdc, known, session)

    def _look_at_org(self, login: VdcLogin, version: str) -> Generator[Request, Response, _VdcDetails]:
        """The org's id and name. A server that does not show them is no reason to fail: the token is there."""
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
            _log.debug("the org of the VDC is not shown: %s", exc)
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
            # In the subscription service org, VDC and service often share one name, and people give either.
            org_names=tuple(name for name in (known.org_name, vdc.name, vdc.service_id) if name),
            logout_requests=tuple(logout_requests),
        )


def choose_vdc(vdcs: Sequence[PortalVdc], settings: Settings) -> PortalVdc:
    """The one VDC that settings mean. Raises ConfigurationError, naming the candidates, when it is not exactly one."""
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
        what = f"No VDC of this user fits {conditions}" if conditions else "This user has no VDC"
        raise ConfigurationError(
            f"{what}. There are: {offered}.",
            hint="Correct vdc, instance (the service id) or org (VCA_VDC, VCA_INSTANCE, VCA_ORG).",
        )
    what = f"{len(fitting)} VDCs fit {conditions}" if conditions else f"This user has {len(fitting)} VDCs"
    raise ConfigurationError(
        f"{what}: {offered}.", hint="Choose one with vdc, or with instance (the service id) (VCA_VDC, VCA_INSTANCE)."
    )


def split_vdc_href(href: str) -> tuple[str, str]:
    """(base URL without a default port, VDC id) of a VDC's link, which real servers write with ``:443``.

    Raises: DecodeError when it is not one.
    """
    parts = urlsplit(href)
    prefix, marker, vdc_id = parts.path.rpartition("/api/vdc/")
    if not marker or not vdc_id.strip("/"):
        raise DecodeError("The portal's answer links to something that is not a VDC.")
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
