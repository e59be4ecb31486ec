"""Signing in with an API token (VMware Cloud Director 10.3.1 or newer). Source: api/vcd-modern.md §1.4, §1.5."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from vcloudair_core.errors import ApiError, AuthenticationError, InvalidRequestError, NotFoundError
from vcloudair_core.http import Headers, Request
from vcloudair_core.session import auth, session_codec
from vcloudair_core.session.auth import Flow
from vcloudair_core.session.auth_vcd import bearer_grant_of, negotiate
from vcloudair_core.session.clock import SYSTEM_CLOCK, Clock
from vcloudair_core.session.urls import normalise_url
from vcloudair_core.session.versions import is_at_least

if TYPE_CHECKING:
    from vcloudair_core.config import Settings

_log = logging.getLogger(__name__)

_SOONER_S = 60.0
_API_TOKENS_SINCE = (36, 1)


class ApiTokenAuth:
    """An API token is exchanged for a JWT, which is then used like that of a password login."""

    name = "api_token"
    is_renewable = True

    def __init__(self, settings: Settings, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._settings = settings
        self._clock = clock

    def sign_in(self) -> Flow:
        """Versions, the exchange, and one look at the session for org, user and roles."""
        base_url = normalise_url(self._settings.url)
        version = (yield from negotiate(self._settings, base_url)).version
        try:
            response = yield self._exchange(base_url, version)
        except (AuthenticationError, InvalidRequestError, NotFoundError) as exc:
            raise self._refused(exc, base_url, version) from exc
        token, lives_s, is_replaced = session_codec.decode_access_token(response.body)
        if is_replaced:
            _log.warning(
                "The server replaced the API token with this sign-in, as it does for service accounts; the one in the "
                "settings is used up. Use an API token of a user."
            )
        expires_at = None if lives_s is None else self._clock.wall() + max(0.0, lives_s - _SOONER_S)
        current = auth.request(
            "GET",
            f"{base_url}/cloudapi/1.0.0/sessions/current",
            f"application/json;version={version}",
            Authorization=f"Bearer {token}",
        )
        found = session_codec.decode_cloudapi_session((yield current).body)
        return bearer_grant_of(base_url, version, found, token, expires_at=expires_at)

    def _exchange(self, base_url: str, version: str) -> Request:
        org = str(self._settings.org)
        place = "provider" if auth.equal(org, "System") else f"tenant/{quote(org, safe='')}"
        form = {"grant_type": "refresh_token", "refresh_token": self._settings.api_token.reveal().strip()}
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

    def _refused(self, exc: ApiError, base_url: str, version: str) -> AuthenticationError:
        if not is_at_least(version, _API_TOKENS_SINCE):
            hint = f"API tokens exist from API 36.1 on; this server speaks {version}. Use username and password."
        else:
            hint = "Check api_token (VCA_API_TOKEN): is it revoked, or of another org than org (VCA_ORG)?"
        return auth.refused(exc, f"the owner of the API token in org {self._settings.org}", base_url, hint=hint)
