"""Texts for the docs: API versions and simplifications of simulated edge sections."""

from __future__ import annotations

SIMPLIFICATIONS = "A change is complete before the response is sent."
"""Difference from NSX, which applies a change only after it has responded.

Source: protocol/ans.md §7.
"""


def section_versions(flavor: str) -> str:
    """Return the API versions that have the routes of an API flavor.

    Source: protocol/ans.md §1.
    """
    return "vCloud Air" if flavor == "hybridity" else "vCloud Director 8.20 and newer"
