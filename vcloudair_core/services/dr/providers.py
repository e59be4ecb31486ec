"""Select the adapter of the DR API that a server has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcloudair_core.services.dr.vr.vr_provider import VrProvider

if TYPE_CHECKING:
    from vcloudair_core.services.dr.port import RecoveryProvider
    from vcloudair_core.session.session import Session


def provider_of(session: Session) -> RecoveryProvider:
    """Return the adapter of the DR API for a session. No request is sent."""
    return VrProvider(session)
