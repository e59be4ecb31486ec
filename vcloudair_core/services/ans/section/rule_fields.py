"""Declarations of the fields that rules of several sections share: state, description, and place in the list."""

from __future__ import annotations

from typing import Any

from vcloudair_core.engine.fields import FieldInfo, input_key, spec_field
from vcloudair_core.engine.validation import Reader

POSITIONS = ("top", "bottom")
TWO_PROTOCOLS_PATTERN = r"(?:[Tt][Cc][Pp]\W*(?:and)?\W*[Uu][Dd][Pp]|[Uu][Dd][Pp]\W*(?:and)?\W*[Tt][Cc][Pp])"
"""The spellings of ``tcp+udp``, which stands for two services."""

NUMBER_PATTERN = "[0-9]{1,19}"
ID_PATTERN = rf"{NUMBER_PATTERN}|[0-9A-Fa-f]{{8}}(?:-[0-9A-Fa-f]{{4}}){{3}}-[0-9A-Fa-f]{{12}}"
"""Ids of rules are numbers on some edges and UUIDs on others. Both are text."""


def enabled_field(noun: str = "rule") -> Any:
    """Return the field of a rule or tunnel that turns it on."""
    return spec_field(
        f"Whether the {noun} is in force. New {noun}s are.", absent=True, aliases=("is_enable",) * (noun == "rule")
    )


def logging_field() -> Any:
    """Return the field that has a rule log its matches."""
    return spec_field(
        "Whether matches are logged. On new rules they are not.", absent=False, aliases=("enable_logging",)
    )


def description_field() -> Any:
    """Return the field with free text."""
    return spec_field("Free text.", absent="", read=Reader.clearable)


def clear_key(*names: str) -> FieldInfo:
    """Return the key that lists the texts to empty. ``names`` are the fields that it may name."""
    return input_key(
        "Texts to empty. An empty value of an option counts as not given, so it does not empty anything.",
        choices=names,
        is_list=True,
    )


def position_field() -> Any:
    """Return the field that moves a rule to an end of the list."""
    return spec_field(
        "Place of the rule among the rules of users. Not together with `before`, `after`, `index`.",
        "A rule that stands elsewhere is moved. Several tasks, or items of a loop, that ask for the same end move each "
        "other's rules in every run, which is warned about. List such rules in one task, or use `before` or `after`.",
        input_only=True,
        choices=POSITIONS,
    )


def before_field(names: str) -> Any:
    """Return the field that places a rule before another. ``names`` tells what identifies the other."""
    return spec_field(
        f"{names} of a rule that this one must stand before. It may stand anywhere before it; if it has to move, it is "
        "placed right before it.",
        input_only=True,
        read=Reader.text,
    )


def after_field(names: str) -> Any:
    """Return the field that places a rule after another. ``names`` tells what identifies the other."""
    return spec_field(f"{names} of a rule that this one must stand after.", input_only=True, read=Reader.text)


def index_field() -> Any:
    """Return the field with the place of a rule as a number."""
    return spec_field("Place among the rules of users, counted from 0.", input_only=True, bounds=(0, None))
