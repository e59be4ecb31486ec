"""The base class of the stores of NSX-T edge gateways.

Source: protocol/nsxt.md §1, §2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from vcloudair_core.errors import UNKNOWN, ApiError, ConfigurationError, NotFoundError, VcloudAirError
from vcloudair_core.services.ans.edge.backend import NSXT, NSXT_SINCE, backend_in_version
from vcloudair_core.services.ans.edge.codec import parse_edges
from vcloudair_core.services.ans.edge.model import DISTRIBUTED_ONLY
from vcloudair_core.services.ans.nsxt.api import CloudApi, gateway_path
from vcloudair_core.services.ans.nsxt.helper_objects import HelperObjects
from vcloudair_core.services.ans.nsxt.open_writes import OpenWrites
from vcloudair_core.services.ans.nsxt.owner import ObjectOwner
from vcloudair_core.services.ans.nsxt.rule_store import CloudApiStore
from vcloudair_core.services.ans.section.json_values import mapping_of
from vcloudair_core.services.ans.section.store import DocumentCodec, Expectation, SectionStore
from vcloudair_core.session.versions import is_at_least

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.session.session import Session

_IDLE_TIMEOUT_S = 600.0
_IDLE_POLL_S = 1.0
PROVIDER_ORG = "system"
"""Name of the provider's org, in lower case."""


class NsxtStore(CloudApiStore, SectionStore):
    """The base class of stores for one section of an NSX-T edge gateway.

    Raises: ConfigurationError if the API version or the edge gateway does not support the section.
    """

    _missing_hint = "Check the name or UUID of the edge gateway, and the API version."
    backends: ClassVar[tuple[str, ...]] = (NSXT,)

    def __init__(
        self,
        session: Session,
        edge: Edge,
        section: str,
        codec: DocumentCodec,
        *,
        path: str = "",
        expect: Expectation | None = None,
    ) -> None:
        super().__init__(session, edge, section, codec, path=path, expect=expect)
        self.backend = backend_in_version(NSXT, session.identity.api_version)
        self.api = CloudApi(session, tenant_context(session, edge))
        self.objects = HelperObjects(session, self.api, ObjectOwner.of_edge(edge))
        self.open_writes = OpenWrites(session.settings, self.lock_key)
        self._refuse_edge()

    def _refuse_edge(self) -> None:
        version = self.api.version
        if not is_at_least(version, NSXT_SINCE):
            raise ConfigurationError(
                f"Opening the {self.section} section of {self.target} failed. It is an NSX-T edge gateway, but the API "
                f"version is {version}.",
                hint="Set api_version to {}.{} or newer.".format(*NSXT_SINCE),
            )
        if self.edge.deployment_mode == DISTRIBUTED_ONLY:
            raise ConfigurationError(
                f"Opening the {self.section} section of {self.target} failed. The edge gateway is distributed only and "
                "has no edge services.",
                hint="Use another edge gateway, or the distributed firewall of the VDC group "
                "(vca_distributed_firewall).",
            )

    # -- reading -------------------------------------------------------------------------------------------------

    def wait_until_idle(self) -> None:
        """Wait until no operation of the server holds the edge gateway.

        After a lost response, the change becomes visible only when its task ends. Source: protocol/nsxt.md §1.3.
        """
        urn = quote(f"urn:vcloud:gateway:{self.edge.edge_id}", safe="")
        deadline = self.clock.now() + _IDLE_TIMEOUT_S
        while self.clock.now() < deadline:
            response = self.session.call("GET", "/api/query", query=f"type=edgeGateway&format=records&filter=id=={urn}")
            records = [record for record in parse_edges(response.body).edges if record.edge_id == self.edge.edge_id]
            if not any(record.is_busy for record in records):
                return
            self.clock.sleep(_IDLE_POLL_S)

    def explained(self, exc: ApiError) -> NotFoundError:
        """Return the error to raise if the edge gateway or section does not exist."""
        return self._explained(exc)


class SingleWrites:
    """A sequence of writes, with a count of the successful writes.

    If a write fails after a successful write, the error has ``written`` set to True.
    """

    def __init__(self, api: CloudApi) -> None:
        self._api = api
        self._count = 0

    @property
    def has_written(self) -> bool:
        """True after a successful write."""
        return self._count > 0

    def write(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> None:
        """Send one write.

        Raises: the errors of :meth:`CloudApi.write`, with ``written`` set to True after an earlier successful write.
        """
        try:
            self._api.write(method, path, body)
        except VcloudAirError as exc:
            if self._count and exc.written != UNKNOWN:
                exc.written = True
            raise
        self._count += 1


def changed_records(
    before: Sequence[dict[str, Any]], records: Sequence[dict[str, Any]]
) -> tuple[list[str], list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the IDs of deleted records, the changed records, and the new records."""
    known = {str(record.get("id")): record for record in before}
    kept = {str(record.get("id")) for record in records if record.get("id")}
    deleted = [record_id for record_id in known if record_id not in kept]
    changed = [record for record in records if record.get("id") and known.get(str(record["id"])) != record]
    new = [record for record in records if not record.get("id")]
    return deleted, changed, new


def tenant_context(session: Session, edge: Edge) -> str:
    """Return the UUID of the org for which a provider session acts.

    The org is read from the edge gateway. For a tenant session, return an empty string and make no call. Source:
    protocol/nsxt.md §1.1, §2.
    """
    if session.identity.org_name.casefold() != PROVIDER_ORG:
        return ""
    gateway = CloudApi(session).get(gateway_path(edge.edge_id))
    return str(mapping_of(mapping_of(gateway).get("orgRef")).get("id") or "").rpartition(":")[2]
