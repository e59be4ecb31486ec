"""Tests of hostile documents: entity bombs, includes, duplicate keys.

``tests/fuzz`` has tests of malformed documents for each parser.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from vcloudair_core.errors import DecodeError
from vcloudair_core.util import strict_yaml
from vcloudair_core.util.xml import count, parse, parse_json, whole


def bounded(read: Callable[[], object], *, seconds: float, megabytes: float) -> object:
    """Return the result of ``read``. Assert that its time and memory are limited."""
    tracemalloc.start()
    began = time.perf_counter()
    try:
        return read()
    finally:
        took, (_, most) = time.perf_counter() - began, tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert took < seconds, f"{took:.1f} s"
        assert most < megabytes * 1_000_000, f"{most / 1e6:.0f} MB"


def test_does_not_follow_includes(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2", encoding="utf-8")
    for href in (secret.as_uri(), str(secret), "http://127.0.0.1:9/x"):
        body = f'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{href}" parse="text"/></a>'
        tree = parse(body.encode(), what="the thing")
        assert "hunter2" not in "".join(str(text) for text in tree.itertext())
        assert len(tree) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"<a " + b" ".join(b'x%d="1"' % number for number in range(50_000)) + b"/>",
        b"<a>" + b"<b/>" * 200_000 + b"</a>",
        b'<a x="' + b"y" * 3_000_000 + b'"/>',
        b"<a>" + b"&#65;" * 500_000 + b"</a>",
        b"<a" + b"".join(b' xmlns:n%d="urn:%d"' % (number, number) for number in range(5_000)) + b"/>",
        b"<a>" + b"<!-- -->" * 200_000 + b"</a>",
        b" " * 2_000_000 + b"<a/>",
        b"<!-- x -->" * 100_000 + b"<a/>",
    ],
    ids=["attributes", "children", "value", "references", "namespaces", "comments", "blanks", "prolog"],
)
def test_memory_for_xml_is_proportional_to_its_size(body: bytes) -> None:
    def read() -> object:
        try:
            return parse(body, what="the thing")
        except DecodeError as exc:
            return exc

    bounded(read, seconds=5, megabytes=20)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"version": 1, "version": 2}', "duplicate key"),
        (b'{"a": {"rules": [], "rules": [1]}}', "duplicate key"),
        (b'[{"a": 1, "\\u0061": 2}]', "duplicate key"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": -1e999}', "too large"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": "\\ud800"}', "not JSON"),
        (b'{"\\udfff": 1}', "not JSON"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "not JSON"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a":' * 100_000, "nested too deep"),
    ],
)
def test_refuses_ambiguous_json(body: bytes, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        parse_json(body, what="the thing")


def test_accepts_valid_characters_and_finite_numbers() -> None:
    assert parse_json(b'{"a": "\\ud83d\\ude00", "b": 1e308, "c": "\\\\ud800"}', what="x") == {
        "a": "\U0001f600",
        "b": 1e308,
        "c": "\\ud800",
    }
    rows = parse_json(b'{"a": NaN, "b": Infinity}', what="the metrics", has_nan=True)
    assert rows["b"] == float("inf")


@pytest.mark.parametrize(
    ("text", "number"),
    [("5", 5), (" 5 ", 5), ("-5", -5), ("\u00b2", None), ("\u0663", None), ("--5", None), ("1.5", None), ("", None),
     (None, None), ("9" * 30, None), ("+5", None), ("5_0", None), ("0x5", None)],
)  # fmt: skip
def test_accepts_plain_decimal_numbers_only(text: str | None, number: int | None) -> None:
    assert whole(text) == number
    assert count(text) == (number if number is None or number >= 0 else None)


ANCHORS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        ANCHORS,
        "a: &a {x: *a}",
        "&a [*a]",
        "x: " + "[" * 10_000,
        "- " * 5_000 + "x",
        "a: !!python/object/apply:os.system ['touch /tmp/pwned']",
        "!!python/name:os.system ''",
        "a: !!binary " + "A" * 100,
        "".join(f"<<: {{k{number}: v}}\n" for number in range(200)),
        "%YAML 1." + "9" * 5_000 + "\n---\na: 1",
    ],
    ids=["laughs", "itself", "list", "brackets", "dashes", "object", "name", "binary", "merges", "directive"],
)
def test_stops_yaml_bombs_early(text: str) -> None:
    def read() -> strict_yaml.Reading:
        return strict_yaml.read(text)

    reading = bounded(read, seconds=20, megabytes=200)
    assert isinstance(reading, strict_yaml.Reading)
    assert reading.issues or len(str(reading.tree)) < 20_000
