"""Tests of the fast parser: its pages equal those of lxml, including errors."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vcloudair_core.errors import DecodeError
from vcloudair_core.services.query import codec
from vcloudair_core.services.query.codec import QueryPage
from vcloudair_core.services.query.flat_page import flat_elements
from vcloudair_core.util import xml

NS = "http://www.vmware.com/vcloud/v1.5"
NAMES = st.sampled_from(("VMRecord", "v:VMRecord", "Link", "Metadata", "Reference", "QueryResultRecords", "a.b-c"))
KEYS = st.sampled_from(("name", "href", "id", "total", "xml:lang", "v:name", "rel", "xsi:type", "name"))
TEXT = st.sampled_from(
    ("web", "", " a  b ", "1", "nextPage", "&amp;&lt;", "&#10;&#13;x", "tab\tline\nend", "Zürich 東", "&#x1F600;",
     "&#0;", "&unknown;", "<", "]]>", "\x0b", "\ud7ff", "a&b")
)  # fmt: skip
QUOTE = st.sampled_from(("'", '"'))


@st.composite
def element(draw: st.DrawFn, depth: int = 0) -> str:
    name = draw(NAMES)
    pairs = draw(st.lists(st.tuples(KEYS, TEXT, QUOTE), max_size=4))
    attributes = "".join(f" {key}={quote}{value}{quote}" for key, value, quote in pairs)
    if depth > 1 or draw(st.integers(0, 4)):
        return f"<{name}{attributes}/>"
    inner = draw(
        st.one_of(st.sampled_from(("", "text", "<!-- note -->", "<?pi x?>", "<![CDATA[<x>]]>")), element(depth + 1))
    )
    return f"<{name}{attributes}>{inner}</{draw(st.sampled_from((name, name, name, 'Other')))}>"


PROLOGS = st.sampled_from(
    ("", '<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-8"?>\n', "<?xml version='1.0' encoding='utf-8' ?>",
     '<?xml version="1.0" encoding="ISO-8859-1"?>', '<?xml version="1.1"?>', "<!-- note -->", "\n ", "\ufeff", "x",
     "<!DOCTYPE a>", '<!DOCTYPE a [<!ENTITY b "c">]>')
)  # fmt: skip
ROOTS = st.sampled_from(
    (f'QueryResultRecords xmlns="{NS}" xmlns:v="{NS}" xmlns:xsi="http://x" total="2" page="1" pageSize="128"',
     f'QueryResultRecords xmlns="{NS}" total="x" page="-1" v:total="3" xmlns:v="urn:v"', "VMReferences", "Error",
     "QueryResultRecords total='1' total='2'", f'v:QueryResultRecords xmlns:v="{NS}" total=" 3 "')
)  # fmt: skip


@st.composite
def page(draw: st.DrawFn) -> bytes:
    root = draw(ROOTS)
    inner = "".join(draw(st.lists(element(), max_size=4)))
    tail = draw(st.sampled_from(("", "", "\n", "<x/>", "junk")))
    text = f"{draw(PROLOGS)}<{root}>{inner}</{root.partition(' ')[0]}>{tail}"
    return text.encode(draw(st.sampled_from(("utf-8", "utf-8", "utf-8", "utf-16"))), "surrogatepass")


def slowly(body: bytes) -> QueryPage | str:
    try:
        return codec.parse_root(xml.parse(body, what="the page"), "the page")
    except DecodeError as error:
        return str(error)


def quickly(body: bytes) -> QueryPage | str:
    try:
        return codec.parse_page(body, "the page")
    except DecodeError as error:
        return str(error)


@settings(max_examples=400)
@given(body=page())
@example(body=b"")
@example(body=b"<QueryResultRecords><VMRecord name='\xff'/></QueryResultRecords>")
@example(body=b"<QueryResultRecords a:b='1'/>")
@example(body=b"<html><body/></html>")
@example(body=b"<QueryResultRecords xmlns:a='' a:b='1'/>")
def test_pages_and_errors_equal_those_of_lxml(body: bytes) -> None:
    assert quickly(body) == slowly(body)


def test_simple_page_needs_no_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f'<VMRecord name="vm-{number}" href="https://x/{number}"/>' for number in range(128))
    prolog = '<?xml version="1.0" encoding="UTF-8"?>'
    body = f'{prolog}<QueryResultRecords xmlns="{NS}" total="128">{rows}</QueryResultRecords>'
    expected = slowly(body.encode())
    monkeypatch.setattr(xml, "parse", None)
    assert quickly(body.encode()) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"<a><b><c/></b></a>",
        b"<!DOCTYPE a><a/>",
        b'<?xml version="1.0" encoding="latin1"?><a/>',
        b"<a>" + b" " * 9_000_000 + b"</a>",
        b"<a>",
    ],
)
def test_other_pages_are_left_to_lxml(body: bytes) -> None:
    assert flat_elements(body) is None
