"""The connection of a vcloudair 0.5 class: it follows the headers and the URL that a program may change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vcloudair_core.compat.org_info import OrgInfo, session_for
from vcloudair_core.session.auth.vcd import TOKEN_HEADER
from vcloudair_core.util.redaction import MaskedStr

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

_OWN = frozenset({"accept", "content-type", "authorization", TOKEN_HEADER})
"""Headers that a session sets by itself."""


class Connection:
    """Connection of one object of a service class.

    ``org_info`` is what a login returned; the other arguments count where it has nothing. As long as ``url`` and
    :attr:`headers` stay as they were made, calls go over the live session of ``org_info``, which renews itself. A
    program that puts another token, header or URL in gets a session with those.
    """

    def __init__(
        self,
        org_info: Mapping[str, Any] | None,
        vcdurl: str | None,
        token: str | None,
        version: str | None = None,
        *,
        accept: str = "application/json",
        content_type: str = "",
    ) -> None:
        known = dict(org_info or {})
        self._arguments = (org_info, vcdurl, token, version)
        self._auth_header = str(known.get("auth-header") or TOKEN_HEADER)
        self.url: str | None = known.get("vcdurl") or vcdurl
        self.token: str | None = known.get("token") or token
        self.version: str | None = known.get("version") or version
        self.headers: dict[str, Any] = {"Accept": accept.format(version=self.version)}
        if content_type:
            self.headers["Content-Type"] = content_type
        self.headers[TOKEN_HEADER] = None if self.token is None else MaskedStr(self.token)
        self._as_made = (self.url, dict(self.headers))
        self._held: tuple[Any, Session] | None = None

    def session(self, url: str | None, headers: Mapping[str, Any]) -> Session:
        """The session for a base URL and headers. Nothing is sent. Raises ConfigurationError without URL or token."""
        key = (url, dict(headers))
        if self._held is None or self._held[0] != key:
            is_as_made = key == self._as_made
            self._held = key, session_for(*self._arguments) if is_as_made else self._changed(url, headers)
        return self._held[1]

    def _changed(self, url: str | None, headers: Mapping[str, Any]) -> Session:
        lower = {name.lower(): str(text) for name, text in headers.items() if text is not None}
        version = re.search(r"version=([0-9.]+)", lower.get("accept", ""))
        org_info = self._arguments[0]
        return session_for(
            {
                "vcdurl": url,
                "token": lower.get(TOKEN_HEADER),
                "version": version[1] if version else self.version,
                "auth-header": self._auth_header,
            },
            transport=org_info.session.transport if isinstance(org_info, OrgInfo) else None,
            headers={name: text for name, text in lower.items() if name not in _OWN},
        )
