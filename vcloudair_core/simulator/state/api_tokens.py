"""API tokens of users, and service accounts.

Source: protocol/vcd-modern.md §1.4, §1.5.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

_USER_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


@dataclass
class ApiToken:
    """An API token of a user.

    ``secret`` is empty until the client has fetched the token.
    """

    client_id: str
    name: str
    org: str
    user: str
    secret: str = ""


@dataclass
class ServiceAccount:
    """An account for a program. Each token exchange replaces ``secret``.

    Values of ``status``: CREATED, REQUESTED (has a user code), GRANTED (by an administrator), ACTIVE (has a token).
    """

    client_id: str
    name: str
    org: str
    role: str
    software_id: str = ""
    software_version: str = ""
    uri: str = ""
    status: str = "CREATED"
    device_code: str = ""
    user_code: str = ""
    secret: str = ""


class TokenRegister:
    """API tokens and service accounts of all orgs."""

    def __init__(self) -> None:
        self.api_tokens: dict[str, ApiToken] = {}
        self.service_accounts: dict[str, ServiceAccount] = {}

    def api_token(self, secret: str, org: str) -> ApiToken | None:
        """Return the API token with this secret, or None."""
        return next((token for token in self.api_tokens.values() if _matches(token, secret, org)), None)

    def service_account(self, secret: str, org: str) -> ServiceAccount | None:
        """Return the service account with this current secret, or None."""
        return next((account for account in self.service_accounts.values() if _matches(account, secret, org)), None)

    def account_of_device(self, device_code: str, org: str) -> ServiceAccount | None:
        """Return the service account to grant with this device code, or None.

        The account waits for a grant.
        """
        accounts = (account for account in self.service_accounts.values() if account.org == org)
        return next((account for account in accounts if device_code and account.device_code == device_code), None)

    def account_of_user_code(self, user_code: str, org: str) -> ServiceAccount | None:
        """Return the service account to grant with this user code, or None.

        The account waits for a grant.
        """
        accounts = (account for account in self.service_accounts.values() if account.org == org)
        return next((account for account in accounts if user_code and account.user_code == user_code), None)


def new_secret() -> str:
    """Return a new API token with 32 letters and digits, as real tokens have."""
    return secrets.token_urlsafe(24)


def new_user_code() -> str:
    """Return a code that is short enough for a user to type."""
    letters = [secrets.choice(_USER_CODE_LETTERS) for _ in range(8)]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


def _matches(holder: ApiToken | ServiceAccount, secret: str, org: str) -> bool:
    return bool(secret) and holder.secret == secret and holder.org.lower() == org.lower()
