"""The module ``ans`` of vcloudair 0.5: sections of an edge gateway that are edited and saved whole."""

from __future__ import annotations

from vcloudair_core.services.ans.section import EdgeSection as ANSSectionBase
from vcloudair_core.services.ans.seed import ANSFirewall, ANSIPSec, ANSNat

__all__ = ["ANSFirewall", "ANSIPSec", "ANSNat", "ANSSectionBase"]
