"""Built-in plugin with the auth methods.

The module of an auth flow is imported when the flow is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vcloudair_core.plugin.hooks import hookimpl
from vcloudair_core.plugin.records import AuthRecord

if TYPE_CHECKING:
    from vcloudair_core.session.auth.base import AuthProvider
    from vcloudair_core.settings.settings import Settings

vcloudair_api_version = 1


@hookimpl
def vca_auth_methods() -> Sequence[AuthRecord]:
    """Return the auth methods: one for each service type, and the token-based methods."""
    return (
        AuthRecord(
            "vcd", "User, org and password of vCloud Director.", ("url", "username", "password", "org"), _vcd,
            lambda settings: _by_password(settings, "vcd"),
        ),
        AuthRecord(
            "vchs", "User and password of the subscription portal, and one of its VDCs.", ("username", "password"),
            _vchs, lambda settings: _by_password(settings, "vchs"),
        ),
        AuthRecord(
            "vca", "User and password of the On-Demand portal, and one of its instances.", ("username", "password"),
            _vca, lambda settings: _by_password(settings, "vca"),
        ),
        AuthRecord(
            "token", "An existing session token.", ("url", "token"), _token,
            lambda settings: bool(settings.token),
        ),
        AuthRecord(
            "api_token", "A user's API token, for VMware Cloud Director 10.3.1 or newer.",
            ("url", "api_token", "org"), _api_token,
            lambda settings: bool(settings.api_token) and not settings.token,
        ),
        AuthRecord(
            "api_token_file", "A service account's API token in a file. Each sign-in updates the file.",
            ("url", "api_token_file", "org"), _api_token_file,
            lambda settings: bool(settings.api_token_file) and not settings.token,
        ),
        AuthRecord(
            "saml", "A SAML assertion of an identity provider, for vCloud Director.",
            ("url", "saml_token", "org"), _saml,
            lambda settings: bool(settings.saml_token) and not _has_token(settings),
        ),
    )  # fmt: skip


def _has_token(settings: Settings) -> bool:
    return bool(settings.token or settings.api_token or settings.api_token_file)


def _by_password(settings: Settings, flavor: str) -> bool:
    return settings.service_type == flavor and not (_has_token(settings) or settings.saml_token)


def _saml(settings: Settings) -> AuthProvider:
    from vcloudair_core.session.auth.saml import SamlAuth

    return SamlAuth(settings)


def _vcd(settings: Settings) -> AuthProvider:
    from vcloudair_core.session.auth.vcd import VcdAuth

    return VcdAuth(settings)


def _vchs(settings: Settings) -> AuthProvider:
    from vcloudair_core.session.auth.vchs import VchsAuth

    return VchsAuth(settings)


def _vca(settings: Settings) -> AuthProvider:
    from vcloudair_core.session.auth.vca import VcaAuth

    return VcaAuth(settings)


def _token(settings: Settings) -> AuthProvider:
    from vcloudair_core.session.auth.token import TokenAuth

    return TokenAuth(settings)


def _api_token(settings: Settings) -> AuthProvider:
    from vcloudair_core.session.auth.api_token import ApiTokenAuth

    return ApiTokenAuth(settings)


def _api_token_file(settings: Settings) -> AuthProvider:
    from vcloudair_core.session.auth.api_token import ApiTokenFileAuth

    return ApiTokenFileAuth(settings)
