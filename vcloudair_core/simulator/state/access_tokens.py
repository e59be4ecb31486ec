"""Create bearer tokens: JWTs that are as long as real tokens."""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any


def make_access_token(user: str, issuer: str, expires: float) -> str:
    """Return a JWT of about 700 characters with a random signature.

    The simulator compares whole tokens and does not check signatures. Clients recognize a JWT by its length. Source:
    protocol/vcd-modern.md §1.3.
    """
    claims = {
        "sub": user,
        "iss": issuer,
        "exp": int(expires),
        "version": "vcloud_1.0",
        "jti": secrets.token_hex(16),
    }
    signature = base64.urlsafe_b64encode(secrets.token_bytes(256)).decode().rstrip("=")
    return f"{_encoded({'alg': 'RS256'})}.{_encoded(claims)}.{signature}"


def _encoded(value: dict[str, Any]) -> str:
    text = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")
