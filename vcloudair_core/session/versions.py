"""Select the API version.

The supported versions are 5.1 (the first with edge gateways) to 39. Version 40 is VMware Cloud Foundation Automation,
which has a different networking API. The newest version that the server offers and the library supports is used.
Pre-releases are ignored. Versions are compared number by number: 5.10 is newer than 5.9. Source: protocol/sessions.md
§4.1, protocol/vcd-modern.md §1.1, §1.2, §1.6.
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
"""API versions of vCloud Air.

The list of versions is requested only from vCloud Director.

Source: protocol/sessions.md §1.
"""

_FORM = re.compile(r"^\d{1,4}(?:\.\d{1,4}){0,3}\Z")


@dataclass(frozen=True)
class OfferedVersion:
    """An API version listed by ``GET /api/versions``."""

    version: str
    login_url: str = ""
    is_deprecated: bool = False


def as_numbers(version: str) -> tuple[int, ...]:
    """Return a version as integers, such as ``(36, 3)`` for ``"36.3"``.

    Raises ValueError for pre-releases and invalid versions.
    """
    if not _FORM.match(version):
        raise ValueError(f"{version!r} is not a version")
    return tuple(int(number) for number in version.split("."))


def is_at_least(version: str, bound: tuple[int, ...]) -> bool:
    """Return True if a version is ``bound`` or newer.

    Return False for an invalid version.
    """
    try:
        return as_numbers(version) >= bound
    except ValueError:
        return False


def check_pinned(version: str) -> str:
    """Return ``version``. Raises ConfigurationError if it is not a version number."""
    if not _FORM.match(version):
        raise ConfigurationError(
            f"Invalid api_version: {version!r}.", hint="Set api_version to a number such as 5.6 or 36.3."
        )
    return version


def offered_version(pinned: str, offered: Sequence[OfferedVersion], *, where: str) -> OfferedVersion:
    """Return the offered version that equals ``pinned``.

    Raises ConfigurationError if the server does not offer the version.
    """
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
        hint="Set api_version (VCA_API_VERSION) to one of these, or unset api_version to use the newest version.",
    )


def choose_version(offered: Sequence[OfferedVersion], *, where: str) -> OfferedVersion:
    """Return the newest supported version of the server.

    Raises ConfigurationError if the server offers no supported version.
    """
    fitting = [entry for entry in offered if _is_known_good(entry.version)]
    if not fitting:
        names = ", ".join(entry.version for entry in offered) or "none"
        beyond = any(is_at_least(entry.version, BELOW) for entry in offered)
        raise ConfigurationError(
            f"{where} does not offer a supported API version. It offers {names}. The supported versions are 5.1 to 39.",
            hint="Use another server: VMware Cloud Foundation Automation 9 and newer are not supported."
            if beyond
            else "Check that url is the address of a vCloud Director server. To try an unsupported version, set "
            "api_version.",
        )
    best = max(fitting, key=lambda entry: as_numbers(entry.version))
    if best.is_deprecated:
        _log.warning("The newest supported API version %s of %s is deprecated.", best.version, where)
    return best


def _is_known_good(version: str) -> bool:
    try:
        return LOWEST <= as_numbers(version) < BELOW
    except ValueError:
        return False
