"""Kinds of faults and their effects, for the documentation and for validation."""

from __future__ import annotations

INSTEAD = {
    "status": "an error with `status` (500), `code`, `message`, and Retry-After if `retry_after` is given",
    "busy": "400 with `BUSY_ENTITY`; `form`: `entity`, `network`, or `task`, which names a task that has ended at the "
    "second poll",
    "throttle": "429 with Retry-After: `retry_after`, or 1; with `none` there is no Retry-After",
    "unauthorized": "401, as when a session has ended",
    "quote": "an error with `status` whose message quotes the request, tokens included",
    "html": "an HTML page with `status`",
    "redirect": "302 to `location`",
    "redirect_loop": "302 to the URL of the request",
    "refused": "the connection is refused (in Python only; over sockets, stop the server)",
    "reset": "the connection breaks before the request is carried out",
    "hang": "the request is not carried out, and no response is sent",
}
"""Faults that replace the response. The request is not carried out."""

BEFORE = {
    "latency": "the request is carried out, and the response is sent `seconds` later",
    "clock": "the server's clock jumps by `seconds` first, so that sessions can end",
    "edit": "another user makes a change first (`edit`; in Python also `edit=function`)",
}
"""Faults that act before or after the request, which is carried out as usual."""

NO_RESPONSE = {
    "reset_after": "the request is carried out, then the connection breaks",
    "late": "no response is sent; the request is carried out `seconds` later, even if the client has given up",
    "hang_after": "the request is carried out, and no response is sent",
    "half_body": "the request is carried out; half of the response arrives",
    "wrong_length": "the request is carried out; the response is shorter than its Content-Length",
    "drip": "the request is carried out; the response arrives byte by byte, each after `seconds` (1)",
}
"""Faults that lose the response. The request is carried out."""

DAMAGED = {
    "gateway": "a gateway forwards the request, then returns an HTML page with `status` (503) and Retry-After "
    "(`retry_after`, or 1; `none`: without); with `seconds`, the request is carried out that much later",
    "truncated": "the correct response, cut in half, with a matching length",
    "bad_xml": "a response that is not XML",
    "bad_json": "a response that is not JSON",
    "bad_content_type": "the correct response as `application/octet-stream`",
    "empty": "the correct status without a body",
    "other_document": "well-formed XML or JSON of an unknown type",
    "deep": "XML or JSON with 100,000 nested levels",
    "huge": "the correct response with 12 million additional characters",
    "entity_bomb": "XML whose entities expand to gigabytes",
    "wrong_date": "the correct response with a Date that is off by `seconds`",
    "links_abroad": "the correct response with links to `location`",
    "endless_pages": "pages that each announce another one",
    "repeated_pages": "the previous page again",
    "growing_total": "pages whose total grows by 1,000 each time",
}
"""Faults that modify the response. The request is carried out."""

KINDS = {**INSTEAD, **BEFORE, **NO_RESPONSE, **DAMAGED}
"""Effect of each kind of fault."""
