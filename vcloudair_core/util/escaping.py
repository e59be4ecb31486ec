"""Escape untrusted text for terminals and spreadsheets.

Names of VMs and rules are untrusted, because any user who can create such an object chooses the name. Some characters
are terminal commands. Other characters change the text direction, so that a name looks like a different name.
Spreadsheets execute text that looks like a formula. Only displayed text is escaped: JSON output has the original
values.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from typing import Any

# C0 and C1 control characters except line ends and tabs, marks that change the text direction, the two line separators
# of Unicode, and surrogates, which cannot be encoded.
_HARMFUL = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_BREAKS = re.compile("[\t\n]")
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")


def visible(text: str) -> str:
    """Escape control characters such as ``\\x1b``, except line ends and tabs."""
    return _HARMFUL.sub(lambda match: _written_out(match[0]), text) if _is_harmful(text) else text


def on_one_line(text: str) -> str:
    """Escape control characters, line ends and tabs, so that text stays on one line."""
    return _BREAKS.sub(lambda match: _written_out(match[0]), visible(text))


def visible_json(text: str) -> str:
    """Replace harmful characters in JSON text with JSON escapes.

    The values in the document stay the same.
    """
    return _HARMFUL.sub(lambda match: f"\\u{ord(match[0]):04x}", text) if _is_harmful(text) else text


def has_harmful(text: str) -> bool:
    """Return True if the text contains characters that :func:`visible` escapes."""
    return _is_harmful(text) and _HARMFUL.search(text) is not None


def csv_text(values: Sequence[Any]) -> str:
    """Return a CSV line without a line end. Values are formatted by :func:`csv_cell`."""
    line = io.StringIO()
    # The writer only quotes line ends within a cell if it has a line terminator.
    csv.writer(line, lineterminator="\n").writerow([csv_cell(value) for value in values])
    return line.getvalue().removesuffix("\n")


def csv_cell(value: Any) -> Any:
    """Return a value as a CSV cell.

    Lists of plain values are joined with semicolons. Mappings, nested lists, and lists with a semicolon in a value
    become compact JSON. Text that a spreadsheet would execute as a formula gets an apostrophe in front. A number,
    such as ``-5``, is not changed.
    """
    if isinstance(value, (list, tuple)):
        items = ["" if item is None else csv_cell(item) if isinstance(item, bool) else item for item in value]
        is_plain = all(isinstance(item, (str, int, float)) and ";" not in str(item) for item in items)
        value = ";".join(map(str, items)) if is_plain else list(value)
    if isinstance(value, (list, dict, bool)):
        value = json.dumps(value, default=str, separators=(",", ":"), ensure_ascii=False) if value != {} else ""
    if not isinstance(value, str):
        return value
    is_formula = _FORMULA.match(value) and not _NUMBER.match(value)
    return f"'{visible(value)}" if is_formula else visible(value)


def _is_harmful(text: str) -> bool:
    # A fast check, because nearly every text is printable.
    return not text.isprintable()


def _written_out(sign: str) -> str:
    if sign in "\n\t\r":
        return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}[sign]
    return f"\\x{ord(sign):02x}" if ord(sign) < 0x100 else f"\\u{ord(sign):04x}"
