"""Sessions of the subscription portal, the On-Demand portal and vCloud Director.

Each of the three has its own tokens and lifetimes.
"""

from __future__ import annotations

import base64
import re
import secrets
import uuid
from dataclasses import dataclass

from vcloudair_core.simulator.config import SimulatorConfig
from vcloudair_core.simulator.state.access_tokens import make_access_token
from vcloudair_core.simulator.virtual_clock import VirtualClock
from vcloudair_core.transport.messages import Request


@dataclass
class Login:
    """A session.

    A request extends the session by ``idle_s`` seconds. If ``idle_s`` is 0, the session ends at ``expires`` (seconds
    since 1970). ``home_org`` is the org in which the user signed in. ``org`` is the org in which requests act. ``org``
    differs from ``home_org`` if a provider's session acts in a tenant.
    """

    user: str
    org: str
    expires: float
    idle_s: float = 0.0
    session_id: str = ""
    home_org: str = ""
    is_from_api_token: bool = False
    """True if the session was opened with an API token.

    Such a session cannot create or revoke API tokens. Source: protocol/vcd-modern.md §1.4.
    """


def basic(request: Request) -> tuple[str, str] | None:
    """Return the user name and password of a Basic Authorization header, or None."""
    header = request.headers.get("Authorization", "")
    if not header.lower().startswith("basic "):
        return None
    try:
        name, colon, password = base64.b64decode(header[6:], validate=True).decode().partition(":")
    except ValueError:
        return None
    return (name, password) if colon else None


class Sessions:
    """All sessions of the two portals and of vCloud Director, by token.

    Source of the lifetimes: protocol/sessions.md §1.
    """

    def __init__(self, config: SimulatorConfig, clock: VirtualClock) -> None:
        self._config, self._clock = config, clock
        self._vcd: dict[str, Login] = {}
        self._portal: dict[str, Login] = {}
        self._iam: dict[str, Login] = {}

    def open_vcd(self, user: str, org: str) -> str:
        """Open a vCloud Director session with an idle timeout, and return its token.

        The token has 32 hexadecimal digits, as on servers since 2016. Source: protocol/recorded-responses.md §2.
        """
        token = secrets.token_hex(16)
        idle = self._config.vcd_idle_s
        self._vcd[token] = Login(user, org, self._clock.now() + idle, idle, str(uuid.uuid4()), org)
        return token

    def open_bearer(self, user: str, org: str, *, lives_s: float = 0.0, is_from_api_token: bool = False) -> str:
        """Open a vCloud Director session, and return its bearer token.

        The session ends after ``lives_s`` seconds. If ``lives_s`` is 0, the session has an idle timeout, as after a
        sign-in with a password.
        """
        idle = 0.0 if lives_s else self._config.vcd_idle_s
        expires = self._clock.now() + (lives_s or idle)
        token = make_access_token(user, f"{uuid.uuid4()}@{org}", expires)
        self._vcd[token] = Login(user, org, expires, idle, str(uuid.uuid4()), org, is_from_api_token)
        return token

    def find_vcd(self, token: str) -> Login | None:
        """Return the vCloud Director session of ``token``, or None if it has ended."""
        return self._alive(self._vcd, token)

    def vcd_logins(self) -> list[Login]:
        """Return the vCloud Director sessions that have not ended."""
        return [login for login in self._vcd.values() if self._is_alive(login)]

    def open_portal(self, user: str, org: str) -> str:
        """Open a subscription portal session, and return its token."""
        token = secrets.token_hex(20)
        self._portal[token] = Login(user, org, self._clock.now() + self._config.vchs_ttl_s)
        return token

    def open_iam(self, user: str, org: str) -> str:
        """Open an On-Demand portal session with a fixed lifetime, and return its token.

        The token consists of three parts that are separated by dots, like a JWT.
        """
        token = ".".join(secrets.token_urlsafe(24) for _ in range(3))
        self._iam[token] = Login(user, org, self._clock.now() + self._config.iam_ttl_s)
        return token

    def vcd_user(self, request: Request) -> Login | None:
        """Return the vCloud Director session of a request, or None."""
        return self.find_vcd(self.vcd_token(request))

    def vcd_token(self, request: Request) -> str:
        """Return the vCloud Director token from the headers or cookies of a request.

        If the request has no token, return an empty string. Source: protocol/vcd-modern.md §1.3,
        protocol/recorded-responses.md §2.
        """
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and bearer.strip():
            return bearer.strip()
        for name in ("X-VMWARE-VCLOUD-ACCESS-TOKEN", "x-vcloud-authorization"):
            if request.headers.get(name, ""):
                return request.headers[name]
        names = {"vcloud_session_id", "vcloud-token", self._config.cookie_name}
        pattern = rf"(?:^|[;\s])(?:{'|'.join(map(re.escape, names))})=([^;\s]+)"
        match = re.search(pattern, request.headers.get("Cookie", ""))
        return match.group(1) if match else ""

    def portal_user(self, request: Request) -> Login | None:
        """Return the subscription portal session of a request, or None."""
        return self._alive(self._portal, request.headers.get("x-vchs-authorization", ""))

    def iam_user(self, request: Request) -> Login | None:
        """Return the On-Demand portal session of a request, or None."""
        header = request.headers.get("Authorization", "")
        return self._alive(self._iam, header[7:] if header.startswith("Bearer ") else "")

    def close_vcd(self, token: str) -> None:
        """End the vCloud Director session of ``token``."""
        self._vcd.pop(token, None)

    def close_session(self, session_id: str) -> None:
        """End the vCloud Director session whose ID is ``session_id``."""
        self._vcd = {token: login for token, login in self._vcd.items() if login.session_id != session_id}

    def close_portal(self, token: str) -> None:
        """End the subscription portal session of ``token``."""
        self._portal.pop(token, None)

    def expire_all(self) -> None:
        """End all sessions of the portals and of vCloud Director."""
        self._vcd.clear()
        self._portal.clear()
        self._iam.clear()

    def _is_alive(self, login: Login) -> bool:
        return login.expires >= self._clock.now()

    def _alive(self, logins: dict[str, Login], token: str) -> Login | None:
        login = logins.get(token) if token else None
        if login is None or not self._is_alive(login):
            logins.pop(token, None)
            return None
        if login.idle_s:
            login.expires = self._clock.now() + login.idle_s
        return login
