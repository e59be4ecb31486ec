"""The report of a conversion: items that were left out or changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LEFT_OUT, DISABLED, OMITTED, CHANGED = "left out", "disabled", "omitted", "changed"
"""The results of report items, in this order:

* the document does not have the rule;
* the document has the rule, but disabled;
* the document does not have the option;
* the option has another value with the same effect.
"""


@dataclass(frozen=True)
class ConversionItem:
    """A rule or option that is missing or different in the converted document.

    ``path`` is the path in the original document. ``name`` is the name of the rule, or an empty string for settings.
    ``value`` is the original value without secrets. ``hint`` is a sentence that tells the user what to do.
    """

    path: str
    name: str
    result: str
    value: Any
    reason: str
    hint: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the item as plain data."""
        return {
            "path": self.path,
            "name": self.name,
            "result": self.result,
            "value": self.value,
            "reason": self.reason,
            "hint": self.hint,
        }


@dataclass(frozen=True)
class Conversion:
    """A converted document and its report.

    ``items`` has the report, section by section.
    """

    document: Mapping[str, Any]
    items: tuple[ConversionItem, ...]

    @property
    def is_complete(self) -> bool:
        """True if the converted document has every rule and option in an equivalent form."""
        return all(item.result == CHANGED for item in self.items)
