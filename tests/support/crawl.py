"""Follow the links of a simulated vCloud Director."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from tests.support.simulated import Caller
from vcloudair_core.transport.messages import Response

LONG_DOCUMENTS = 3


def crawl(caller: Caller) -> Iterator[tuple[str, Response]]:
    """Yield URL and response of each document that links or queries lead to.

    Actions and the entity resolver are left out. Only the history of three VMs is read, because a history has a
    thousand samples.
    """
    waiting, seen, histories = [f"{caller.root}/api/session", f"{caller.root}/api/query"], set(), 0
    while waiting:
        address = waiting.pop()
        if address in seen or address.endswith("/api/entity/") or "/action/" in address:
            continue
        seen.add(address)
        if address.endswith("/network") or "/cloudapi" in address:
            continue  # The roots of other APIs, and documents in JSON.
        if address.endswith("/metrics/historic"):
            histories += 1
            if histories > LONG_DOCUMENTS:
                continue
        response = caller.get(address)
        yield address, response
        root = etree.fromstring(response.body)
        waiting += [str(node.get("href")) for node in root.iter("*") if node.get("href")]
