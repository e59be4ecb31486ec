"""Plugin of the service ``metrics``. The service itself is imported at first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcloudair_core.plugin.hooks import hookimpl
from vcloudair_core.plugin.records import ServiceRecord

if TYPE_CHECKING:
    from vcloudair_core.services.metrics.service import MetricsService
    from vcloudair_core.session.session import Session

vcloudair_api_version = 1


def _service(session: Session) -> MetricsService:
    from vcloudair_core.services.metrics.service import MetricsService

    return MetricsService(session)


@hookimpl
def vca_services() -> list[ServiceRecord]:
    """Return the service ``metrics``."""
    return [ServiceRecord("metrics", "Current and historical metrics of VMs", _service)]
