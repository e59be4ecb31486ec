"""Select the adapter of the DR API that a server has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcloudair_core.errors import SpecError

if TYPE_CHECKING:
    from vcloudair_core.services.dr.port import RecoveryProvider
    from vcloudair_core.session.session import Session
    from vcloudair_core.settings.settings import Settings


VR, VCDA = "vr", "vcda"
PROVIDERS = (VR, VCDA)


class _Adapters:
    """The adapters of a session by name.

    All services share the adapters, so they also share the VCDA session.
    """

    def __init__(self) -> None:
        self.by_name: dict[str, RecoveryProvider] = {}


def provider_of(session: Session, name: str = "") -> RecoveryProvider:
    """Return the adapter of a DR API for a session. No request is sent.

    Without a name, the setting ``dr_provider`` selects the API. Its default is VCDA if ``vcda_url`` is set, and
    otherwise DR 2.x.

    Raises: SpecError for an unknown name; ConfigurationError if ``vcda_url`` is missing or invalid.
    """
    chosen = name or provider_name(session.settings)
    adapters = session.state_of(_Adapters).by_name
    if chosen not in adapters:
        adapters[chosen] = _open(session, chosen)
    return adapters[chosen]


def provider_name(settings: Settings) -> str:
    """Return the name of the DR API that the settings select."""
    if settings.dr_provider in PROVIDERS:
        return settings.dr_provider
    return VCDA if settings.vcda_url else VR


def _open(session: Session, name: str) -> RecoveryProvider:
    if name == VCDA:
        from vcloudair_core.services.dr.vcda.vcda_provider import VcdaProvider

        return VcdaProvider(session)
    if name == VR:
        from vcloudair_core.services.dr.vr.vr_provider import VrProvider

        return VrProvider(session)
    raise SpecError("provider", f"{name!r} is not one of {', '.join(PROVIDERS)}")
