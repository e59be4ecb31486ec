"""Mutations of bytes, words and tree nodes of valid documents.

The caller passes a function that makes the choices: a random number generator, Hypothesis, or a coverage-guided fuzzer.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from lxml import etree

Choose = Callable[[int], int]
"""A function that returns a number from 0 to n - 1."""

NASTY: tuple[str, ...] = (
    "", " ", "0", "-1", "--5", "007", "1e999", "-1e999", "1.5", "9" * 30, "9" * 5_000, "NaN", "Infinity", "null",
    "true", "yes", "\u00b2", "\u0663", "\uff11", "\u0130", "..", "../../etc/passwd", "%2e%2e", "%00", "a" * 3_000,
    "\x00", "\x1b]0;x\x07", "\x9b31m", "\u202e", "\ufeff", "\ud800", "{{ 7*7 }}", "=cmd()", "'\"<>&", "\r\nX: y",
    "http://[", "https://a@b/", "//evil.example/", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999+23:59",
    "2026-02-30T00:00:00", "P1D", "10.0.0.0/99", "1.2.3.4-1.2.3.1", "::ffff:1.2.3.4", "65536", "0-70000", "any", "*",
)  # fmt: skip
_NASTY_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, float("inf"), float("nan"), 10**40, [], {}, [[]], [None], {"": None}, "",
    *NASTY,
)  # fmt: skip
_PIECES: tuple[bytes, ...] = (
    b"<", b">", b"</a>", b"<a/>", b"&", b"&#0;", b"&x;", b"<!DOCTYPE a>", b"<![CDATA[", b"]]>", b"<!--", b"<?x?>",
    b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\ud800", b"\xff", b"\xef\xbb\xbf", b"\x00", b"\n", b"\t",
    b"- ", b"&a ", b"*a", b"!!int ", b"<<: ", b"{" * 300, b"[" * 2_000, b"<a>" * 400,
)  # fmt: skip
_WORD = re.compile(rb"[A-Za-z0-9_.:+-]+")
_XML_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST_BYTES = 30_000


def mutated(body: bytes, choose: Choose, others: Sequence[bytes] = ()) -> bytes:
    """Apply one to four mutations to a document.

    Mutations can insert parts of ``others``.
    """
    for _ in range(1 + choose(4)):
        change = _CHANGES[choose(len(_CHANGES))]
        body = change(body, choose, others)[:_MOST_BYTES]
    return body


# -- bytes ---------------------------------------------------------------------------------------------------------


def _position(body: bytes, choose: Choose) -> tuple[int, int]:
    start = choose(len(body) + 1)
    return start, min(len(body), start + 1 + choose(40))


def _drop(body: bytes, choose: Choose, others: Sequence[bytes]) -> bytes:
    start, end = _position(body, choose)
    return body[:start] + body[end:]


def _duplicate(body: bytes, choose: Choose, others: Sequence[bytes]) -> bytes:
    start, end = _position(body, choose)
    return body[:end] + body[start:end] * (1 + choose(3)) + body[end:]


def _cut(body: bytes, choose: Choose, others: Sequence[bytes]) -> bytes:
    return body[: choose(len(body) + 1)]


def _insert(body: bytes, choose: Choose, others: Sequence[bytes]) -> bytes:
    start, _ = _position(body, choose)
    return body[:start] + _PIECES[choose(len(_PIECES))] + body[start:]


def _flip(body: bytes, choose: Choose, others: Sequence[bytes]) -> bytes:
    start = choose(len(body) + 1)
    return body[:start] + bytes([choose(256)]) + body[start + 1 :]


def _replace_word(body: bytes, choose: Choose, others: Sequence[bytes]) -> bytes:
    """Replace a word of the document."""
    matches = list(_WORD.finditer(body))
    if not matches:
        return body
    word = matches[choose(len(matches))]
    nasty = NASTY[choose(len(NASTY))].encode("utf-8", "surrogatepass")
    return body[: word.start()] + nasty + body[word.end() :]


def _splice(body: bytes, choose: Choose, others: Sequence[bytes]) -> bytes:
    if not others:
        return body
    donor = others[choose(len(others))]
    start, _ = _position(body, choose)
    begin, _ = _position(donor, choose)
    return body[:start] + donor[begin:]


# -- trees ---------------------------------------------------------------------------------------------------------


def _mutate_node(body: bytes, choose: Choose, others: Sequence[bytes]) -> bytes:
    """Replace, delete or duplicate a node of XML, JSON or JSON lines."""
    if body.lstrip()[:1] == b"<":
        return _mutate_xml_node(body, choose)
    lines = body.split(b"\n")
    line_number = choose(len(lines)) if len(lines) > 1 and lines[0][:1] == b"{" and lines[0][-1:] == b"}" else None
    try:
        tree = json.loads(body if line_number is None else lines[line_number])
    except (ValueError, RecursionError):
        return body
    bent = json.dumps(_mutated_tree(tree, choose)).encode()
    return bent if line_number is None else b"\n".join([*lines[:line_number], bent, *lines[line_number + 1 :]])


def _mutated_tree(tree: Any, choose: Choose) -> Any:
    inner = list(tree.items()) if isinstance(tree, dict) else list(enumerate(tree)) if isinstance(tree, list) else []
    if not inner or choose(6) == 0:
        return copy.copy(_NASTY_VALUES[choose(len(_NASTY_VALUES))])
    key, value = inner[choose(len(inner))]
    action = choose(8)
    made = copy.copy(tree)
    if action == 0:
        del made[key]
    elif action == 1 and isinstance(made, list):
        made.append(value)
    elif action == 1:
        made[NASTY[choose(len(NASTY))]] = value
    else:
        made[key] = _mutated_tree(value, choose)
    return made


def _mutate_xml_node(body: bytes, choose: Choose) -> bytes:
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        return body
    nodes = [node for node in root.iter() if isinstance(node.tag, str)]
    node = nodes[choose(len(nodes))]
    nasty = _XML_ILLEGAL.sub("?", NASTY[choose(len(NASTY))])
    names = list(node.attrib)
    above, action = node.getparent(), choose(6)
    if action == 0 and above is not None:
        above.remove(node)
    elif action == 1 and above is not None:
        above.append(copy.deepcopy(node))
    elif action == 2 and names:
        node.set(names[choose(len(names))], nasty)
    elif action == 3 and names:
        del node.attrib[names[choose(len(names))]]
    elif action == 4:
        node.append(copy.deepcopy(nodes[choose(len(nodes))]))
    else:
        node.text = nasty
    return etree.tostring(root)


_CHANGES = (
    _drop,
    _duplicate,
    _cut,
    _insert,
    _flip,
    _replace_word,
    _replace_word,
    _splice,
    _mutate_node,
    _mutate_node,
    _mutate_node,
    _mutate_node,
)
