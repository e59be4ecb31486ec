"""Every fault that can be ordered, with what happens: the table of the documentation, and what is checked."""

from __future__ import annotations

IN_PLACE = {
    "status": "an error with `status` (500), `code`, `message`, and Retry-After if `retry_after` is given",
    "busy": "400 with `BUSY_ENTITY`; `form`: `entity`, `network`, or `task`, which names a task that is over at the "
    "second look",
    "throttle": "429 with Retry-After: `retry_after`, or 1; with `none` there is no Retry-After",
    "unauthorized": "401, as when a session is over",
    "quote": "an error with `status` whose message quotes what was sent, tokens and all",
    "html": "an HTML page with `status`",
    "redirect": "302 to `location`",
    "redirect_loop": "302 to where the request went",
    "refused": "no connection can be made (in the process only; over sockets, stop the server)",
    "reset": "the connection breaks before anything was done",
    "hang": "nothing is done and no answer comes until the client gives up",
}
"""In place of the call: nothing is done."""

BEFORE = {
    "latency": "it is done, and answered, `seconds` later",
    "clock": "the server's clock jumps by `seconds` first, so that sessions may be over",
    "edit": "somebody else changes something first (`edit=function`, in the process only)",
}
"""Something else first, then the call as ever."""

BROKEN_OFF = {
    "reset_after": "it was done, and then the connection breaks",
    "late": "no answer comes; it is done `seconds` later, whether the client waits, has given up or is gone",
    "hang_after": "it was done, and no answer comes until the client gives up",
    "half_body": "it was done; half of the answer arrives",
    "wrong_length": "it was done; all of the answer arrives, and its length promised more",
    "drip": "it was done; the answer arrives byte by byte, each after `seconds` (1)",
}
"""It is done, and the answer does not arrive."""

SPOILT = {
    "gateway": "a gateway forwards it, then answers with an HTML page, `status` (503) and Retry-After (`retry_after`, "
    "or 1; `none`: without); with `seconds` it is done that much later",
    "truncated": "the right answer, cut in half, with a length that fits",
    "bad_xml": "what is no XML",
    "bad_json": "what is no JSON",
    "bad_content_type": "the right answer as `application/octet-stream`",
    "empty": "the right status and no body",
    "other_document": "well-formed XML or JSON of which nobody has heard",
    "deep": "XML or JSON that is nested 100,000 deep",
    "huge": "the right answer with 12 million characters in it that nobody needs",
    "entity_bomb": "XML whose entities would become gigabytes",
    "wrong_date": "the right answer, whose Date is `seconds` off",
    "links_abroad": "the right answer, whose links lead to `location`",
    "endless_pages": "pages of which each says that another follows",
    "repeated_pages": "the page before once more",
    "growing_total": "pages of which each says that there are 1,000 more",
}
"""It is done, and answered with something else."""

KINDS = {**IN_PLACE, **BEFORE, **BROKEN_OFF, **SPOILT}
"""Name to what happens."""
