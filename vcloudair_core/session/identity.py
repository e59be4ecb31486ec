"""Identity of the signed-in user and the server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """User, org and server of a session, without its token.

    An empty field means that the value is unknown.

    ``base_url`` is the base URL of the vCloud API without a trailing slash. It may include a path prefix, such as
    ``https://region/api/compute`` for On-Demand. ``flavor`` is ``vchs``, ``vca`` or ``vcd``.
    """

    flavor: str
    base_url: str
    api_version: str
    org_name: str = ""
    org_id: str = ""
    vdc_name: str = ""
    vdc_id: str = ""
    user: str = ""
    roles: tuple[str, ...] = ()
    auth_header: str = "x-vcloud-authorization"
