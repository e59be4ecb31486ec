"""API versions of each release, and versions that added or removed features.

Source: protocol/vcd-modern.md §1.1, §1.3, protocol/nsxt.md §0.2.
"""

from __future__ import annotations

from collections.abc import Sequence

RELEASES: dict[str, tuple[str, ...]] = {
    "air": ("1.5", "5.1", "5.5", "5.6", "5.7"),
    "5.x": ("1.5", "5.1", "5.5"),
    "10.4": ("36.0", "36.1", "36.2", "36.3", "37.0", "37.1", "37.2"),
    "10.5": ("36.0", "36.1", "36.2", "36.3", "37.0", "37.1", "37.2", "38.0", "38.1"),
    "10.6": ("37.0", "37.1", "37.2", "38.0", "38.1", "39.0", "39.1"),
}
"""API versions of each release, including minor versions.

The versions of release 10.6 are inferred.
"""

NSXT_RELEASES = ("10.4", "10.5", "10.6")
"""Releases with an NSX-T edge gateway beside the NSX-V edge gateways.

A cloud of these releases can have both kinds. Source: protocol/nsxt.md §2.
"""
ALL_MODERN = tuple(dict.fromkeys(version for release in ("10.5", "10.6") for version in RELEASES[release]))
"""All API versions since 36.0."""
CLOUDAPI_LOGIN = (36, 0)
"""First API version whose sign-in URLs are under ``/cloudapi``."""
LEGACY_LOGIN_REMOVED = (38, 0)
API_TOKENS = (36, 1)
SERVICE_ACCOUNTS = (37, 0)
_BELOW_PORTAL = (30,)
"""First API version that no vCloud Air release supports."""


def as_numbers(version: str) -> tuple[int, ...]:
    """Return an API version as a tuple of numbers, without a pre-release suffix."""
    return tuple(int(number) for number in version.split("-")[0].split("."))


def is_at_least(version: str, bound: tuple[int, ...]) -> bool:
    """Return True if an API version is ``bound`` or newer."""
    return as_numbers(version) >= bound


def newest(versions: Sequence[str]) -> tuple[int, ...]:
    """Return the newest API version in ``versions`` as a tuple of numbers."""
    return max(as_numbers(version) for version in versions)


def is_deprecated(version: str, versions: Sequence[str]) -> bool:
    """Return True if ``version`` is at least two major versions older than the newest.

    This limit is inferred. Real servers have different limits.
    """
    return as_numbers(version)[0] <= newest(versions)[0] - 2


def without_modern(versions: Sequence[str]) -> list[str]:
    """Return the versions that a vCloud Air release can support."""
    return [version for version in versions if as_numbers(version) < _BELOW_PORTAL]
