"""Edge gateway sections with the API of vcloudair 0.5.

A section is edited and saved as a whole.
"""

from __future__ import annotations

from vcloudair_core.compat.ans import ANSFirewall, ANSIPSec, ANSNat
from vcloudair_core.compat.edge_section import EdgeSection as ANSSectionBase

__all__ = ["ANSFirewall", "ANSIPSec", "ANSNat", "ANSSectionBase"]
