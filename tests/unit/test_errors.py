"""Tests of the error classes: message, hint and dict."""

from __future__ import annotations

import inspect
import json

import pytest

from vcloudair_core import errors


def _classes() -> list[type[errors.VcloudAirError]]:
    return [
        value
        for _, value in inspect.getmembers(errors, inspect.isclass)
        if issubclass(value, errors.VcloudAirError) and value.__module__ == errors.__name__
    ]


def test_the_number_of_error_classes_is_limited() -> None:
    assert len(_classes()) <= 30


@pytest.mark.parametrize("kind", _classes(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_docstring_and_a_json_form(kind: type[errors.VcloudAirError]) -> None:
    error = (
        kind("field", "reason", hint="Do this.") if kind is errors.SpecError else kind("It failed.", hint="Do this.")
    )
    assert kind.__doc__
    shape = json.loads(json.dumps(error.as_dict()))
    assert shape["error"] == kind.__name__
    assert shape["message"] == error.message
    assert str(error).startswith(error.message)
    assert "Do this." in str(error)


def test_an_api_error_shows_the_request_id() -> None:
    error = errors.BusyError("Busy.", status=400, code="BUSY_ENTITY", request_id="r-1", method="PUT", path="/x")
    assert "(request ID r-1)" in str(error)
    assert error.as_dict() == {
        "error": "BusyError",
        "message": "Busy.",
        "hint": "",
        "status": 400,
        "code": "BUSY_ENTITY",
        "request_id": "r-1",
        "method": "PUT",
        "path": "/x",
    }


def test_the_docstring_of_the_module_names_every_class() -> None:
    missing = [kind.__name__ for kind in _classes() if kind.__name__ not in (errors.__doc__ or "")]
    assert missing == []


@pytest.mark.parametrize(
    ("message", "hint", "text"),
    [
        ("rules[0]: it lets everything in", "Leave one member enabled.", "rules[0]: it lets everything in. Leave one"),
        ("It failed.", "Ask for it.", "It failed. Ask for it."),
        ("It said 'no.'", "Ask.", "It said 'no.' Ask."),
        ("Is it there?", "Look.", "Is it there? Look."),
        ("unknown field (did you mean 'x'?)", "Write x.", "unknown field (did you mean 'x'?) Write x."),
        ("It failed. Try again.", "Try again.", "It failed. Try again."),
    ],
)
def test_message_and_hint_are_separate_sentences(message: str, hint: str, text: str) -> None:
    assert str(errors.VcloudAirError(message, hint=hint)).startswith(text)
    assert errors.VcloudAirError(message, hint=hint).explanation == message
    assert ".." not in str(errors.VcloudAirError(message, hint=hint))


def test_a_request_id_stays_with_the_message_and_context_comes_before_the_hint() -> None:
    error = errors.ApiError("Refused", request_id="r-1", hint="Ask for it.")
    assert str(error) == "Refused (request ID r-1). Ask for it."
    error.add_context("Nothing was written")
    assert str(error) == "Refused. Nothing was written (request ID r-1). Ask for it."


EDGE_PROBLEMS = [
    errors.SpecProblem("rules[1].source", "is empty", "Name an address."),
    errors.SpecProblem("rules[3].destination_port", "'70000' is out of range"),
    errors.SpecProblem("", "says nothing", "Name an address."),
]


def test_a_spec_error_names_every_problem_and_each_hint_once() -> None:
    error = errors.SpecError.of(EDGE_PROBLEMS)
    assert error.message == (
        "rules[1].source: is empty; rules[3].destination_port: '70000' is out of range; says nothing"
    )
    assert (error.field, error.reason, error.hint) == ("rules[1].source", "is empty", "Name an address.")
    assert error.as_dict()["problems"] == [
        {"path": "rules[1].source", "reason": "is empty", "hint": "Name an address."},
        {"path": "rules[3].destination_port", "reason": "'70000' is out of range"},
        {"path": "", "reason": "says nothing", "hint": "Name an address."},
    ]


def test_every_path_is_prefixed_with_the_document_path() -> None:
    error = errors.SpecError.of(EDGE_PROBLEMS).within("firewall")
    assert [problem.path for problem in error.problems] == [
        "firewall.rules[1].source", "firewall.rules[3].destination_port", "firewall",
    ]  # fmt: skip
    assert error.hint == "Name an address."


@pytest.mark.parametrize(
    ("path", "outer", "whole"),
    [
        ("name", "", "name"), ("name", "[2]", "[2].name"), ("[2].name", "rules", "rules[2].name"), ("", "", ""),
        ("", "rules", "rules"), ("[0]", "", "[0]"),
    ],
)  # fmt: skip
def test_below_joins_two_paths(path: str, outer: str, whole: str) -> None:
    assert errors.SpecProblem(path, "is wrong").below(outer).path == whole


def test_below_keeps_the_hint() -> None:
    error = errors.SpecError("psk", "is masked", hint="Give the key.").within("tunnels[0]")
    assert str(error) == "tunnels[0].psk: is masked. Give the key."


def test_problems_of_a_file_are_on_separate_lines() -> None:
    problems = [errors.SpecProblem("rules[0]", "is empty", file="edge.yml", line=4)]
    problems.append(errors.SpecProblem("", "cannot be read", file="edge.yml", line=9))
    error = errors.SpecError.of(problems)
    assert error.message == "edge.yml:4: rules[0]: is empty\nedge.yml:9: cannot be read"
    assert error.field == "edge.yml:4: rules[0]"
    assert error.problems[0].as_dict() == {"path": "rules[0]", "reason": "is empty", "file": "edge.yml", "line": 4}


def test_the_message_is_truncated_but_not_the_problems() -> None:
    error = errors.SpecError.of([errors.SpecProblem(f"rules[{at}]", "is empty") for at in range(30)])
    assert error.message.endswith("; rules[10]: is empty; and 19 more")
    assert len(error.problems) == 30
