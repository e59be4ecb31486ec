"""Fill the sections of an edge from an inventory file.

The file contains sections in the JSON format of a PUT request.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from vcloudair_core.errors import SpecError
from vcloudair_core.simulator.config import SimulatorConfig
from vcloudair_core.simulator.edge import firewall_section
from vcloudair_core.simulator.edge.firewall_section import RefusedError
from vcloudair_core.simulator.edge.ipsec_section import SimulatedIpsec
from vcloudair_core.simulator.edge.nat_section import SimulatedNat
from vcloudair_core.simulator.state.entities import SimulatedEdge

KEY = "simulated-key"
"""Pre-shared key of IPsec sites for which the inventory file has no key."""


def fill_sections(
    edge: SimulatedEdge, sections: Mapping[str, Any], config: SimulatorConfig, established_timeout_s: int
) -> None:
    """Replace sections of a new edge. Each section keeps version 1.

    Raises SpecError for a section that the API would reject.
    """
    for name, contents in sections.items():
        body = copy.deepcopy(contents)
        body.pop("version", None)
        try:
            if name == "firewall":
                firewall_section.replace(
                    edge,
                    body,
                    needs_feature_type=False,
                    strict_version="ignore",
                    regenerate=False,
                    established=established_timeout_s,
                )
                edge.firewall["version"] = 1
            else:
                _fill(edge, name, body, config)
        except (RefusedError, ValueError, TypeError, AttributeError, KeyError) as exc:
            reason = f"the key {exc} is missing" if isinstance(exc, KeyError) else str(exc)
            raise SpecError(f"edge '{edge.name}': sections.{name}", reason) from exc


def _fill(edge: SimulatedEdge, name: str, body: dict[str, Any], config: SimulatorConfig) -> None:
    section: SimulatedNat | SimulatedIpsec = SimulatedNat() if name == "nat" else SimulatedIpsec()
    for site in (body.get("sites") or {}).get("sites") or []:
        if str(site.get("authenticationMode") or "psk").lower() == "psk":
            site.setdefault("psk", KEY)
    section.replace(edge, body, config=config, needs_feature_type=False)
    section.state(edge)["version"] = 1
