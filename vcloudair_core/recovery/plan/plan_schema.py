"""Validate recovery plans against their JSON Schema, with readable messages.

If an item has a short form (a string) and a long form (a mapping), one schema allows both types. The keyword ``anyOf``
is not used, because its error, "is not valid under any of the given schemas", does not name the path of the problem.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from vcloudair_core.engine.validation import near, one_of
from vcloudair_core.errors import ConfigurationError
from vcloudair_core.util.install_hint import install_hint
from vcloudair_core.util.strict_yaml import Path

SCHEMA_FILE = "plan.schema.json"
WORKS = ("command", "playbook", "http", "approval", "delay_s", "network")

MAX_PROBLEMS = 500
"""Maximum number of problems to collect.

Collecting all problems of a megabyte of invalid input would take minutes.
"""

_TYPE_NAMES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
_Describe = Callable[[Any], Iterator[tuple[Path, str]]]


@cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema of recovery plans."""
    text = resources.files(__package__).joinpath(SCHEMA_FILE).read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def problems(tree: Any) -> list[tuple[Path, str]]:
    """Return the path and reason of each value in ``tree`` that violates the schema.

    Raises ConfigurationError when jsonschema is not installed.
    """
    reasons: dict[tuple[Path, str], None] = {}
    for error in _validator().iter_errors(tree):
        for path, reason in itertools.islice(_DESCRIBE[error.validator](error), MAX_PROBLEMS):
            reasons[path, reason] = None
        if len(reasons) >= MAX_PROBLEMS:
            break
    return list(reasons)


@cache
def _validator() -> Any:
    try:
        from jsonschema import Draft202012Validator, ValidationError, validators
    except ImportError:
        raise ConfigurationError(
            "Validating the recovery plan failed. The package jsonschema is not installed.", hint=install_hint("dr")
        ) from None
    # JSON Schema accepts 1.0 as an integer; a plan must not.
    whole = Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    )

    def unique(_: Any, is_enabled: bool, items: Any, __: Any) -> Iterator[Any]:
        # jsonschema compares all pairs of items if their types differ, which is slow for long lists.
        if is_enabled and isinstance(items, list) and len({json.dumps(item) for item in items}) < len(items):
            yield ValidationError("")

    return validators.extend(Draft202012Validator, {"uniqueItems": unique}, type_checker=whole)(schema())


# -- one function for each keyword that the schema uses ------------------------------------------------------------


def _type(error: Any) -> Iterator[tuple[Path, str]]:
    types = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    expected, value = " or ".join(_TYPE_NAMES[name] for name in types), error.instance
    if value is None:
        reason = f"the value is empty, but {expected} was expected"
    elif isinstance(value, (Mapping, list)):
        reason = f"{expected} was expected, not {_TYPE_NAMES['array' if isinstance(value, list) else 'object']}"
    elif "string" in types:
        # Do not show the value: an argument of a command can be a secret.
        kind = "true or false (or yes, no, on, off)" if isinstance(value, bool) else "a number"
        reason = f"{expected} was expected, not {kind}: put the value in quotes"
    else:
        reason = f"{_short(value)} is not {expected}"
    yield tuple(error.absolute_path), reason


def _unknown_keys(error: Any) -> Iterator[tuple[Path, str]]:
    known = list(error.schema["properties"])
    for key in error.instance:
        if key not in known:
            guess = near(key, known)
            yield (*error.absolute_path, key), f"unknown key; {guess or 'valid keys: ' + ', '.join(known)}"


def _missing_keys(error: Any) -> Iterator[tuple[Path, str]]:
    for key in error.validator_value:
        if key not in error.instance:
            yield tuple(error.absolute_path), f"{key!r} is missing"


def _one_work(error: Any) -> Iterator[tuple[Path, str]]:
    if not isinstance(error.instance, dict):
        return  # `required` accepts values of other types; `type` reports them
    works = [work for work in WORKS if work in error.instance]
    actual = f"it has {' and '.join(works)}" if works else "it has none"
    yield tuple(error.absolute_path), f"a step must have exactly one of {', '.join(WORKS)}; {actual}"


def _range(error: Any) -> Iterator[tuple[Path, str]]:
    low, above, high = (error.schema.get(name) for name in ("minimum", "exclusiveMinimum", "maximum"))
    bounds = f"from {low} to {high}" if low is not None else f"greater than {above} and at most {high}"
    yield tuple(error.absolute_path), f"{_short(error.instance)} is out of range; it must be {bounds}"


def _choice(error: Any) -> Iterator[tuple[Path, str]]:
    if isinstance(error.instance, str):
        yield tuple(error.absolute_path), one_of(error.instance[:100], error.validator_value)


def _empty(error: Any) -> Iterator[tuple[Path, str]]:
    yield tuple(error.absolute_path), "is empty"


def _too_long(error: Any) -> Iterator[tuple[Path, str]]:
    yield tuple(error.absolute_path), f"has more than {error.validator_value} characters"


def _duplicates(error: Any) -> Iterator[tuple[Path, str]]:
    seen: set[str] = set()
    for position, item in enumerate(error.instance):
        if json.dumps(item) in seen:
            yield (*error.absolute_path, position), f"{_short(item)} appears twice"
        seen.add(json.dumps(item))


def _pattern(error: Any) -> Iterator[tuple[Path, str]]:
    # `minLength` reports empty text.
    if error.instance:
        yield tuple(error.absolute_path), error.schema["patternErrorMessage"]


def _short(value: Any) -> str:
    text = json.dumps(value) if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


_DESCRIBE: dict[str, _Describe] = {
    "type": _type,
    "additionalProperties": _unknown_keys,
    "required": _missing_keys,
    "oneOf": _one_work,
    "minimum": _range,
    "exclusiveMinimum": _range,
    "maximum": _range,
    "enum": _choice,
    "minItems": _empty,
    "minLength": _empty,
    "maxLength": _too_long,
    "uniqueItems": _duplicates,
    "pattern": _pattern,
}
