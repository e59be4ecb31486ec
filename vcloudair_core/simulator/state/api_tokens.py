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

    ``secret`` is the token itself. It is an empty string until the client has fetched the token.
    """

    client_id: str
    name: str
    org: str
    user: str
    secret: str = ""


@dataclass
class ServiceAccount:
    """An account for a program. Each token exchange replaces ``secret``.

    ``status`` is CREATED, REQUESTED (the account has a user code), GRANTED (an administrator has granted the account)
    or ACTIVE (the account has a token).
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
    """The API tokens and service accounts of all orgs."""

    def __init__(self) -> None:
        self.api_tokens: dict[str, ApiToken] = {}
        self.service_accounts: dict[str, ServiceAccount] = {}

    def api_token(self, secret: str, org: str) -> ApiToken | None:
        """Return the API token whose secret is ``secret``, or None."""
        return next((token for token in self.api_tokens.values() if _matches(token, secret, org)), None)

    def service_account(self, secret: str, org: str) -> ServiceAccount | None:
        """Return the service account whose current secret is ``secret``, or None."""
        return next((account for account in self.service_accounts.values() if _matches(account, secret, org)), None)

    def account_of_device(self, device_code: str, org: str) -> ServiceAccount | None:
        """Return the service account with a device code, or None.

        A service account has a device code until it has fetched its first token.
        """
        accounts = (account for account in self.service_accounts.values() if account.org == org)
        return next((account for account in accounts if device_code and account.device_code == device_code), None)

    def account_of_user_code(self, user_code: str, org: str) -> ServiceAccount | None:
        """Return the service account with a user code, or None.

        A service account has a user code until it has fetched its first token.
        """
        accounts = (account for account in self.service_accounts.values() if account.org == org)
        return next((account for account in accounts if user_code and account.user_code == user_code), None)


def new_secret() -> str:
    """Return a random API token of 32 characters, the length of real tokens."""
    return secrets.token_urlsafe(24)


def new_user_code() -> str:
    """Return a random user code such as ``BCDF-GHJK``."""
    letters = [secrets.choice(_USER_CODE_LETTERS) for _ in range(8)]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


def _matches(holder: ApiToken | ServiceAccount, secret: str, org: str) -> bool:
    return bool(secret) and holder.secret == secret and holder.org.lower() == org.lower()
