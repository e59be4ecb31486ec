"""The URLs of both metrics APIs; nothing else here knows any. Source: protocol/metrics.md §A.2, §B.1, §B.2."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vcloudair_core.session.session import Session
    from vcloudair_core.transport.messages import Response

_SPEC = "application/vnd.vmware.vcloud.metrics.{}UsageSpec+xml"


def post_window(session: Session, scope: str, identifier: str, body: Mapping[str, Any], cursor: str) -> bytes:
    """One page of vCloud Air's metrics. ``scope``: ``vm`` or ``vdc``. Asking twice does no harm.

    The service lives at the root of the host, beside ``/api``. Raises: ApiError, TransportError.
    """
    parts = urlsplit(session.identity.base_url)
    place = f"vApp/vm-{quote(identifier, safe='')}" if scope == "vm" else f"vdc/{quote(identifier, safe='')}"
    answer = session.call(
        "POST",
        f"{parts.scheme}://{parts.netloc}/hybridity/api/metrics/{place}",
        query=[("next", cursor)] if cursor else (),
        accept="application/json",
        content_type="application/json",
        body=json.dumps(dict(body)).encode(),
        repeatable=True,
    )
    return answer.body


def post_historic(session: Session, identifier: str, spec: bytes) -> bytes:
    """Return series of one VM, from vCloud Director. Raises: ApiError, TransportError."""
    return _post(session, identifier, "historic", spec).body


def post_current(session: Session, identifier: str, spec: bytes) -> tuple[bytes, datetime]:
    """Return values of one VM and their time, by the server's clock, as the document has none. Raises as above."""
    answer = _post(session, identifier, "current", spec)
    try:
        moment = parsedate_to_datetime(answer.headers.get("Date", ""))
    except (ValueError, TypeError):
        moment = datetime.now(timezone.utc)
    return answer.body, moment.astimezone(timezone.utc)


def _post(session: Session, identifier: str, kind: str, spec: bytes) -> Response:
    path = f"/api/vApp/vm-{quote(identifier, safe='')}/metrics/{kind}"
    return session.call("POST", path, content_type=_SPEC.format(kind), body=spec, repeatable=True)
