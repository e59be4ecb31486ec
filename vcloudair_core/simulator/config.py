"""Every switch of a simulator, in one value. Where it is not known what the real server does, there is a switch."""

from __future__ import annotations

from dataclasses import dataclass

PROFILES = ("vchs", "vca", "vcd", "all")

COMPUTE = "/api/compute"
"""Where On-Demand has its vCloud Director. Source: api/sessions.md §3.2."""

USER, PASSWORD, ORG = "demo", "demo-password", "org1"
"""Who may sign in unless an inventory says otherwise."""


@dataclass(frozen=True)
class SimulatorConfig:
    """How a simulated cloud is set up. ``profile``: which APIs it has. Counts are of the first VDC."""

    profile: str = "all"
    vms: int = 3
    edges: int = 1
    replications: int = 0
    latency_ms: int = 0
    inventory_file: str | None = None
    seed: str = "vcloudair"
    host_names: tuple[str, ...] = ("vchs.example.test", "vca.example.test", "vcd.example.test")
    api_versions: tuple[str, ...] = ("5.1", "5.5", "5.6", "5.7", "5.11", "9.0", "20.0", "27.0", "29.0", "36.3")
    # -- sessions (api/sessions.md §6) --
    iam_ttl_s: float = 900
    vcd_idle_s: float = 1800
    vchs_ttl_s: float = 3600
    cookie_name: str = "vcloud_session_id"
    resend_token: bool = True
    login_status_iam: int = 201
    logout_status: int = 204
    probe_answer_iam: int = 0  # 0: 401 beside the subscription portal, 400 without (api/sessions.md §1.1)
    expired_answer: str = "401-empty"  # | 401-error | 403-error | 403-empty
    sc_content_type: str = "malformed"  # | clean
    vcd_host: str = ""  # host of the vCloud Director that the portal names; empty: the portal's own
    # -- edges (api/ans.md §12) --
    strict_version: str = "409-stale"  # | reject-any | ignore
    regenerate_internal_ids: bool = True
    established_timeout_s: int | None = None
