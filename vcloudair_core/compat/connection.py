"""Connections for the vcloudair 0.5 service classes.

Programs can change the headers and the URL of a connection.
"""

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
"""Lowercase names of the headers that a session sets."""


class Connection:
    """Connection for one instance of a vcloudair 0.5 service class.

    ``org_info`` is the result of a login. The other arguments supply values that ``org_info`` lacks. While
    ``url`` and :attr:`headers` are unchanged, requests use the live session of ``org_info``, which is renewed
    automatically. After a change, requests use a new session with the changed token, headers or URL.
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
        values = dict(org_info or {})
        self._arguments = (org_info, vcdurl, token, version)
        self._auth_header = str(values.get("auth-header") or TOKEN_HEADER)
        self.url: str | None = values.get("vcdurl") or vcdurl
        self.token: str | None = values.get("token") or token
        self.version: str | None = values.get("version") or version
        self.headers: dict[str, Any] = {"Accept": accept.format(version=self.version)}
        if content_type:
            self.headers["Content-Type"] = content_type
        self.headers[TOKEN_HEADER] = None if self.token is None else MaskedStr(self.token)
        self._initial = (self.url, dict(self.headers))
        self._cached: tuple[Any, Session] | None = None

    def session(self, url: str | None, headers: Mapping[str, Any]) -> Session:
        """Return the session for a base URL and headers, without sending a request.

        Raises: ConfigurationError if the URL or the token is missing.
        """
        key = (url, dict(headers))
        if self._cached is None or self._cached[0] != key:
            is_unchanged = key == self._initial
            self._cached = key, session_for(*self._arguments) if is_unchanged else self._changed_session(url, headers)
        return self._cached[1]

    def _changed_session(self, url: str | None, headers: Mapping[str, Any]) -> Session:
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
