"""A simulated cloud with two orgs, VDC groups, media, snapshots and shared vApps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.simulated import Caller, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig

PASSWORD = "sesame-2"
WORLD = f"""
orgs:
  - name: acme
    users:
      - {{name: ops, password: {PASSWORD}}}
      - {{name: dev, password: {PASSWORD}, role: vApp User}}
    catalogs: [{{name: tools, description: Tools of the team, metadata: {{team: ops}}}}]
    vdc_groups:
      - {{name: east, description: Both VDCs, vdcs: [gold, silver], edges: [shared-edge]}}
      - {{name: lonely, vdcs: [silver]}}
    vdcs:
      - name: gold
        description: Production
        edges: [{{name: gold-edge, description: Own edge}}, {{name: shared-edge}}]
        networks:
          - {{name: gold-net, edge: gold-edge, gateway: 10.1.0.1}}
          - {{name: shared-net, edge: shared-edge, gateway: 10.2.0.1}}
        vapps:
          - {{name: shop, description: The shop, metadata: {{tier: gold}}}}
          - {{name: devbox, owner: dev}}
          - {{name: wiki, is_shared: true}}
          - {{name: board, shared_with: [dev]}}
        vms:
          - {{name: web1, vapp: shop, network: gold-net, description: First web server,
             snapshot: {{created: "2024-05-01T10:00:00.000+00:00", is_powered_on: true, size_mb: 5000}}}}
          - {{name: dev1, vapp: devbox, network: shared-net}}
          - {{name: wiki1, vapp: wiki, network: gold-net}}
          - {{name: board1, vapp: board, network: gold-net}}
        templates:
          - {{name: base, catalog: images, description: Base image, metadata: {{os: linux}},
             item: {{metadata: {{checked: true}}}}, vm: {{cpus: 4, metadata: {{role: base}}}}}}
        media:
          - {{name: setup.iso, catalog: images, size_bytes: 12345, description: Installer, metadata: {{lang: en}}}}
          - {{name: boot.flp, image_type: floppy}}
      - name: silver
        vms: [{{name: web2, network: shared-net}}]
  - name: umbrella
    users: [{{name: eve, password: {PASSWORD}}}]
    vdcs: [{{name: bronze, edges: [{{name: bronze-edge}}], vms: [{{name: mail1}}]}}]
"""


def world_config(folder: Path, **options: Any) -> SimulatorConfig:
    """Return options with the inventory."""
    file = folder / "world.yml"
    file.write_text(WORLD, encoding="utf-8")
    return SimulatorConfig(profile="vcd", inventory_file=str(file), **options)


def world_caller(folder: Path, user: str = "ops@acme", version: str = "37.2", **options: Any) -> Caller:
    """Return a client with a session of a user, by default the owner of most objects."""
    password = "demo-password" if user.endswith("@System") else PASSWORD
    return signed_in(Simulator(world_config(folder, **options)), user, password, version)


def same_cloud(caller: Caller, user: str, version: str = "37.2") -> Caller:
    """Return a client of the same cloud with a session of another user."""
    password = "demo-password" if user.endswith("@System") else PASSWORD
    return signed_in(caller.simulator, user, password, version)
