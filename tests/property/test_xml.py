"""Property tests: any response body parses as XML or raises DecodeError."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcloudair_core.errors import DecodeError
from vcloudair_core.util.xml import EXCERPT_LENGTH, excerpt_of, html_title, local, parse, parse_json, to_bytes

BILLION_LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + b"".join(
        b'<!ENTITY lol%d "%s">' % (n, b"&lol%s;" % (b"" if n == 1 else str(n - 1).encode()) * 10) for n in range(1, 12)
    )
    + b"]><lolz>&lol11;</lolz>"
)


@given(st.binary(max_size=400))
def test_any_bytes_parse_or_raise_a_decode_error(body: bytes) -> None:
    for read in (parse, parse_json):
        try:
            read(body, what="the document")
        except DecodeError as exc:
            assert "the document" in str(exc).lower()
            assert len(exc.excerpt) <= EXCERPT_LENGTH


@given(
    st.sampled_from([b"<", b"<a", b"<?xml", b"<!--", b"<!DOCTYPE", b"<![CDATA[", b"&", b"\xff\xfe<", b"{", b"["]),
    st.binary(),
)
def test_truncated_documents_parse_or_raise_a_decode_error(start: bytes, rest: bytes) -> None:
    for read in (parse, parse_json):
        with contextlib.suppress(DecodeError):
            read(start + rest, what="the document")


NAMES = st.from_regex(r"\A[A-Za-z][A-Za-z0-9]{0,10}\Z")
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF), max_size=40)


@given(NAMES, st.dictionaries(NAMES, TEXTS, max_size=5), TEXTS)
@settings(max_examples=60)
def test_written_tree_reads_back_unchanged(name: str, attributes: dict[str, str], text: str) -> None:
    from lxml import etree

    root = etree.Element(f"{{urn:x}}{name}", attrib=attributes)
    root.text = text
    reparsed = parse(to_bytes(root), what="the document")
    attributes_read = {str(key): str(value) for key, value in reparsed.attrib.items()}
    assert (local(reparsed), attributes_read, reparsed.text or "") == (name, attributes, text)


@pytest.mark.parametrize(
    "body",
    [
        BILLION_LAUGHS,
        b'<!DOCTYPE a SYSTEM "http://evil.example/a.dtd"><a/>',
        b'<?xml version="1.0"?>\n<!-- c --><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b"<!DOCTYPE a><a/>",
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"),
        b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE a+AD4-<a/>',
        "<a/>".encode("cp037"),
    ],
    ids=["laughs", "external", "xxe", "plain", "utf-16", "utf-7", "ebcdic"],
)
def test_refuses_doctypes_in_any_encoding(body: bytes) -> None:
    started = time.process_time()
    with pytest.raises(DecodeError):
        parse(body, what="the document")
    assert time.process_time() - started < 1


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_limits_nesting_depth(depth: int) -> None:
    with pytest.raises(DecodeError):
        parse(b"<a>" * depth + b"</a>" * depth, what="the document")
    with pytest.raises(DecodeError):
        parse_json(b"[" * depth + b"]" * depth if depth > 50_000 else b"[" * depth, what="the document")


def test_predefined_entities_work() -> None:
    assert parse(b"<a>&lt;&#65;&amp;</a>", what="the document").text == "<A&"


def test_accepts_a_byte_order_mark() -> None:
    assert local(parse(b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?><a/>", what="the document")) == "a"
    assert parse_json(b"\xef\xbb\xbf{}", what="the document") == {}


@pytest.mark.parametrize(
    ("page", "title"),
    [
        (b"<!DOCTYPE html><html><head><title>Action\n not found</title></head></html>", "Action not found"),
        (b"\n<!doctype HTML PUBLIC '-//W3C//DTD'><title>502</title>", "502"),
        (b"<html><body>x</body></html>", "(no title)"),
        (b"<HTML><TITLE lang='en'>Sign in</TITLE></HTML>", "Sign in"),
    ],
)
def test_error_names_the_title_of_an_html_page(page: bytes, title: str) -> None:
    assert html_title(page) == title
    for read in (parse, parse_json):
        with pytest.raises(DecodeError, match="HTML page") as caught:
            read(page, what="the list")
        assert "url" in caught.value.hint
        assert title in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"  \n"])
def test_error_reports_an_empty_body(body: bytes) -> None:
    for read in (parse, parse_json):
        with pytest.raises(DecodeError, match="The list is empty"):
            read(body, what="the list")


@pytest.mark.parametrize("body", [b"NaN", b"{", b"plain", b"[1,]", b"\xff\xfe", b"1" * 5_000])
def test_refuses_invalid_json(body: bytes) -> None:
    with pytest.raises(DecodeError):
        parse_json(body, what="the document")


def test_tree_has_no_comments() -> None:
    root = parse(b"<a><!-- x --><?pi y?><b/></a>", what="the document")
    assert [local(child) for child in root] == ["b"]


@given(st.text())
def test_excerpts_are_short_and_on_one_line(text: str) -> None:
    excerpt: Any = excerpt_of(text)
    assert len(excerpt) <= EXCERPT_LENGTH
    assert "\n" not in excerpt


def test_excerpts_hide_secrets() -> None:
    assert "hunter2" not in excerpt_of(b'<a password="hunter2"/>')
