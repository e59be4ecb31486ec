"""Tests of declared fields of specs: comparing, displaying and finding secrets."""

from __future__ import annotations

from dataclasses import dataclass

from vcloudair_core.engine.fields import (
    FieldInfo,
    diff_fields,
    fields_of,
    from_plain,
    plain,
    secret_names,
    secrets_in,
    spec_field,
    spec_with,
)
from vcloudair_core.util.redaction import Secret


@dataclass(frozen=True)
class Sample:
    name: str | None = spec_field("Name", identity=True)
    words: tuple[str, ...] | None = spec_field("Words", unordered=True)
    color: str | None = spec_field("Color", canonical=str.casefold, absent="red")
    psk: str | None = spec_field("Key", secret=True)
    server_id: int | None = spec_field("Id", read_only=True)
    place: str | None = spec_field("Place", input_only=True)
    size: int = 3


def test_only_set_fields_with_another_meaning_differ() -> None:
    current = Sample(name="a", words=("x", "y"), color=None, server_id=1)
    assert diff_fields(current, Sample(name="b", words=("y", "x"), color="RED", server_id=2, place="top")) == {}
    assert diff_fields(current, Sample(words=("x",), color="blue", size=4)) == {
        "words": (("x", "y"), ("x",)),
        "color": (None, "blue"),
        "size": (3, 4),
    }


def test_fields_that_are_not_set_keep_their_default() -> None:
    assert diff_fields(Sample(size=4), spec_with(Sample, {"words": ("x",)})) == {
        "words": (None, ("x",)),
        "size": (4, 3),
    }
    assert diff_fields(OuterSample(pin=Secret("1")), spec_with(OuterSample, {})) == {}


def test_an_identity_is_compared_on_request() -> None:
    assert diff_fields(Sample(name="a"), Sample(name="b"), also=("name",)) == {"name": ("a", "b")}


def test_plain_hides_secrets_and_input_only_fields() -> None:
    assert plain(Sample(name="a", words=("x",), psk="hunter2", place="top")) == {
        "name": "a",
        "words": ["x"],
        "psk": "***",
        "size": 3,
    }
    assert plain({"k": Secret("hunter2"), "l": (1, [2])}) == {"k": "***", "l": [1, [2]]}


def test_from_plain_is_the_inverse_of_plain() -> None:
    sample = Sample(name="a", words=("x", "y"), server_id=3)
    assert from_plain(Sample, {**plain(sample), "rule_type": "user", "psk": None}) == sample


def test_fields_keep_their_order_and_declaration() -> None:
    infos = fields_of(Sample)
    assert list(infos) == ["name", "words", "color", "psk", "server_id", "place", "size"]
    assert infos["size"] == FieldInfo()
    assert infos["psk"].secret


@dataclass(frozen=True)
class OuterSample:
    parts: tuple[Sample, ...] | None = spec_field("Parts")
    pin: Secret | None = spec_field("Pin", secret=True)


@dataclass(frozen=True)
class UnresolvedSample:
    pin: NameThatIsNotThere | None = spec_field("Pin", secret=True)  # type: ignore[name-defined]  # noqa: F821


def test_names_of_nested_secrets_are_found() -> None:
    assert secret_names(Sample) == {"psk"}
    assert secret_names(OuterSample) == {"psk", "pin"}
    assert secret_names(UnresolvedSample) == {"pin"}


def test_secrets_of_any_type_are_found_at_any_depth() -> None:
    data = {
        "pin": 1234,
        "parts": [{"name": "a", "psk": "one"}, {"psk": ["two", {"deep": "three"}]}, "no mapping", None],
        "password": "four",
        "size": 5,
        "psk": None,
        "more": ({"pin": Secret("five")}, {"pin": True}, {"pin": ""}),
    }
    assert list(secrets_in(data, frozenset({"psk", "pin"}))) == ["1234", "one", "two", "three", "four", "five"]
    assert list(secrets_in("a text", frozenset({"psk"}))) == []
