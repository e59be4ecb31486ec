"""Check that the schema of recovery plans is complete and matches the classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from vcloudair_core.recovery.plan import plan_schema
from vcloudair_core.recovery.plan.model import (
    Approval,
    Group,
    HttpCheck,
    NetworkChange,
    PlannedVm,
    Playbook,
    RecoveryPlan,
    Step,
)
from vcloudair_core.recovery.plan.plan_schema import WORKS, problems, schema
from vcloudair_core.services.dr.network_mapping import NicMapping

_NOT_OF_FILES = {"": {"all_vms", "path", "digest"}}
_ANNOTATIONS = {
    "$schema", "$defs", "$ref", "title", "description", "default", "properties", "items", "patternErrorMessage",
}  # fmt: skip


def definition(name: str) -> dict[str, Any]:
    part: dict[str, Any] = schema()["$defs"][name] if name else schema()
    return part


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    name = part.get("$ref", "").removeprefix("#/$defs/")
    return {**(definition(name) if name else {}), **part}


def schemas(part: Any) -> Iterator[dict[str, Any]]:
    """Yield a schema and all schemas within it."""
    yield part
    for inner in [*part.get("properties", {}).values(), *part.get("$defs", {}).values(), *part.get("oneOf", [])]:
        yield from schemas(inner)
    if isinstance(part.get("items"), dict):
        yield from schemas(part["items"])


def test_the_plan_schema_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(schema())


def test_every_keyword_has_a_message() -> None:
    used = {keyword for part in schemas(schema()) for keyword in part}
    assert used - _ANNOTATIONS == set(plan_schema._DESCRIBE)


def test_every_mapping_is_strict_and_every_key_described() -> None:
    for part in schemas(schema()):
        if "properties" in part:
            assert part["additionalProperties"] is False
            for key, inner in part["properties"].items():
                assert resolved(inner).get("description"), key
        if "enum" in part:
            assert part["type"] == "string", "a value of another type is reported by `type`"
        if "pattern" in part:
            assert part["patternErrorMessage"]


def test_short_and_long_forms_agree() -> None:
    http, vm = definition("http"), definition("vm")
    for key in ("pattern", "patternErrorMessage", "maxLength"):
        assert http[key] == http["properties"]["url"][key]
        assert vm[key] == definition("name")[key]


def test_works_match_the_schema_of_steps() -> None:
    assert [{"required": [work]} for work in WORKS] == definition("step")["oneOf"]


TEXTS = ("on_error", "inventory", "rollback", "provider", "point")
"""Optional keys whose value is an empty string if they are missing."""


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("", RecoveryPlan("p", ())),
        ("group", Group("g", ())),
        ("vm", PlannedVm("m")),
        ("nic", NicMapping()),
        ("step", Step("s", Approval("?"))),
        ("playbook", Playbook("p")),
        ("http", HttpCheck("u")),
        ("network", NetworkChange("d")),
    ],
)
def test_keys_and_defaults_match_the_data_classes(name: str, made: Any) -> None:
    fields = {field.name: getattr(made, field.name) for field in dataclasses.fields(made)}
    if name == "http":
        fields["status"] = fields.pop("statuses")
    if name == "step":
        fields |= dict.fromkeys(WORKS)
        del fields["work"]
    described = definition(name)["properties"]
    assert set(described) == set(fields) - _NOT_OF_FILES.get(name, {"line"})
    for key, part in described.items():
        if key in definition(name).get("required", ()) or key in WORKS or (name, key) == ("step", "name"):
            continue
        value = fields[key]
        value = sorted(value) if isinstance(value, frozenset) else list(value) if isinstance(value, tuple) else value
        default = resolved(part).get("default", "" if key in TEXTS else None)
        assert value == (sorted(default or ()) if key == "only" else default), f"{name}.{key}"


@pytest.mark.parametrize(
    ("wrong", "path", "message"),
    [
        ({"rto_minutes": 0}, "rto_minutes", "0 is out of range; it must be greater than 0 and at most 525600"),
        ({"max_concurrent": 1001}, "max_concurrent", "1001 is out of range; it must be from 1 to 1000"),
        ({"max_concurrent": 2.0}, "max_concurrent", "2.0 is not a whole number"),
        ({"max_concurrent": True}, "max_concurrent", "true is not a whole number"),
        ({"power_on": "maybe"}, "power_on", "'maybe' is not true or false"),
        ({"description": None}, "description", "the value is empty, but a string was expected"),
        ({"description": 5}, "description", "a string was expected, not a number: put the value in quotes"),
        (
            {"name": True},
            "name",
            "a string was expected, not true or false (or yes, no, on, off): put the value in quotes",
        ),
        ({"name": "a\n"}, "name", "must be one line without leading or trailing spaces"),
        ({"name": " a"}, "name", "must be one line without leading or trailing spaces"),
        ({"name": ""}, "name", "is empty"),
        ({"name": "x" * 201}, "name", "has more than 200 characters"),
        ({"groups": []}, "groups", "is empty"),
        ({"groups": {}}, "groups", "a list was expected, not a mapping"),
        ({"on_error": "rollback"}, "on_error", "did you mean 'roll_back'?"),
        ({"rpo_minute": 1}, "rpo_minute", "unknown key; did you mean 'rpo_minutes' or 'rto_minutes' or 'point'?"),
        ({"before": 3}, "before", "3 is not a list"),
        ({"zzz": 1}, "zzz", "unknown key; valid keys: name, description, rto_minutes"),
    ],
)
def test_problems_have_readable_messages(wrong: dict[str, Any], path: str, message: str) -> None:
    ((at, reason),) = problems({"name": "p", "groups": [{"name": "g", "vms": ["a"]}], **wrong})
    assert at == (path,)
    assert message in reason


def test_messages_do_not_show_arguments_of_commands() -> None:
    steps = [{"command": ["login", 13371337]}]
    ((at, reason),) = problems({"name": "p", "before": steps, "groups": [{"name": "g", "vms": ["a"]}]})
    assert at == ("before", 0, "command", 1)
    assert "13371337" not in reason


@pytest.mark.parametrize("step", [None, "command", 3, True, [], ["command"]])
def test_a_step_that_is_not_a_mapping(step: Any) -> None:
    ((at, reason),) = problems({"name": "p", "before": [step], "groups": [{"name": "g", "vms": ["a"]}]})
    assert at == ("before", 0)
    assert "a mapping" in reason
