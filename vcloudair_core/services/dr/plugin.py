"""Plugin of the service ``dr``. The service itself is imported at first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcloudair_core.plugin.hooks import hookimpl
from vcloudair_core.plugin.records import ServiceRecord

if TYPE_CHECKING:
    from vcloudair_core.services.dr.service import RecoveryService
    from vcloudair_core.session.session import Session

vcloudair_api_version = 1


def _service(session: Session) -> RecoveryService:
    from vcloudair_core.services.dr.service import RecoveryService

    return RecoveryService(session)


@hookimpl
def vca_services() -> list[ServiceRecord]:
    """Return the service ``dr``."""
    return [ServiceRecord("dr", "Disaster recovery: replications, tests, failovers", _service)]
