"""Auth flows with an API token, for VMware Cloud Director 10.3.1 or newer.

Source: protocol/vcd-modern.md §1.4, §1.5.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from vcloudair_core.errors import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
)
from vcloudair_core.session.auth import base as auth
from vcloudair_core.session.auth import codec as session_codec
from vcloudair_core.session.auth.api_token_file import TokenFile, find_replacement, rescue
from vcloudair_core.session.auth.base import AuthFlow
from vcloudair_core.session.auth.vcd import bearer_credentials_of, negotiate
from vcloudair_core.session.urls import normalize_url
from vcloudair_core.session.versions import is_at_least
from vcloudair_core.transport.messages import Headers, Request, Response
from vcloudair_core.util.clock import SYSTEM_CLOCK, Clock
from vcloudair_core.util.redaction import Secret

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

_SOONER_S = 60.0
_API_TOKENS_SINCE = (36, 1)
_Answer = tuple[str, float | None, str]

Exchanging = Generator[Request, Response, tuple[str, float | None]]
"""A flow that returns an access token and its lifetime in seconds."""


class ApiTokenAuth:
    """Auth flow that exchanges the setting ``api_token`` for a JWT.

    The setting must not be the API token of a service account, because servers replace such a token at each sign-in.
    If the server returns a new API token, the new token is saved in the state folder, and the sign-in fails with an
    error that names the file.
    """

    name = "api_token"
    is_renewable = True

    def __init__(self, settings: Settings, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._settings = settings
        self._clock = clock

    def sign_in(self) -> AuthFlow:
        """Negotiate the version, exchange the token, and read the session."""
        base_url = normalize_url(self._settings.url or "")
        version = (yield from negotiate(self._settings, base_url)).version
        token, lives_s = yield from self._exchanged(base_url, version)
        expires_at = None if lives_s is None else self._clock.wall() + max(0.0, lives_s - _SOONER_S)
        current = auth.request(
            "GET",
            f"{base_url}/cloudapi/1.0.0/sessions/current",
            f"application/json;version={version}",
            Authorization=f"Bearer {token}",
        )
        session = session_codec.decode_cloudapi_session((yield current).body)
        return bearer_credentials_of(base_url, version, session, token, expires_at=expires_at)

    def _exchanged(self, base_url: str, version: str) -> Exchanging:
        old = Secret(self._settings.required_secret("api_token").reveal().strip())
        token, lives_s, new = yield from self._exchange(base_url, version, old)
        if not new or new == old.reveal():
            return token, lives_s
        path = rescue(Secret(new), old, self._settings)
        raise ConfigurationError(
            f"The server replaced the API token, as it does for service accounts. api_token is no longer valid. The "
            f"new token is in {path}.",
            hint=f"Set api_token_file (VCA_API_TOKEN_FILE) to {path} or to a copy of this file, and unset api_token.",
        )

    def _exchange(self, base_url: str, version: str, old: Secret) -> Generator[Request, Response, _Answer]:
        """Return the access token, its lifetime in seconds, and the new API token."""
        try:
            response = yield self._request(base_url, version, old)
        except (AuthenticationError, InvalidRequestError, NotFoundError) as exc:
            raise self._refused(exc, base_url, version, old) from exc
        return session_codec.decode_access_token(response.body)

    def _request(self, base_url: str, version: str, token: Secret) -> Request:
        org = str(self._settings.org)
        place = "provider" if auth.equal(org, "System") else f"tenant/{quote(org, safe='')}"
        form = {"grant_type": "refresh_token", "refresh_token": token.reveal()}
        return Request(
            "POST",
            f"{base_url}/oauth/{place}/token",
            Headers(
                {
                    "Accept": f"application/json;version={version}",
                    "Content-Type": "application/x-www-form-urlencoded",
                }
            ),
            urlencode(form).encode("ascii"),
        )

    def _refused(self, exc: ApiError, base_url: str, version: str, old: Secret) -> AuthenticationError:
        if not is_at_least(version, _API_TOKENS_SINCE):
            hint = f"Use username and password. API tokens need API version 36.1; this server uses {version}."
        else:
            hint = self._where_to_look(old)
        return auth.refused(exc, f"the owner of the API token in org {self._settings.org}", base_url, hint=hint)

    def _where_to_look(self, old: Secret) -> str:
        path = find_replacement(old, self._settings)
        if path is not None:
            return f"Set api_token_file to {path}, and unset api_token. The token was replaced at an earlier sign-in."
        return (
            "Check api_token (VCA_API_TOKEN). The token may be revoked, or belong to an org other than the setting org "
            "(VCA_ORG)."
        )


class ApiTokenFileAuth(ApiTokenAuth):
    """Auth flow that exchanges the API token in ``api_token_file`` for a JWT.

    The file stays locked during the exchange. If the server returns a new API token, the new token is written to the
    file.
    """

    name = "api_token_file"

    def __init__(self, settings: Settings, *, clock: Clock = SYSTEM_CLOCK) -> None:
        super().__init__(settings, clock=clock)
        self._file = TokenFile(settings.api_token_file or "", settings)

    def _exchanged(self, base_url: str, version: str) -> Exchanging:
        with self._file.held() as held:
            token, lives_s, new = yield from self._exchange(base_url, version, held.secret)
            if new and new != held.secret.reveal():
                held.replace(Secret(new))
        return token, lives_s

    def _where_to_look(self, old: Secret) -> str:
        path = find_replacement(old, self._settings)
        if path is not None:
            return (
                f"Copy {path} to the file of api_token_file. The token in that file was replaced at an earlier sign-in."
            )
        return (
            "Check the file of api_token_file (VCA_API_TOKEN_FILE). Its token may be revoked, belong to another org, "
            "or have been used by a program with a copy of the file."
        )
