"""Kinds of faults with their effects, for validation and documentation."""

from __future__ import annotations

INSTEAD = {
    "status": "an error with `status` (default 500), `code` and `message`; with Retry-After if `retry_after` is set",
    "busy": "400 with `BUSY_ENTITY`; `form` selects the message: `entity`, `network`, or `task` (the message names a "
    "task that ends at the second poll)",
    "throttle": "429 with Retry-After (`retry_after`, default 1); `none` omits Retry-After",
    "unauthorized": "401, as for a session that has ended",
    "quote": "an error with `status`; its message quotes the request, including tokens",
    "html": "an HTML page with `status`",
    "redirect": "302 to `location`",
    "redirect_loop": "302 to the URL of the request",
    "refused": "the connection is refused; only for clients in process (over sockets, stop the server)",
    "reset": "the connection breaks before the request is carried out",
    "hang": "the request is not carried out, and no response is sent",
}
"""Faults that replace the response. The request is not carried out."""

BEFORE = {
    "latency": "the server waits `seconds` before it carries out the request",
    "clock": "the server's clock jumps by `seconds`, then the request is carried out",
    "edit": "another user makes the change `edit` (in Python also a function), then the request is carried out",
}
"""Faults that act before the request, which is then carried out as usual."""

NO_RESPONSE = {
    "reset_after": "the request is carried out, then the connection breaks",
    "late": "no response is sent; the request is carried out after `seconds`, even if the client has given up",
    "hang_after": "the request is carried out, and no response is sent",
    "half_body": "the request is carried out; half of the response arrives",
    "wrong_length": "the request is carried out; the response is shorter than its Content-Length",
    "drip": "the request is carried out; the response arrives byte by byte, with a pause of `seconds` (default 1)",
}
"""Faults that lose all or part of the response. The request is carried out."""

DAMAGED = {
    "gateway": "a gateway forwards the request, then returns an HTML page with `status` (default 503) and Retry-After "
    "(`retry_after`, default 1; `none` omits it); the request is carried out after `seconds` (default 0)",
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
    "endless_pages": "pages that all have a next page, even the last one",
    "repeated_pages": "for every page of a list, the page that was requested first",
    "growing_total": "pages whose total grows by 1,000 with every request",
}
"""Faults that damage the response. The request is carried out."""

KINDS = {**INSTEAD, **BEFORE, **NO_RESPONSE, **DAMAGED}
"""Effect of each kind of fault, for the documentation."""
