"""Tests of the values of elements and attributes in JSON and XML."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vcloudair_core.simulator.json_documents.scalars import guess, to_json, to_text


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "4096", 4096),
        ("integer", " -1 ", -1),
        ("integer", "unlimited", "unlimited"),
        ("number", "7.25", 7.25),
        ("number", "7", 7),
        ("number", "1.5E3", 1500.0),
        ("boolean", "true", True),
        ("boolean", "0", False),
        ("boolean", "yes", "yes"),
        ("string", "007", "007"),
        ("string", "", ""),
        ("dateTime", "2026-01-05T09:18:45.563Z", "2026-01-05T09:18:45.563+0000"),
        ("dateTime", "2026-01-05T09:18:45.563+02:00", "2026-01-05T09:18:45.563+0200"),
        ("dateTime", "2026-01-05T09:18:45", "2026-01-05T09:18:45"),
    ],
)
def test_texts_become_values_of_their_kind(kind: str, text: str, value: Any) -> None:
    made = to_json(kind, text)
    assert (made, type(made)) == (value, type(value))


@pytest.mark.parametrize(("text", "value"), [("true", True), ("12", 12), ("012", "012"), ("1.5", "1.5"), ("", "")])
def test_a_text_of_unknown_kind_becomes_a_boolean_or_number_only_if_it_is_one(text: str, value: Any) -> None:
    assert guess(text) == value


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("boolean", True, "true"),
        ("integer", 5, "5"),
        ("string", "x", "x"),
        ("dateTime", "2026-01-05T09:18:45.563+0200", "2026-01-05T09:18:45.563+02:00"),
        ("dateTime", "2026-01-05T09:18:45.563Z", "2026-01-05T09:18:45.563Z"),
    ],
)
def test_values_become_texts(kind: str, value: Any, text: str) -> None:
    assert to_text(kind, value) == text


@pytest.mark.parametrize("value", [{}, []])
def test_objects_and_arrays_are_no_values(value: Any) -> None:
    with pytest.raises(TypeError, match="expected a value"):
        to_text("string", value)


@given(st.integers() | st.booleans() | st.text(max_size=8))
def test_a_value_is_the_same_after_both_conversions(value: Any) -> None:
    kind = {bool: "boolean", int: "integer", str: "string"}[type(value)]
    assert to_json(kind, to_text(kind, value)) == value
