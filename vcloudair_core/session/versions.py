"""Choosing the API version to speak.

Known good: 5.1 (first with edge gateways) up to, but without, 40 (VMware Cloud Foundation Automation, whose networking
is another one). The highest that the server offers in that range is taken; pre-releases never. Versions are compared as
numbers between dots: 5.10 is newer than 5.9. Source: protocol/sessions.md §4.1, protocol/vcd-modern.md §1.1, §1.2,
§1.6.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from vcloudair_core.errors import ConfigurationError

_log = logging.getLogger(__name__)

LOWEST, BELOW = (5, 1), (40,)
CLOUDAPI_LOGIN_SINCE = (33, 0)
LEGACY_LOGIN_UNTIL = (38, 0)
DEFAULT_VERSIONS = {"vchs": "5.6", "vca": "5.7"}
"""API versions that vCloud Air speaks; only a vCloud Director is asked. Source: protocol/sessions.md §1."""

_FORM = re.compile(r"^\d{1,4}(?:\.\d{1,4}){0,3}\Z")


@dataclass(frozen=True)
class OfferedVersion:
    """One version of ``GET /api/versions``."""

    version: str
    login_url: str = ""
    is_deprecated: bool = False


def as_numbers(version: str) -> tuple[int, ...]:
    """``"36.3"`` as ``(36, 3)``. Raises ValueError for a pre-release or anything else."""
    if not _FORM.match(version):
        raise ValueError(f"{version!r} is not a version")
    return tuple(int(number) for number in version.split("."))


def is_at_least(version: str, bound: tuple[int, ...]) -> bool:
    """True when a version is ``bound`` or newer; false for what is not a version."""
    try:
        return as_numbers(version) >= bound
    except ValueError:
        return False


def check_pinned(version: str) -> str:
    """The version itself. Raises ConfigurationError when it is not one."""
    if not _FORM.match(version):
        raise ConfigurationError(f"api_version {version!r} is not a version.", hint="Write it like 5.6 or 36.3.")
    return version


def offered_version(pinned: str, offered: Sequence[OfferedVersion], *, where: str) -> OfferedVersion:
    """The entry of the pinned version. Raises ConfigurationError, with all that are offered, when there is none."""
    numbers = as_numbers(check_pinned(pinned))
    for entry in offered:
        try:
            if as_numbers(entry.version) == numbers:
                return entry
        except ValueError:
            continue  # a pre-release
    names = ", ".join(entry.version for entry in offered) or "none"
    raise ConfigurationError(
        f"{where} does not offer API version {pinned}. It offers {names}.",
        hint="Set api_version (VCA_API_VERSION) to one of these, or unset it, so that the best one is chosen.",
    )


def choose_version(offered: Sequence[OfferedVersion], *, where: str) -> OfferedVersion:
    """The best version of those offered. Raises ConfigurationError, with both lists, when none fits."""
    fitting = [entry for entry in offered if _is_known_good(entry.version)]
    if not fitting:
        names = ", ".join(entry.version for entry in offered) or "none"
        beyond = any(is_at_least(entry.version, BELOW) for entry in offered)
        raise ConfigurationError(
            f"{where} offers no API version that is known to work: it offers {names}; known are 5.1 to 39.",
            hint="This is VMware Cloud Foundation Automation 9 or newer, which is not supported."
            if beyond
            else "Is url the address of a vCloud Director? Set api_version to try one all the same.",
        )
    best = max(fitting, key=lambda entry: as_numbers(entry.version))
    if best.is_deprecated:
        _log.warning("%s calls its newest usable API version %s deprecated.", where, best.version)
    return best


def _is_known_good(version: str) -> bool:
    try:
        return LOWEST <= as_numbers(version) < BELOW
    except ValueError:
        return False
