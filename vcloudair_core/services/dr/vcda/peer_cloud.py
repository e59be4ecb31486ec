"""Session at the VMware Cloud Director of the other site.

After a failback, the VM is at the other site. This session checks it there. It signs in with the settings of the other
VCDA site. Source: protocol/vcda.md §7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcloudair_core.errors import AuthenticationError, ConfigurationError
from vcloudair_core.session.auth.token import TokenAuth
from vcloudair_core.session.auth.vcd import VcdAuth
from vcloudair_core.session.session import Session

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings


class PeerCloud:
    """The VMware Cloud Director of the other site. Creating it sends no request.

    ``session`` is the session at this site, whose transport and clock are used. The session at the other site ends
    when ``session`` is closed.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._peer: Session | None = None

    @property
    def is_known(self) -> bool:
        """True if the settings have the address of the other site, and credentials for it."""
        settings = self._session.settings
        return bool(settings.vcda_peer_vcd_url and (settings.vcda_peer_user or settings.is_set("vcda_peer_token")))

    def session(self) -> Session:
        """Return the session at the other site, and sign in before the first use.

        Raises: ConfigurationError if the sign-in is rejected or settings are missing; ApiError, TransportError,
            DecodeError. A rejected sign-in does not raise AuthenticationError, because the session at this site
            continues.
        """
        if self._peer is None:
            settings = peer_settings(self._session.settings)
            auth = TokenAuth(settings) if settings.is_set("token") else VcdAuth(settings)
            peer = Session(settings, self._session.transport, auth, clock=self._session.clock)
            try:
                peer.login()
            except AuthenticationError as exc:
                raise ConfigurationError(
                    f"Signing in to the VMware Cloud Director of the other site failed. {exc.message}",
                    hint="Check vcda_peer_vcd_url, vcda_peer_user and vcda_peer_password, or vcda_peer_token.",
                ) from exc
            self._session.learn(*settings.secrets())
            self._session.at_close(peer.close)
            self._peer = peer
        return self._peer


def peer_settings(settings: Settings) -> Settings:
    """Return the settings of a session at the other site.

    Raises: ConfigurationError if ``vcda_peer_user`` has no org.
    """
    own = ("username", "password", "org", "vdc", "token", "api_token", "api_token_file", "saml_token", "auth_method")
    peer = settings.reset(*own, "api_version", "ca_path", "edge")
    common = {"service_type": "vcd", "url": settings.vcda_peer_vcd_url, "ca_path": settings.vcda_peer_vcd_ca_path}
    if settings.is_set("vcda_peer_token"):
        return peer.replace(**common, token=settings.required_secret("vcda_peer_token"))
    user, _, org = (settings.vcda_peer_user or "").rpartition("@")
    if not user:
        raise ConfigurationError(
            f"Invalid value of setting 'vcda_peer_user': {settings.vcda_peer_user!r}. The value has no org.",
            hint="Set vcda_peer_user to a value such as ops@acme.",
        )
    return peer.replace(**common, username=user, org=org, password=settings.required_secret("vcda_peer_password"))
