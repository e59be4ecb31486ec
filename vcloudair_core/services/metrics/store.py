"""Send requests to both metrics APIs.

Source: protocol/metrics.md §A.2, §B.1, §B.2.
"""

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
    """Return the response body of a page from the vCloud Air metrics API.

    ``scope`` is ``vm`` or ``vdc``. The request changes nothing, so it can be sent again.

    The path of this API is at the root of the host, not under ``/api``. Raises: ApiError, TransportError.
    """
    parts = urlsplit(session.identity.base_url)
    target = f"vApp/vm-{quote(identifier, safe='')}" if scope == "vm" else f"vdc/{quote(identifier, safe='')}"
    response = session.call(
        "POST",
        f"{parts.scheme}://{parts.netloc}/hybridity/api/metrics/{target}",
        query=[("next", cursor)] if cursor else (),
        accept="application/json",
        content_type="application/json",
        body=json.dumps(dict(body)).encode(),
        repeatable=True,
    )
    return response.body


def post_historic(session: Session, identifier: str, spec: bytes) -> bytes:
    """Return historical values of a VM from vCloud Director.

    Raises: ApiError, TransportError.
    """
    return _post(session, identifier, "historic", spec).body


def post_current(session: Session, identifier: str, spec: bytes) -> tuple[bytes, datetime]:
    """Return the current values of a VM from vCloud Director, and the server time.

    The time is from the header ``Date``.

    Raises: ApiError, TransportError.
    """
    response = _post(session, identifier, "current", spec)
    try:
        moment = parsedate_to_datetime(response.headers.get("Date", ""))
    except (ValueError, TypeError):
        moment = datetime.now(timezone.utc)
    return response.body, moment.astimezone(timezone.utc)


def _post(session: Session, identifier: str, kind: str, spec: bytes) -> Response:
    path = f"/api/vApp/vm-{quote(identifier, safe='')}/metrics/{kind}"
    return session.call("POST", path, content_type=_SPEC.format(kind), body=spec, repeatable=True)
