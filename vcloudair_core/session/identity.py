"""Identity of the signed-in user, and of the server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """Facts of a session as the server reports them, without its token. Empty fields are unknown.

    ``base_url`` is that of the vCloud API, without a trailing slash; it may hold a prefix, as On-Demand's
    ``https://region/api/compute`` does. ``flavour`` is ``vchs``, ``vca`` or ``vcd``.
    """

    flavour: str
    base_url: str
    api_version: str
    org_name: str = ""
    org_id: str = ""
    vdc_name: str = ""
    vdc_id: str = ""
    user: str = ""
    roles: tuple[str, ...] = ()
    auth_header: str = "x-vcloud-authorization"
