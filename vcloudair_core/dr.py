"""Replications and DR actions with the API of vcloudair 0.5."""

from __future__ import annotations

from vcloudair_core.compat.dr import DisasterRecovery, nsmap

__all__ = ["DisasterRecovery", "nsmap"]
