"""Session of VMware Cloud Director Availability (VCDA).

The client opens it with the token of a session of VMware Cloud Director. The token of the VCDA session is secret, and
is only sent to the origin of ``vcda_url``.

Source: protocol/vcda.md §1, §2.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from vcloudair_core.errors import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    DecodeError,
    InvalidRequestError,
    TlsError,
)
from vcloudair_core.services.dr.vcda.peer_login import peer_logins
from vcloudair_core.session.origins import Origins
from vcloudair_core.session.urls import join, normalize_url
from vcloudair_core.transport.messages import Headers, Request, Response, origin_of
from vcloudair_core.util.redaction import Secret

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

AUTH_HEADER = "X-VCAV-Auth"
REMOTE_REFUSED = "RemoteAuthenticationFailure"
"""Error code for a session that is not extended to the other site."""

_VERSION = re.compile(r"\d{1,2}(?:\.\d{1,2})?\Z")
_PEER_HINT = (
    "Set vcda_peer_user and vcda_peer_password, vcda_peer_token, or vcda_peer_org, and check that the other site is up."
)
_CA_HINT = (
    "Get the issuer's certificate from the operator over a trusted channel, and set vcda_ca_path (VCA_VCDA_CA_PATH) to "
    "the file."
)


class ExactOrigin(Origins):
    """A single origin to which a token can be sent.

    Other hosts of its domain are not trusted.
    """

    def is_trusted(self, url: str) -> bool:
        """Return True if a URL has exactly the origin of the issuer."""
        return super().is_trusted(url) and origin_of(url) == self._issuer_origin


class VcdaSession:
    """A thread-safe session at the VCDA of one site.

    The session signs in before its first request, and again if the server reports that the session has ended. A request
    to the other site first extends the session to that site.
    """

    def __init__(self, session: Session) -> None:
        settings = session.settings
        if not settings.vcda_url:
            raise ConfigurationError(
                "The address of VMware Cloud Director Availability is not set.", hint="Set vcda_url (VCA_VCDA_URL)."
            )
        self._session = session
        self.settings = settings
        self.base_url = normalize_url(settings.vcda_url)
        self._origins = ExactOrigin(self.base_url)
        self._accept = accept_header(settings.vcda_version)
        self._lock = threading.RLock()
        self._token: Secret | None = None
        self._extended: set[str] = set()

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        site: str = "",
        peer: str = "",
        body: Any = None,
        operation_id: str = "",
        once: bool = False,
    ) -> Response:
        """Send a request and return its 2xx response.

        Args:
            method: The HTTP method.
            path: The path, such as ``/vm-replications``.
            query: The query parameters.
            site: The other site that carries out the request, or an empty string for the site of ``vcda_url``.
            peer: The other site that the request needs, or an empty string.
            body: The JSON value of the body, or None for no body.
            operation_id: The ID that the task of the request carries.
            once: True if the request must never be executed twice.

        Raises: ApiError, TransportError; AuthenticationError if the sign-in fails, or if the session had ended before a
            request with ``once``.
        """
        needed = site or peer
        if needed:
            self.extend(needed)
        parameters = {**(query or {}), **({"site": site} if site else {})}
        for attempt in (1, 2):
            token = self._signed_in()
            try:
                return self._send(method, path, parameters, body, token, operation_id=operation_id, once=once)
            except AuthenticationError as exc:
                if exc.code == REMOTE_REFUSED:
                    if attempt == 2 or not needed:
                        raise _peer_error(needed, exc) from exc
                    self._forget(token, needed)
                    self.extend(needed)
                    continue
                self._forget(token)
                if attempt == 2 or once:
                    # The next call signs in again. The caller decides about sending this request again.
                    raise
        raise AssertionError("unreachable")

    def extend(self, site: str) -> None:
        """Extend the session to another site, unless it is already extended.

        Raises: ApiError, TransportError. An error of the other site is not an AuthenticationError, because signing in
        again does not help.
        """
        with self._lock:
            token = self._signed_in()
            if site in self._extended:
                return
            refused: ApiError | None = None
            for login in peer_logins(self.settings, site):
                try:
                    self._send("POST", "/sessions/extend", {}, login, token)
                except InvalidRequestError as exc:
                    refused = exc  # servers differ in the names of the fields
                except AuthenticationError as exc:
                    if exc.code != REMOTE_REFUSED:
                        self._forget(token)
                        raise
                    raise _peer_error(site, exc) from exc
                else:
                    self._extended.add(site)
                    return
            raise _peer_error(site, refused)

    # -- one request ---------------------------------------------------------------------------------------------

    def _send(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str],
        body: Any,
        token: Secret | None,
        *,
        operation_id: str = "",
        once: bool = False,
    ) -> Response:
        url = join(self.base_url, path)
        if parameters:
            url += f"?{urlencode(dict(parameters), quote_via=quote, safe='')}"
        headers = {"Accept": self._accept}
        data = b""
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        if operation_id:
            headers["operationID"] = operation_id
        if token is not None:
            headers[AUTH_HEADER] = token.reveal()
        is_repeatable = not once and (method == "GET" or path.startswith("/sessions"))
        request = Request(method, url, Headers(headers), data)
        try:
            return self._session.send(request, self._origins, repeatable=is_repeatable, once=once).answer()
        except TlsError as exc:
            exc.hint = exc.hint and _CA_HINT
            raise

    # -- signing in ----------------------------------------------------------------------------------------------

    def _signed_in(self) -> Secret:
        with self._lock:
            if self._token is None:
                self._token = self._sign_in()
                self._extended.clear()
            return self._token

    def _sign_in(self) -> Secret:
        """Sign in with the token of the session of VMware Cloud Director.

        If the token has expired, sign in to VMware Cloud Director again, and try once more.
        """
        try:
            response = self._log_in()
        except AuthenticationError:
            if not self._session.is_renewable:
                raise
            self._session.login()
            response = self._log_in()
        token = response.headers.get(AUTH_HEADER, "")
        if not token:
            raise DecodeError(
                f"Signing in to {self.base_url} failed. The response has no header {AUTH_HEADER}.",
                hint="Check that vcda_url is the address of VMware Cloud Director Availability.",
            )
        secret = Secret(token)
        self._session.learn(secret)
        return secret

    def _log_in(self) -> Response:
        try:
            return self._send("POST", "/sessions", {}, self._login_body(), None)
        except AuthenticationError as exc:
            exc.hint = "Check that vcda_url belongs to the same cloud as url, and that your user may use it."
            raise

    def _login_body(self) -> dict[str, str]:
        headers = self._session.token_headers
        bearer = next((secret for name, secret in headers.items() if name.lower() == "authorization"), None)
        if bearer is not None:
            token = re.sub(r"^Bearer\s+", "", bearer.reveal(), flags=re.IGNORECASE)
            org = self._session.identity.org_name
            return {"type": "vcdAccessToken", "vcdAccessToken": token, **({"context": org} if org else {})}
        return {"type": "vcdCookie", "vcdCookie": next(iter(headers.values())).reveal()}

    def _forget(self, token: Secret, site: str = "") -> None:
        """Forget a session that has ended, or its extension to a site."""
        with self._lock:
            if site:
                self._extended.discard(site)
            elif self._token is token:
                self._token = None


def accept_header(version: str | None) -> str:
    """Return the Accept header for a version, or for the newest version.

    Source: protocol/vcda.md §1.

    Raises ConfigurationError for an invalid version.
    """
    if not version:
        return "application/json"
    if not _VERSION.match(version):
        raise ConfigurationError(
            f"Invalid value of setting 'vcda_version': {version!r}.", hint="Set a version such as 4.7, or unset it."
        )
    return f"application/vnd.vmware.h4-v{version}+json;charset=UTF-8"


def _peer_error(site: str, cause: ApiError | None) -> ApiError:
    """Return the error for a session that cannot be extended to a site."""
    reason = f"{cause.message.rstrip('.')}." if cause is not None else "The credentials of that site are not set."
    where = f"site {site!r}" if site else "the other site"
    return ApiError(
        f"Extending the session to {where} failed. {reason}",
        status=cause.status if cause is not None else 0,
        code=REMOTE_REFUSED,
        request_id=cause.request_id if cause is not None else "",
        hint=_PEER_HINT,
    )
