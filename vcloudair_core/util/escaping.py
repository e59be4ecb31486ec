"""Text of elsewhere made harmless for those who look at it: people at terminals, and people with spreadsheets.

Names are chosen by whoever may make a machine or a rule. A terminal takes some characters for commands, some turn the
direction of what follows, so that a name reads as another one, and a spreadsheet runs what begins like a formula. What
is changed here is for eyes only: JSON output has every value as it is.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from typing import Any

# C0 and C1 controls but for line ends and tabs, marks that turn the direction of text, the two line ends of Unicode,
# and halves of characters, which cannot be written at all.
_HARMFUL = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_BREAKS = re.compile("[\t\n]")
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")


def visible(text: str) -> str:
    """The text with ``\\x1b`` and its like written out. Line ends and tabs stay."""
    return _HARMFUL.sub(lambda match: _written_out(match[0]), text) if _is_harmful(text) else text


def on_one_line(text: str) -> str:
    """As :func:`visible`, and ``\\n`` for a line end: what is one cell or one message cannot look like two."""
    return _BREAKS.sub(lambda match: _written_out(match[0]), visible(text))


def visible_json(text: str) -> str:
    """JSON text with the same value, in which what is harmful is escaped as JSON escapes."""
    return _HARMFUL.sub(lambda match: f"\\u{ord(match[0]):04x}", text) if _is_harmful(text) else text


def has_harmful(text: str) -> bool:
    """Return True when :func:`visible` would change the text."""
    return _is_harmful(text) and _HARMFUL.search(text) is not None


def csv_text(values: Sequence[Any]) -> str:
    """One line of CSV without its end; see :func:`csv_cell`.

    A text that a spreadsheet would take for a formula begins with an apostrophe, by which spreadsheets know texts;
    numbers keep their signs.
    """
    line = io.StringIO()
    # Without a line end of its own the writer would not see that one within a cell needs quotes.
    csv.writer(line, lineterminator="\n").writerow([csv_cell(value) for value in values])
    return line.getvalue().removesuffix("\n")


def csv_cell(value: Any) -> Any:
    """Return the cell of CSV for a value.

    A list of plain values is joined with semicolons, an empty one is an empty cell. Mappings, lists of lists or
    mappings, and lists with a semicolon in a value are compact JSON. See also :func:`csv_text`.
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
    # Nearly every text is printable, and that is quickly seen.
    return not text.isprintable()


def _written_out(sign: str) -> str:
    if sign in "\n\t\r":
        return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}[sign]
    return f"\\x{ord(sign):02x}" if ord(sign) < 0x100 else f"\\u{ord(sign):04x}"
