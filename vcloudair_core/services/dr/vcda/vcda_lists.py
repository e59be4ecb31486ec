"""Read lists of VCDA: sites, replications and tasks.

Source: protocol/vcda.md §2, §3, §5.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import AuthenticationError, VcloudAirError
from vcloudair_core.services.dr.vcda.codec import VcdaSite, items_with_id, parse_page, parse_sites, reference_of
from vcloudair_core.services.dr.vcda.peer_login import has_peer_login
from vcloudair_core.services.dr.vm_store import incomplete_list

if TYPE_CHECKING:
    from vcloudair_core.services.dr.vcda.vcda_replication import VcdaReference
    from vcloudair_core.services.dr.vcda.vcda_session import VcdaSession

_log = logging.getLogger(__name__)

_LIMIT = 100
_MAX_PAGES = 1000
_RESOURCES = "replication,vmReplication,vappReplication"


def read_sites(vcda: VcdaSession) -> list[VcdaSite]:
    """Return the sites. Raises: ApiError, TransportError, DecodeError."""
    return parse_sites(vcda.call("GET", "/sites").body)


def read_references(vcda: VcdaSession, local_site: str, *, vdc_id: str = "") -> Iterator[VcdaReference]:
    """Yield references of the replications to this site and from this site.

    If ``vdc_id`` is set, yield only replications into this VDC.

    Raises: IncompleteResultError, ApiError, TransportError, DecodeError.
    """
    query = {"destinationVdcId": vdc_id} if vdc_id else {}
    seen: set[str] = set()
    trees = [
        *read_all(vcda, "/vm-replications", query, "replications"),
        *([] if vdc_id else _outgoing(vcda, local_site)),
    ]
    for identifier, tree in trees:
        if identifier not in seen:
            seen.add(identifier)
            yield reference_of(tree, vcda.base_url, local_site)


def _outgoing(vcda: VcdaSession, local_site: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the replications that run from this site to another site.

    A replication is listed at its destination, so each other site is read. A site that cannot be read is skipped,
    because it must not prevent a failover.
    """
    if not local_site or not has_peer_login(vcda.settings):
        return []
    trees: list[tuple[str, dict[str, Any]]] = []
    for site in read_sites(vcda):
        if site.is_local:
            continue
        try:
            trees += read_all(vcda, "/vm-replications", {"sourceSite": local_site}, "replications", site.name)
        except AuthenticationError:
            raise
        except VcloudAirError as exc:
            _log.warning("Reading the replications to site %s failed. %s", site.name, exc.message)
    return trees


def read_tasks(vcda: VcdaSession, query: Mapping[str, str], site: str = "") -> list[dict[str, Any]]:
    """Return the tasks of replications that match a query.

    ``site`` is the other site to query, or an empty string for this site.

    Raises: IncompleteResultError, ApiError, TransportError, DecodeError.
    """
    return [tree for _, tree in read_all(vcda, "/tasks", {"resourceType": _RESOURCES, **query}, "tasks", site)]


def read_all(
    vcda: VcdaSession, path: str, query: Mapping[str, str], what: str, site: str = ""
) -> list[tuple[str, dict[str, Any]]]:
    """Return the entries of all pages of a list, as pairs of ID and object.

    If the server sends no total, the list ends at the first page without new entries. Raises: IncompleteResultError,
    ApiError, TransportError, DecodeError.
    """
    trees: dict[str, dict[str, Any]] = {}
    offset = 0
    for _ in range(_MAX_PAGES):
        parameters = {**query, "offset": str(offset), "limit": str(_LIMIT)}
        page = parse_page(vcda.call("GET", path, query=parameters, site=site).body, f"the list of {what}")
        known = len(trees)
        trees.update(items_with_id(page))
        offset += len(page.items)
        is_last = offset >= page.total if page.total is not None else len(trees) == known
        if is_last:
            return list(trees.items())
        if not page.items:
            break
    raise incomplete_list(what, page.total, len(trees))
