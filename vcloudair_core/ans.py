"""Classes for edge gateway sections with the API of vcloudair 0.5.

Programs edit a section in place, and save the whole section.
"""

from __future__ import annotations

from vcloudair_core.compat.ans import ANSFirewall, ANSIPSec, ANSNat
from vcloudair_core.compat.edge_section import EdgeSection as ANSSectionBase

__all__ = ["ANSFirewall", "ANSIPSec", "ANSNat", "ANSSectionBase"]
