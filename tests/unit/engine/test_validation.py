"""Check that all problems of an input are collected with their paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from vcloudair_core.engine.fields import FieldInfo, input_key, spec_field
from vcloudair_core.engine.validation import Problems, Reader, item_paths, read_fields, read_spec
from vcloudair_core.errors import SpecError, SpecProblem
from vcloudair_core.util.redaction import Secret


def test_problems_are_raised_together() -> None:
    problems = Problems()
    assert problems.is_empty
    problems.raise_if_any()
    problems.add("rules[0].name", "is required", "Give it a name.")
    problems.add("enabled", "is not true or false")
    with pytest.raises(SpecError) as caught:
        problems.raise_if_any()
    assert caught.value.problems == (
        SpecProblem("rules[0].name", "is required", "Give it a name."),
        SpecProblem("enabled", "is not true or false"),
    )


def test_a_caught_error_keeps_all_its_problems_and_the_next_block_runs() -> None:
    problems = Problems()
    with problems.catch("nat"):
        _fail(SpecError.of([SpecProblem("rules[0]", "is empty"), SpecProblem("", "has no rule", "Add one.")]))
    with problems.catch():
        _fail(SpecError("state", "is not known"))
    with problems.catch("ipsec"):
        pass
    assert problems.items == [
        SpecProblem("nat.rules[0]", "is empty"),
        SpecProblem("nat", "has no rule", "Add one."),
        SpecProblem("state", "is not known"),
    ]


def test_other_errors_are_not_caught() -> None:
    problems = Problems()
    with pytest.raises(ValueError, match="broken"), problems.catch("nat"):
        _fail(ValueError("broken"))


def _fail(error: Exception) -> None:
    raise error


def test_paths_of_items() -> None:
    assert item_paths(1) == [""]
    assert item_paths(2) == ["[0]", "[1]"]
    assert item_paths(1, "rules") == ["rules[0]"]
    assert item_paths(0, "rules") == []


@dataclass(frozen=True)
class Member:
    """A member of a pool."""

    address: str | None = spec_field("Address.", required=True)
    port: int | None = spec_field("Port.", bounds=(1, 65535))

    def complaints(self) -> list[tuple[str, str]]:
        return [("address", "is the pool itself")] if self.address == "self" else []


@dataclass(frozen=True)
class Pool:
    """A pool."""

    name: str | None = spec_field("Name.", required=True)
    mode: str | None = spec_field("Mode.", choices=("fast", "fair"), synonyms={"quick": "fast"})
    enabled: bool | None = spec_field("Whether it is on.")
    description: str | None = spec_field("Free text.")
    key: Secret | None = spec_field("The key.", secret=True)
    tags: tuple[str, ...] | None = spec_field("Tags.")
    members: tuple[Member, ...] | None = spec_field("Members.")

    other_keys: ClassVar[Mapping[str, FieldInfo]] = {"clear": input_key("To empty.", choices=("description",))}
    exclusive: ClassVar[Sequence[tuple[str, ...]]] = (("tags", "members"),)


def read_pool(data: Mapping[str, Any]) -> Pool:
    problems = Problems()
    pool = read_spec(Pool, data, "pools[0]", problems, ignored=("version",))
    problems.raise_if_any()
    return pool


def test_a_spec_is_read_as_its_fields_are_declared() -> None:
    data = {"name": " web ", "mode": "QUICK", "enabled": "yes", "key": "hunter2", "version": 3, "clear": "description"}
    members = [{"address": "192.0.2.1", "port": "80"}, {"address": "192.0.2.2"}]
    pool = read_pool({**data, "members": members})
    assert pool == Pool(
        "web", "fast", True, "", Secret("hunter2"), None, (Member("192.0.2.1", 80), Member("192.0.2.2"))
    )
    assert read_pool({"name": "web", "tags": "a, b"}).tags == ("a", "b")


@pytest.mark.parametrize(
    ("data", "problems"),
    [
        ({}, {"pools[0].name": "is required"}),
        ({"name": "a", "nome": "b"}, {"pools[0].nome": "unknown field; did you mean 'name'?"}),
        ({"name": "a", "mode": "slow"}, {"pools[0].mode": "'slow' is not one of fast, fair, quick"}),
        ({"name": "a", "members": ["hunter2"]}, {"pools[0].members[0]": "a mapping was expected, not a string"}),
        (
            {"name": "a", "members": [{"port": 0}]},
            {
                "pools[0].members[0].port": "0 is out of range; use 1 to 65535",
                "pools[0].members[0].address": "is required",
            },
        ),
        ({"name": "a", "members": [{"address": "self"}]}, {"pools[0].members[0].address": "is the pool itself"}),
        ({"name": "a", "tags": ["x"], "members": []}, {"pools[0].members": "cannot be combined with tags"}),
        ({"name": "a", "tags": [{"x": 1}]}, {"pools[0].tags[0]": "a string was expected, not a mapping"}),
        ({"name": "a", "clear": ["mode"]}, {"pools[0].clear[0]": "'mode' is not one of description"}),
    ],
)  # fmt: skip
def test_problems_of_a_spec_have_their_paths(data: Mapping[str, Any], problems: Mapping[str, str]) -> None:
    with pytest.raises(SpecError) as caught:
        read_pool(data)
    assert {problem.path: problem.reason for problem in caught.value.problems} == problems


@dataclass(frozen=True)
class Marked:
    name: str | None = spec_field("Name.", read=Reader.text)
    label: str | None = spec_field("Label.")
    level: int | None = spec_field("Level.")


def test_a_field_with_a_custom_reader() -> None:
    problems = Problems()
    data = {"name": " two\nlines ", "label": " web ", "level": "3"}
    assert read_fields(Marked, Reader(data, "", problems), skip=("level",)) == {"name": " two\nlines ", "label": "web"}
    assert problems.is_empty
