"""Sessions of VMware Cloud Director Availability at one site.

Source: protocol/vcda.md §2.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.simulator.state.entities import PROVIDER_ORG

EVERYONE, ADMINISTRATORS = "EVERYONE", "ADMINISTRATORS"


@dataclass
class SimulatedVcdaSession:
    """A session of a user.

    ``sites`` maps each authenticated site to the org of the session at this site. Each request resets the expiration
    time.
    """

    name: str
    org: str
    expires: float
    sites: dict[str, str] = field(default_factory=dict)

    @property
    def user(self) -> str:
        """Return the user in the format ``name@org``."""
        return f"{self.name}@{self.org}"

    @property
    def is_provider(self) -> bool:
        """Return True for a session of the provider, which can read all replications."""
        return self.org == PROVIDER_ORG

    @property
    def roles(self) -> list[str]:
        """Return the roles of the session. Source: protocol/vcda.md §2."""
        return [EVERYONE, *([ADMINISTRATORS] if self.is_provider else [])]

    def document(self) -> dict[str, Any]:
        """Return the JSON object of the session."""
        sites = [{"site": site, "org": org} for site, org in self.sites.items()]
        return {"user": self.user, "roles": self.roles, "authenticatedSites": sites}


class VcdaSessions:
    """The sessions at one site, by token."""

    def __init__(self, simulator: Any) -> None:
        self._simulator = simulator
        self._sessions: dict[str, SimulatedVcdaSession] = {}

    def open(self, name: str, org: str, site: str) -> tuple[str, SimulatedVcdaSession]:
        """Open a session at a site. Return the token and the session."""
        token = str(uuid.uuid4())
        session = SimulatedVcdaSession(name, org, self._expiry(), {site: org})
        self._sessions[token] = session
        return token, session

    def find(self, token: str) -> SimulatedVcdaSession | None:
        """Return the session with a token, or None if it has ended.

        The expiration time of the session is reset.
        """
        session = self._sessions.get(token)
        if session is None or session.expires < self._simulator.clock.now():
            self._sessions.pop(token, None)
            return None
        session.expires = self._expiry()
        return session

    def close(self, token: str) -> None:
        """End the session of a token."""
        self._sessions.pop(token, None)

    def expire_all(self) -> None:
        """End all sessions."""
        self._sessions.clear()

    def _expiry(self) -> float:
        return float(self._simulator.clock.now() + self._simulator.config.vcda_idle_s)
