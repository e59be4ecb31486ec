"""Tests of strict YAML: values, lines, and issues that PyYAML accepts."""

from __future__ import annotations

import itertools
import json

import pytest
import yaml

from vcloudair_core.util import strict_yaml
from vcloudair_core.util.strict_yaml import Path, spelled


def test_values_are_json_values_with_lines() -> None:
    reading = strict_yaml.read(
        "a: 1\nb:\n  - x\n  - {c: 1.5, d: yes}\ne: ~\nf: 'off'\n# a remark\ng:\n  text\n",
    )
    assert reading.issues == ()
    assert reading.tree == {"a": 1, "b": ["x", {"c": 1.5, "d": True}], "e": None, "f": "off", "g": "text"}
    paths: list[Path] = [("a",), ("b",), ("b", 0), ("b", 1, "d"), ("g",), ("b", 1, "nothing of the kind")]
    assert [reading.line(path) for path in paths] == [1, 2, 3, 4, 8, 4]


@pytest.mark.parametrize("text", ["1e3", "0o17", "08", "1,000", "y"])
def test_ambiguous_text_in_quotes_stays_text(text: str) -> None:
    reading = strict_yaml.read(f"a: {text}")
    assert (reading.tree, reading.issues) == ({"a": text}, ())


@pytest.mark.parametrize(
    "value", ["0755", "1e3", "1_0", "1:30", "2024-01-01", "on", "~", "", "1.", ".5", "-0", "0o7", "+1"]
)
def test_output_of_pyyaml_is_read_unchanged(value: str) -> None:
    assert strict_yaml.read(yaml.safe_dump({"a": value})).tree == {"a": value}


@pytest.mark.parametrize(
    ("text", "line", "path", "reason"),
    [
        ("a: 1\nb: 2\na: 3", 3, "a", "is a duplicate of line 1"),
        ("x:\n- {a: 1, a: 2}", 2, "x[0].a", "is a duplicate of line 2"),
        ("a: [", 1, "", "expected the node content"),
        ("a: 1\n---\nb: 2", 2, "", "expected a single document in the stream, but found another document"),
        ("a: *b", 1, "", "found undefined alias 'b'"),
        ("a: !vault x", 1, "a", "the tag !vault is not supported"),
        ("a: !!python/object:os.system x", 1, "a", "the tag !!python/object:os.system is not supported"),
        ("a: !!int x", 1, "a", "does not match its tag !!int"),
        ("a: " + "9" * 5000, 1, "a", "is too long for a number"),
        ("a: .nan", 1, "a", ".nan is not a finite number"),
        ("a: -.inf", 1, "a", "-.inf is not a finite number"),
        ("yes: 1", 1, "", "the key 'yes' is not a string: put it in quotes"),
        ("? [a]\n: 1", 1, "", "a key must be a string"),
        ('a: "\\x07"', 1, "a", "control character"),
        ('a: "\\ud800"', 1, "a", "unpaired surrogate"),
        ('a: "\\UFFFFFFFF"', 1, "", "an invalid number or character"),
        ("a: 1\nb: \ud800", 2, "", "a character that YAML does not allow"),
        ("a: {<<: [1]}", 1, "a", "<< accepts only mappings"),
    ],
)
def test_issues_are_reported_with_line_and_path(text: str, line: int, path: str, reason: str) -> None:
    (issue,) = strict_yaml.read(text).issues
    assert (issue.line, spelled(issue.path)) == (line, path)
    assert reason in issue.reason


def test_keys_of_a_mapping_override_merged_keys() -> None:
    reading = strict_yaml.read("x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  c: 3\n  <<: [*x, *y]\n")
    assert reading.tree["z"] == {"a": 1, "b": 1, "c": 3}
    assert [reading.line(("z", key)) for key in "abc"] == [1, 1, 4]
    assert reading.line(("z",)) == 3


def _bomb(first: str, opening: str, closing: str) -> str:
    """Return a YAML bomb: nine lines, each with ten aliases of the previous line."""
    lines = [f"a: &a {first}"]
    for before, name in itertools.pairwise("abcdefghi"):
        lines.append(f"{name}: &{name} {opening}{','.join([f'*{before}'] * 10)}{closing}")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (_bomb("[x]", "[", "]"), "expand to more than 100000 values"),
        (_bomb("{k: v}", "{<<: [", "]}"), "expand to more than 100000 values"),
        ("[" * 100_000, "nested more than 50 levels deep"),
        ("- " * 100_000, "nested more than 50 levels deep"),
        ("&a [*a]", "nested more than 50 levels deep"),
        ("&a {<<: *a}", "nested more than 50 levels deep"),
    ],
    ids=["aliases", "merges", "brackets", "dashes", "a loop", "a loop of merges"],
)
def test_expansion_attacks_are_rejected(text: str, reason: str) -> None:
    reading = strict_yaml.read(text)
    assert reading.tree is None
    assert [issue for issue in reading.issues if reason in issue.reason]


def test_an_issue_of_an_anchored_value_is_reported_once() -> None:
    assert len(strict_yaml.read("a: &a {b: .nan}\nc: *a\nd: *a").issues) == 1


def test_json_with_tabs_and_surrogate_pairs_is_read() -> None:
    text = '{\n\t"a": "\\ud83d\\ude00 \\\\ud83d \\t",\n\t"b": [1, true, null]\n}'
    reading = strict_yaml.read(text)
    assert (reading.tree, reading.issues) == (json.loads(text), ())
    assert reading.line(("b",)) == 3
