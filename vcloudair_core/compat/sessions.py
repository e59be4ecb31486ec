"""Session classes with the API of vcloudair 0.5: ``VCASession``, ``VCAODSession``.

Both classes use the auth flows of this library. A login returns a dict with five keys, which all service classes
accept. The dict also has a live session, so that service classes do not sign in again.

The environment variables ``VCA_CA_PATH``, ``VCA_VALIDATE_CERTS`` and ``REQUESTS_CA_BUNDLE`` control TLS.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from xml.etree.ElementTree import ParseError

from vcloudair_core.compat.org_info import OrgInfo, new_transport, session_for
from vcloudair_core.compat.sdk_errors import compatible_errors
from vcloudair_core.errors import ConfigurationError, DecodeError, NotFoundError
from vcloudair_core.session.auth import codec as session_codec
from vcloudair_core.session.auth import vca, vchs
from vcloudair_core.session.auth.base import AuthFlow, Credentials, PrimedAuth
from vcloudair_core.session.auth.vcd import TOKEN_HEADER, VcdAuth
from vcloudair_core.session.identity import Identity
from vcloudair_core.session.pipeline import HttpPipeline
from vcloudair_core.session.retry import RetryPolicy
from vcloudair_core.session.session import Session
from vcloudair_core.session.urls import normalize_url
from vcloudair_core.session.versions import check_pinned
from vcloudair_core.settings.settings import DEFAULT_URLS, Settings
from vcloudair_core.util.clock import SYSTEM_CLOCK, Clock
from vcloudair_core.util.redaction import MaskedStr, Secret

if TYPE_CHECKING:
    from vcloudair_core.session.auth.codec import PortalVdc
    from vcloudair_core.session.auth.vchs import PortalSession, VdcLogin
    from vcloudair_core.transport.base import Transport
    from vcloudair_core.transport.messages import Request, Response

__all__ = ["OrgInfo", "VCAODSession", "VCASession", "session_for"]

_R = TypeVar("_R")


class _Portal:
    """Base class of the session classes. Holds the user, transport and open sessions."""

    transport: Transport | None
    """Transport that replaces the network, such as an in-process simulator.

    Set this attribute before the login.
    """

    clock: Clock
    """Clock that the sessions use to wait. Set this attribute before the login."""

    def __init__(self, version: str, username: str | None, password: str | None) -> None:
        self.version = check_pinned(str(version))
        self.username = username
        self.vcd_tokens: dict[str, OrgInfo] = {}
        self.vca_token: str | None = None
        self.transport = None
        self.clock = SYSTEM_CLOCK
        self._password: MaskedStr | None = None
        self._default_transport: Transport | None = None
        self.password = password

    @property
    def password(self) -> str | None:
        """The password, with a masked ``repr``."""
        return self._password

    @password.setter
    def password(self, value: str | Secret | None) -> None:
        text = value.reveal() if isinstance(value, Secret) else value
        self._password = None if text is None else MaskedStr(text)

    @property
    def _secret(self) -> Secret:
        return Secret(self._password or "")

    def _remember(self, username: str | None, password: str | None) -> None:
        self.username = username or self.username
        if password:
            self.password = password
        missing = [name for name, value in (("username", self.username), ("password", self._password)) if not value]
        if missing:
            raise ConfigurationError(
                f"Missing {' and '.join(missing)}.", hint="Pass username and password to the constructor or to login()."
            )

    def _settings(self, flavor: str, **more: str) -> Settings:
        values = {"service_type": flavor, "username": self.username, "password": self._secret}
        return Settings.load(values | {"api_version": self.version, "session_cache": False} | more)

    def _transport(self, settings: Settings) -> Transport:
        if self.transport is not None:
            return self.transport
        if self._default_transport is None:
            self._default_transport = new_transport(settings)
        return self._default_transport

    def _run(self, settings: Settings, flow: Generator[Request, Response, _R]) -> _R:
        pipeline = HttpPipeline(
            self._transport(settings),
            policy=RetryPolicy.of(settings),
            clock=self.clock,
            secrets=settings.secrets,
        )
        return pipeline.run(flow, allowed_origins=settings.allowed_origins or ())


class VCASession(_Portal):
    """Session of the vCloud Air subscription service, or of vCloud Director.

    To sign in to another portal, set ``login_url`` on the class or an instance.
    """

    login_url = DEFAULT_URLS["vchs"] + vchs.LOGIN_PATH

    def __init__(self, version: str = "5.6", username: str | None = None, password: str | None = None) -> None:
        super().__init__(version, username, password)
        self.headers: dict[str, str] = {}
        self.service_list_url: str | None = None
        self.vdc_list: dict[str, str] = {}
        self._portal_session: PortalSession | None = None
        self._vdcs: dict[str, PortalVdc] = {}

    def __getitem__(self, orgname: str) -> OrgInfo:
        """Return the login result of an org.

        Raises KeyError if the program did not sign in to the org.
        """
        return self.vcd_tokens[orgname.lower()]

    def __contains__(self, orgname: object) -> bool:
        return isinstance(orgname, str) and orgname.lower() in self.vcd_tokens

    @property
    def vdc_names(self) -> list[str]:
        """Lowercase names of the VDCs that :meth:`login_to_vdc` accepts.

        If two services have a VDC with the same name, each name is listed as ``service/name``.
        """
        return list(self._vdcs)

    @compatible_errors(ParseError)
    def login(
        self,
        username: str | None = None,
        password: str | None = None,
        orgname: str = "",
        vcd_url: str | None = None,
    ) -> OrgInfo | None:
        """Sign in to the portal and read its orgs.

        If ``orgname`` is set, also sign in to the org, and return the login result. If ``vcd_url`` is set, sign in to
        that vCloud Director without the portal.

        Raises: ConfigurationError, AuthenticationError, other ApiErrors, TransportError, DecodeError.
        """
        self._remember(username, password)
        if vcd_url:
            if not orgname:
                raise ConfigurationError("vCloud Director requires an org name to sign in.", hint="Pass orgname.")
            return self._login_directly(vcd_url, orgname)
        self._login_to_portal()
        return self.login_to_vdc(orgname) if orgname else None

    @compatible_errors(ParseError)
    def login_to_vdc(self, orgname: str) -> OrgInfo:
        """Sign in to an org with the portal token, and return the login result.

        Raises: ConfigurationError if ``orgname`` is not in :attr:`vdc_names`, and the errors of :meth:`login`.
        """
        vdc = self._vdcs.get(orgname.lower())
        if vdc is None:
            hint = f"Use one of these VDCs: {', '.join(self._vdcs)}." if self._vdcs else "Call login() first."
            raise ConfigurationError(f"VDC not found: {orgname!r}.", hint=hint)
        settings = self._settings("vchs", url=_base_of(self.login_url))
        login = self._run(settings, self._open(vdc))
        return self._add_session(orgname, login, vdc)

    # -- internal ------------------------------------------------------------------------------------------------

    def _login_to_portal(self) -> None:
        settings = self._settings("vchs", url=_base_of(self.login_url))
        portal = self._portal(settings)

        def flow() -> Generator[Request, Response, tuple[PortalSession, list[PortalVdc]]]:
            session = yield from portal.sign_in(str(self.username), self._secret)
            services = yield from portal.list_services(session)
            return session, (yield from portal.list_vdcs(session, services))

        self._portal_session, vdcs = self._run(settings, flow())
        self.vca_token = MaskedStr(self._portal_session.token.reveal())
        self.service_list_url = self._portal_session.services_url
        accept = f"application/xml;version={self.version}"
        self.headers |= {"Accept": accept, vchs.PORTAL_HEADER: self.vca_token}
        self._vdcs = _by_name(vdcs)
        self.vdc_list = {name: vdc.session_href for name, vdc in self._vdcs.items()}

    def _portal(self, settings: Settings) -> vchs.Portal:
        return vchs.Portal(self.login_url, self.version, settings.allowed_origins or ())

    def _open(self, vdc: PortalVdc) -> Generator[Request, Response, VdcLogin]:
        if self._portal_session is None:
            raise ConfigurationError("Not signed in to the portal.", hint="Call login() first.")
        settings = self._settings("vchs", url=_base_of(self.login_url))
        return (yield from self._portal(settings).open_vdc(self._portal_session, vdc))

    def _add_session(self, orgname: str, login: VdcLogin, vdc: PortalVdc) -> OrgInfo:
        settings = self._settings("vchs", url=login.base_url, vdc=vdc.name or orgname)
        session = Session(
            settings,
            self._transport(settings),
            PrimedAuth(self._vdc_credentials(login, vdc), _Reopened(self, vdc)),
            clock=self.clock,
        )
        info = OrgInfo(
            {
                "vcdurl": login.base_url,
                "token": login.token.reveal(),
                # vcloudair 0.5 has the ID of the VDC in this key. Source: protocol/sessions.md §5.
                "org_uuid": login.vdc_id,
                "auth-header": login.header,
                "version": self.version,
            },
            session,
        )
        self.vcd_tokens[orgname.lower()] = info
        return info

    def _vdc_credentials(self, login: VdcLogin, vdc: PortalVdc) -> Credentials:
        identity = Identity(
            "vchs",
            login.base_url,
            self.version,
            vdc_name=vdc.name,
            vdc_id=login.vdc_id,
            user=str(self.username),
            auth_header=login.header,
        )
        # Not owned by the session: the program has the token in org_info, and can still use it.
        return Credentials(identity, {login.header: login.token}, is_own=False)

    def _login_directly(self, vcd_url: str, orgname: str) -> OrgInfo:
        base_url = normalize_url(vcd_url)
        settings = self._settings("vchs", url=base_url, org=orgname)
        self.headers["Accept"] = f"application/*+xml;version={self.version}"
        flow = VcdAuth(settings, checks_version=False)  # vcloudair 0.5 does not request the versions
        credentials = self._run(settings, flow.sign_in())
        auth = PrimedAuth(_borrowed(credentials), flow)
        session = Session(settings, self._transport(settings), auth, clock=self.clock)
        info = OrgInfo(
            {
                "vcdurl": base_url,
                "token": next(iter(credentials.headers.values())).reveal().removeprefix("Bearer "),
                "org_uuid": _first_vdc_id(session, orgname),
                "auth-header": credentials.identity.auth_header,
                "version": self.version,
            },
            session,
        )
        self.vcd_tokens[orgname.lower()] = info
        return info


class _NoSuchInstanceError(ConfigurationError, IndexError):
    """Invalid instance index. Programs for vcloudair 0.5 expect an IndexError."""


class VCAODSession(_Portal):
    """Session of the vCloud Air On-Demand service.

    To sign in to another portal, set ``login_url`` on the class or an instance.
    """

    login_url = DEFAULT_URLS["vca"] + vca.LOGIN_PATH

    def __init__(self, version: str = "5.7", username: str | None = None, password: str | None = None) -> None:
        super().__init__(version, username, password)
        self.instances: list[dict[str, Any]] = []

    @compatible_errors(ValueError)
    def login(self, username: str | None = None, password: str | None = None) -> None:
        """Sign in, and set :attr:`instances` to the instances of vCloud Director.

        Raises: ConfigurationError, AuthenticationError, other ApiErrors, TransportError, DecodeError.
        """
        self._remember(username, password)
        settings = self._settings("vca", url=_base_of(self.login_url))
        portal = self._portal(settings)

        def flow() -> Generator[Request, Response, tuple[Secret, list[dict[str, Any]], dict[str, dict[str, Any]]]]:
            token = yield from portal.sign_in(str(self.username), self._secret)
            instances = yield from portal.list_instances(token)
            return token, instances, (yield from portal.list_plans(token))

        token, instances, plans = self._run(settings, flow())
        self.vca_token = MaskedStr(token.reveal())
        self.instances = [_named(entry, plans) for entry in instances if vca.session_attributes(entry)]

    def show_instance_list(self) -> None:
        """Print the instances and their indexes."""
        print(f"{'Index':5} {'Type':30} {'Region':20}")  # noqa: T201 - prints by design
        for index, instance in enumerate(self.instances):
            kind, region = instance.get("friendlyName") or "Unnamed", str(instance.get("region") or "").split(".")[0]
            print(f"{index!s:5} {kind:30} {region:20}")  # noqa: T201 - as above

    @compatible_errors(ParseError)
    def login_to_instance(self, idx: int) -> OrgInfo:
        """Sign in to the instance with this index, and return the login result.

        Raises: ConfigurationError for an invalid index, and the errors of :meth:`login`.
        """
        try:
            instance = self.instances[idx]
        except IndexError:
            last = len(self.instances) - 1
            hint = f"Use an index from 0 to {last}." if self.instances else "Call login() first."
            raise _NoSuchInstanceError(f"Instance not found: {idx}.", hint=hint) from None
        settings = self._settings("vca", url=_base_of(self.login_url), instance=str(instance.get("id") or idx))
        credentials = self._run(settings, self._open(instance))
        # Set the org, so that VCA_ORG does not make the session reject the selected instance.
        settings = settings.replace(org=credentials.identity.org_name or credentials.identity.org_id)
        auth = PrimedAuth(_borrowed(credentials), _Reopened(self, instance))
        session = Session(settings, self._transport(settings), auth, clock=self.clock)
        info = OrgInfo(
            {
                # With a trailing slash, as in vcloudair 0.5. Source: protocol/sessions.md §5.
                "vcdurl": f"{credentials.identity.base_url}/",
                "token": credentials.headers[TOKEN_HEADER].reveal(),
                "org_uuid": str(instance.get("id") or credentials.identity.org_id),
                "auth-header": TOKEN_HEADER,
                "version": self.version,
            },
            session,
        )
        self.vcd_tokens[info["org_uuid"]] = info
        return info

    # -- internal ------------------------------------------------------------------------------------------------

    def _portal(self, settings: Settings) -> vca.OnDemand:
        return vca.OnDemand(self.login_url, self.version, settings.allowed_origins or ())

    def _open(self, instance: Mapping[str, Any]) -> AuthFlow:
        settings = self._settings("vca", url=_base_of(self.login_url))
        base_url, session, token = yield from self._portal(settings).open_instance(
            instance, str(self.username), self._secret
        )
        return vca.instance_credentials(base_url, self.version, instance, session, token)


class _Reopened:
    """Auth provider that signs in again when the token of a VDC or instance expires."""

    is_renewable = True

    def __init__(self, portal: VCASession | VCAODSession, target: Any) -> None:
        self.name = "vchs" if isinstance(portal, VCASession) else "vca"
        self._portal = portal
        self._target = target

    def sign_in(self) -> AuthFlow:
        if isinstance(self._portal, VCASession):
            login = yield from self._portal._open(self._target)
            return self._portal._vdc_credentials(login, self._target)
        return (yield from self._portal._open(self._target))


def _borrowed(credentials: Credentials) -> Credentials:
    """Return a copy of ``credentials`` that a session does not revoke when it closes.

    Programs may use the token after the session is closed.
    """
    from dataclasses import replace

    return replace(credentials, is_own=False)


def _base_of(login_url: str) -> str:
    return normalize_url(login_url)


def _by_name(vdcs: list[PortalVdc]) -> dict[str, PortalVdc]:
    names = [vdc.name.lower() for vdc in vdcs]
    return {
        name if names.count(name) == 1 else f"{vdc.service_id}/{vdc.name}".lower(): vdc
        for name, vdc in zip(names, vdcs, strict=True)
    }


def _named(instance: dict[str, Any], plans: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return an instance, with ``friendlyName`` and ``planType`` added from its plan."""
    plan = plans.get(str(instance.get("planId") or ""), {})
    name = str(plan.get("name") or instance.get("name") or "Unnamed")
    return instance | {"friendlyName": name, "planType": str(plan.get("planType") or "NoType")}


def _first_vdc_id(session: Session, orgname: str) -> str:
    """Return the ID of the first VDC, which vcloudair 0.5 uses as ``org_uuid``.

    Source: protocol/sessions.md §4.3.
    """
    org_id = session.identity.org_id
    if not org_id:
        raise DecodeError(f"Signing in to org {orgname!r} failed. The response has no link to this org.")
    _, vdcs = session_codec.decode_org(session.call("GET", f"/api/org/{org_id}").body)
    if not vdcs:
        raise NotFoundError(f"No VDC found in org {orgname!r}.", hint="Check the rights of the user.")
    return session_codec.last_segment(vdcs[0][1])
