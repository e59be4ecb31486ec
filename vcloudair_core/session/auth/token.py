"""Auth flow with an existing session token.

The token is neither renewed nor cached.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vcloudair_core.errors import AuthenticationError
from vcloudair_core.session.auth import base as auth
from vcloudair_core.session.auth import codec as session_codec
from vcloudair_core.session.auth.base import AuthFlow
from vcloudair_core.session.auth.vcd import TOKEN_HEADER, bearer_credentials_of, credentials_of, negotiate
from vcloudair_core.session.urls import normalize_url
from vcloudair_core.session.versions import DEFAULT_VERSIONS

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

_JWT = re.compile(r"^eyJ[\w-]*\.[\w-]+\.[\w-]*$")


class TokenAuth:
    """Auth flow that checks the setting ``token`` with ``GET /api/session``.

    A JWT is sent in ``Authorization: Bearer``, and any other token is sent in ``x-vcloud-authorization``. For the
    service types vchs and vca, ``url`` must be the URL of the VDC's vCloud Director, not the URL of the portal. For
    On-Demand, this is ``https://region/api/compute``. Source: protocol/sessions.md §4.4.
    """

    name = "token"
    is_renewable = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def sign_in(self) -> AuthFlow:
        """Negotiate the version, and read the session."""
        flavor = self._settings.service_type
        base_url = normalize_url(self._settings.url or "")
        token = self._settings.required_secret("token").reveal().strip()
        token = re.sub(r"^Bearer\s+", "", token, flags=re.IGNORECASE)
        version = self._settings.api_version or DEFAULT_VERSIONS.get(flavor)
        if not version or self._settings.api_version:
            version = (yield from negotiate(self._settings, base_url)).version
        is_jwt = bool(_JWT.match(token))
        check = auth.request("GET", f"{base_url}/api/session", auth.xml(version))
        header, value = ("Authorization", f"Bearer {token}") if is_jwt else (TOKEN_HEADER, token)
        try:
            response = yield check.with_headers({header: value})
        except AuthenticationError as exc:
            raise AuthenticationError(
                f"{base_url} rejected the token. The token is invalid or has expired.",
                status=exc.status,
                request_id=exc.request_id,
                method=exc.method,
                path=exc.path,
                hint="Set a new token (VCA_TOKEN), or unset the token and set username and password.",
            ) from exc
        session = session_codec.decode_session(response.body)
        if is_jwt:
            return bearer_credentials_of(base_url, version, session, token, flavor=flavor, is_own=False)
        return credentials_of(base_url, version, session, token, flavor=flavor, is_own=False)
