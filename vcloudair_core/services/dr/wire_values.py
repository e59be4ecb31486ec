"""Convert values that several DR APIs return: links and times."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from vcloudair_core.transport.messages import Response


def seconds_since_1970(text: str) -> float | None:
    """Return an ISO 8601 time with an offset as seconds since 1970.

    Return None for other text.
    """
    try:
        time = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return time.timestamp() if time.tzinfo else None


def server_time_of(response: Response) -> float | None:
    """Return the time of a response by the server's clock, or None.

    The time is in seconds since 1970.
    """
    try:
        return parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def path_of(href: str) -> str:
    """Return the path of a link. Links to a task can differ in their port.

    Source: protocol/tasks.md §1.
    """
    return urlsplit(href).path.rstrip("/")
