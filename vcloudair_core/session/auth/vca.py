"""Auth flow for vCloud Air On-Demand.

Source: protocol/sessions.md §3.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import (
    AuthenticationError,
    ConfigurationError,
    PermissionDeniedError,
)
from vcloudair_core.session.auth import base as auth
from vcloudair_core.session.auth import codec as session_codec
from vcloudair_core.session.auth.base import AuthFlow, Credentials
from vcloudair_core.session.auth.codec import VcdSession
from vcloudair_core.session.auth.vcd import TOKEN_HEADER, credentials_of
from vcloudair_core.session.origins import Origins
from vcloudair_core.session.urls import base_url_of, normalize_url
from vcloudair_core.session.versions import DEFAULT_VERSIONS, check_pinned
from vcloudair_core.transport.messages import Request, Response
from vcloudair_core.util.redaction import Secret

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

LOGIN_PATH = "/api/iam/login"
IAM_HEADER = "vchs-authorization"

_CHECK = "Check username and password (VCA_USERNAME, VCA_PASSWORD)."


class OnDemand:
    """Request flows of the On-Demand portal.

    ``login_url`` is the URL of the portal's identity service.
    """

    def __init__(self, login_url: str, version: str, allowed_origins: Iterable[str] = ()) -> None:
        self.login_url = login_url
        self.version = version
        self.base_url = normalize_url(login_url)
        self.origins = Origins(login_url, allowed_origins)

    def sign_in(self, username: str, password: Secret | str) -> Generator[Request, Response, Secret]:
        """Return an identity token for a user.

        The token expires after 15 minutes and cannot be revoked.
        """
        login = auth.request("POST", self.login_url, self._accept, Authorization=auth.basic(username, password))
        try:
            response = yield login
        except AuthenticationError as exc:
            raise auth.refused(exc, username, self.login_url, hint=_CHECK) from exc
        except PermissionDeniedError as exc:
            hint = f"Sign in to the portal once to accept the terms of service. {_CHECK}"
            raise auth.refused(exc, username, self.login_url, hint=hint) from exc
        return Secret(auth.header_of(response, IAM_HEADER, "Signing in to On-Demand"))

    def list_instances(self, token: Secret) -> Generator[Request, Response, list[dict[str, Any]]]:
        """Return the instances of all services, with decoded ``instanceAttributes``."""
        response = yield self._request("/api/sc/instances", token)
        return session_codec.decode_instances(response.body)

    def list_plans(self, token: Secret) -> Generator[Request, Response, dict[str, dict[str, Any]]]:
        """Return all plans by ID."""
        response = yield self._request("/api/sc/plans", token)
        return session_codec.decode_plans(response.body)

    def open_instance(
        self, instance: Mapping[str, Any], username: str, password: Secret | str
    ) -> Generator[Request, Response, tuple[str, VcdSession, str]]:
        """Sign in to an instance with one request.

        Return the base URL, the session and the token.
        """
        attributes = session_attributes(instance)
        if attributes is None:
            raise ConfigurationError(
                f"Signing in to instance {instance.get('name', '')!r} failed. It is not a compute service."
            )
        session_url, org = attributes
        who = f"{username}@{org}" if org else username
        login = auth.request(
            "POST",
            self.origins.admit(session_url),
            auth.xml(self.version),
            Authorization=auth.basic(who, password),
        )
        try:
            response = yield login
        except AuthenticationError as exc:
            hint = f"Check that the user belongs to this instance. {_CHECK}"
            raise auth.refused(exc, who, session_url, hint=hint) from exc
        token = auth.header_of(response, TOKEN_HEADER, "Signing in to the instance")
        return normalize_url(session_url), session_codec.decode_session(response.body), token

    @property
    def _accept(self) -> str:
        return f"application/json;version={self.version}"

    def _request(self, path: str, token: Secret) -> Request:
        return auth.request("GET", self.base_url + path, self._accept, Authorization=f"Bearer {token.reveal()}")


class VcaAuth:
    """Auth flow of On-Demand: get an identity token, select an instance, and sign in."""

    name = "vca"
    is_renewable = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def sign_in(self) -> AuthFlow:
        """Sign in to the instance selected by the settings. See :func:`choose_instance`."""
        settings = self._settings
        version = check_pinned(settings.api_version) if settings.api_version else DEFAULT_VERSIONS["vca"]
        portal = OnDemand(base_url_of(settings) + LOGIN_PATH, version, settings.allowed_origins or ())
        username, password = str(settings.username), settings.required_secret("password")
        token = yield from portal.sign_in(username, password)
        instances = yield from portal.list_instances(token)
        instance = choose_instance(instances, settings)
        base_url, session, vcd_token = yield from portal.open_instance(instance, username, password)
        return instance_credentials(base_url, version, instance, session, vcd_token)


def instance_credentials(
    base_url: str, version: str, instance: Mapping[str, Any], session: VcdSession, token: str
) -> Credentials:
    """Return the credentials of an instance.

    The instance ID is also the org ID, and the setting ``org`` accepts it as the org name.
    Source: protocol/sessions.md §3.2.
    """
    credentials = credentials_of(base_url, version, session, token, flavor="vca")
    instance_id = str(instance.get("id") or "")
    identity = replace(credentials.identity, org_id=credentials.identity.org_id or instance_id)
    attributes = session_attributes(instance)
    names = (session.org, instance_id, attributes[1] if attributes else "")
    return replace(credentials, identity=identity, org_names=tuple(dict.fromkeys(name for name in names if name)))


def session_attributes(instance: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the session URL and org name of a compute instance.

    Return None for an instance of another service.
    """
    attributes = instance.get("instanceAttributes")
    if not isinstance(attributes, Mapping):
        return None
    session_url = attributes.get("sessionUri")
    if not isinstance(session_url, str) or not session_url:
        return None
    org = attributes.get("orgName")
    return session_url, org if isinstance(org, str) else ""


def choose_instance(instances: Sequence[Mapping[str, Any]], settings: Settings) -> Mapping[str, Any]:
    """Return the compute instance selected by the settings.

    The setting ``instance`` is compared with the IDs, then with the names, and then with the regions (full name or
    first label). The first comparison with a match decides. If no comparison matches, the setting is used as an index
    into the compute instances. If ``instance`` is not set, the setting ``org`` selects the instance. If neither is
    set, the user must have exactly one instance.

    Raises: ConfigurationError with the candidates if not exactly one instance matches.
    """
    usable = [entry for entry in instances if session_attributes(entry) is not None]
    fitting: Sequence[Mapping[str, Any]] = usable
    asked = ""
    if settings.instance:
        asked = f" instance {settings.instance!r}"
        fitting = _by_instance(usable, str(settings.instance))
    elif settings.org:
        asked = f" org {settings.org!r}"
        fitting = [entry for entry in usable if _is_of_org(entry, str(settings.org))]
    if len(fitting) == 1:
        return fitting[0]
    offered = "; ".join(shown_instance(entry) for entry in (fitting or usable)) or "none"
    if not fitting:
        what = f"No compute instance matches{asked}" if asked else "This user does not have a compute instance"
        raise ConfigurationError(f"{what}. Available instances: {offered}.", hint="Set instance (VCA_INSTANCE).")
    what = f"{len(fitting)} instances match{asked}" if asked else f"This user has {len(fitting)} instances"
    raise ConfigurationError(f"{what}: {offered}.", hint="Set instance (VCA_INSTANCE) to the ID of one of them.")


def shown_instance(instance: Mapping[str, Any]) -> str:
    """Return name, ID and region of an instance for display."""
    name, region = str(instance.get("name") or "unnamed"), str(instance.get("region") or "")
    return f"{name} ({instance.get('id', '')}{', ' + region.split('.')[0] if region else ''})"


def _by_instance(usable: Sequence[Mapping[str, Any]], name_or_id: str) -> Sequence[Mapping[str, Any]]:
    for names in (
        lambda entry: (entry.get("id"),),
        lambda entry: (entry.get("name"),),
        lambda entry: (entry.get("region"), str(entry.get("region") or "").split(".")[0]),
    ):
        matching = [entry for entry in usable if any(auth.equal(name_or_id, name) for name in names(entry) if name)]
        if matching:
            return matching
    if name_or_id.isdigit() and int(name_or_id) < len(usable):
        return [usable[int(name_or_id)]]
    return []


def _is_of_org(instance: Mapping[str, Any], org: str) -> bool:
    attributes = session_attributes(instance)
    return auth.equal(org, instance.get("id", "")) or (attributes is not None and auth.equal(org, attributes[1]))
