"""The module ``metrics`` of vcloudair 0.5: metrics of a VDC or of VMs."""

from __future__ import annotations

from vcloudair_core.compat.metrics import Metrics

__all__ = ["Metrics"]
