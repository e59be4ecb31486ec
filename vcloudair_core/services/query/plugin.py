"""Plugin of the service ``query`` and its record types.

The service itself is imported at first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcloudair_core.plugin.hooks import hookimpl
from vcloudair_core.plugin.records import RecordType, ServiceRecord

if TYPE_CHECKING:
    from vcloudair_core.services.query.service import QueryService
    from vcloudair_core.session.session import Session

vcloudair_api_version = 1


def _service(session: Session) -> QueryService:
    from vcloudair_core.services.query.service import QueryService

    return QueryService(session)


@hookimpl
def vca_services() -> list[ServiceRecord]:
    """Return the service ``query``."""
    return [ServiceRecord("query", "Queries: VMs, networks, catalogs, tasks and other objects", _service)]


@hookimpl
def vca_record_types() -> list[RecordType]:
    """Return the record types of the API."""
    from vcloudair_core.services.query.record_types import built_in_types

    return list(built_in_types().values())
