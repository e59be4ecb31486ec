"""Return the settings with which a client signs in as the first user."""

from __future__ import annotations

from vcloudair_core.simulator.config import SimulatorConfig
from vcloudair_core.simulator.releases import API_TOKENS, newest
from vcloudair_core.simulator.state.world import World


def client_variables(
    config: SimulatorConfig, world: World, url: str, ca_path: str, vcda_url: str = "", vcda_ca_path: str = ""
) -> dict[str, str]:
    """Return the VCA_* variables for a client. See :meth:`Simulator.env`."""
    profile = config.profile
    edge = next(iter(world.edges.values()), None)
    vdc = next(iter(world.vdcs.values()))
    needs_vdc = profile != "vcd" or len(world.vdcs_of(vdc.org)) == 1
    variables = {
        "VCA_SERVICE_TYPE": "vcd" if profile == "all" else profile,
        "VCA_URL": url,
        "VCA_USERNAME": world.users[0].name,
        "VCA_PASSWORD": world.users[0].password,
        "VCA_ORG": vdc.org,
        "VCA_VDC": vdc.name if needs_vdc else "",
        "VCA_INSTANCE": world.orgs[vdc.org].org_id if profile == "vca" else "",
        "VCA_EDGE": edge.name if edge else "",
        "VCA_CA_PATH": ca_path,
    }
    if world.vdc_sites:
        variables |= {"VCA_VCDA_URL": vcda_url, "VCA_VCDA_CA_PATH": vcda_ca_path}
    return {name: value for name, value in variables.items() if value}


def first_api_token(config: SimulatorConfig, world: World) -> str:
    """Return an API token of the first user, or an empty string."""
    if config.profile not in ("vcd", "all") or newest(config.api_versions) < API_TOKENS:
        return ""
    user = world.users[0]
    tokens = (token for token in world.tokens.api_tokens.values() if token.org == user.org)
    return next((token.secret for token in tokens if token.user == user.name), "")
