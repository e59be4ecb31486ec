"""Check recovered services with HTTP requests."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vcloudair_core.errors import VcloudAirError
from vcloudair_core.transport.messages import Headers, Request

if TYPE_CHECKING:
    from vcloudair_core.recovery.plan.model import HttpCheck
    from vcloudair_core.settings.settings import Settings

_EXCERPT = 300


def check_url(check: HttpCheck, settings: Settings, timeout_s: float) -> tuple[str, str, str]:
    """Send the request of a check and return (verdict, reason, hint).

    The check uses its own connection, sends no token and follows no redirects.
    """
    from vcloudair_core.transport.requests_transport import RequestsTransport

    if urlsplit(check.url).scheme not in ("http", "https"):
        return "failed", f"{check.url!r} is not an http:// or https:// URL", ""
    chosen = settings if check.validate_certs else settings.replace(validate_certs=False)
    transport = RequestsTransport(chosen)
    request = Request("GET", check.url, Headers({"Accept": "*/*"}), timeout_s=(min(10.0, timeout_s), timeout_s))
    try:
        response = transport.send(request)
    except VcloudAirError as exc:
        return "failed", exc.message, exc.hint
    finally:
        transport.close()
    if response.status not in check.statuses:
        expected = " or ".join(map(str, check.statuses))
        return "failed", f"GET {check.url} returned status {response.status}, not {expected}", ""
    if check.contains and check.contains.encode() not in response.body:
        excerpt = response.body[:_EXCERPT].decode("utf-8", "replace")
        return "failed", f"the response of GET {check.url} does not contain {check.contains!r}: {excerpt!r}", ""
    return "succeeded", "", ""
