"""Field declarations that several sections share, such as enabled and position."""

from __future__ import annotations

from typing import Any

from vcloudair_core.engine.fields import FieldInfo, input_key, spec_field
from vcloudair_core.engine.validation import Reader

POSITIONS = ("top", "bottom")
TWO_PROTOCOLS_PATTERN = r"(?:[Tt][Cc][Pp]\W*(?:and)?\W*[Uu][Dd][Pp]|[Uu][Dd][Pp]\W*(?:and)?\W*[Tt][Cc][Pp])"
"""The spellings of ``tcp+udp``, which creates two services."""

NUMBER_PATTERN = "[0-9]{1,19}"
ID_PATTERN = rf"{NUMBER_PATTERN}|[0-9A-Fa-f]{{8}}(?:-[0-9A-Fa-f]{{4}}){{3}}-[0-9A-Fa-f]{{12}}"
"""Pattern of rule IDs, which are numbers on some edges and UUIDs on other edges."""


def enabled_field(noun: str = "rule") -> Any:
    """Return the field that enables a rule or tunnel."""
    return spec_field(
        f"Whether the {noun} is enabled. New {noun}s are enabled by default.",
        absent=True,
        aliases=("is_enable",) * (noun == "rule"),
    )


def logging_field() -> Any:
    """Return the field that makes a rule log the traffic that it matches."""
    return spec_field(
        "Whether to log traffic that matches the rule. New rules do not log by default.",
        absent=False,
        aliases=("enable_logging",),
    )


def description_field() -> Any:
    """Return the description field of a rule or tunnel."""
    return spec_field("Description, as free text.", absent="", read=Reader.clearable)


def clear_key(*names: str) -> FieldInfo:
    """Return the ``clear`` field: a list of text fields to reset to an empty string.

    ``names`` are the allowed values.
    """
    return input_key(
        "Options to reset to an empty string. An empty value of the option itself counts as not set.",
        choices=names,
        is_list=True,
    )


def position_field() -> Any:
    """Return the field that moves a rule to the top or bottom of the list."""
    return spec_field(
        "Position of the rule among the user-defined rules. Mutually exclusive with `before`, `after` and `index`.",
        "A rule at another position is moved. If several tasks or loop items request the same position, they move each "
        "other's rules in every run, and a warning is shown. List such rules in one task, or use `before` or `after`.",
        input_only=True,
        choices=POSITIONS,
    )


def before_field(names: str) -> Any:
    """Return the field that places a rule before another rule.

    ``names`` describes how to identify the other rule.
    """
    return spec_field(
        f"{names} of the rule that must come after this rule. If this order already exists, no "
        "rule is moved. Otherwise, this rule is placed directly before that rule.",
        input_only=True,
        read=Reader.text,
    )


def after_field(names: str) -> Any:
    """Return the field that places a rule after another rule.

    ``names`` describes how to identify the other rule.
    """
    return spec_field(
        f"{names} of the rule that must come before this rule. If this order already exists, no "
        "rule is moved. Otherwise, this rule is placed directly after that rule.",
        input_only=True,
        read=Reader.text,
    )


def index_field() -> Any:
    """Return the field with the position of a rule as a number."""
    return spec_field(
        "Position of the rule among the user-defined rules as a number. The first rule has index 0.",
        input_only=True,
        bounds=(0, None),
    )
