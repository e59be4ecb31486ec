"""The module ``dr`` of vcloudair 0.5: replications, and DR actions on them."""

from __future__ import annotations

from vcloudair_core.compat.dr import DisasterRecovery, nsmap

__all__ = ["DisasterRecovery", "nsmap"]
