"""Request bodies that extend a VCDA session to another site.

Source: protocol/vcda.md §2.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings


def has_peer_login(settings: Settings) -> bool:
    """Return True if the settings have credentials of another site."""
    return bool(settings.vcda_peer_token or settings.vcda_peer_user or settings.vcda_peer_org)


def peer_logins(settings: Settings, site: str) -> Iterator[dict[str, str]]:
    """Yield the request bodies to try for extending a session to a site.

    The field names differ between versions, so a server can reject the first body. Yield nothing if the settings have
    no credentials of the other site.
    """
    if settings.vcda_peer_token:
        token = settings.required_secret("vcda_peer_token").reveal()
        yield {"type": "vcdAccessToken", "site": site, "vcdAccessToken": token}
    elif settings.vcda_peer_user:
        password = settings.required_secret("vcda_peer_password").reveal()
        for user_key in ("vcdUsername", "vcdUser"):
            yield {"type": "credentials", "site": site, user_key: settings.vcda_peer_user, "vcdPassword": password}
    elif settings.vcda_peer_org:
        yield {"type": "multisite", "site": site, "org": settings.vcda_peer_org}
