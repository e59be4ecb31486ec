# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""An event source of Event-Driven Ansible: what happens in vCloud Air and VMware Cloud Director."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

DOCUMENTATION = r"""
short_description: What happens in vCloud Air and VMware Cloud Director
description:
  - Looks at a cloud again and again, and makes an event of each thing that is new. An occurrence is one event, however
    often it is seen, and its end is another one.
  - A cloud that cannot be reached makes no event. It is looked at less and less often until it answers, and then what
    has changed in the meantime is told.
  - Everything wrong with the options is said at once when the rulebook starts, before anything is sent. A password that
    the cloud refuses at the start, and an edge gateway that is not there, end it as well.
  - A sign-in that is refused later does not end it. It tries again after 1, 3, 9, 27 and then every 30 minutes, so that
    no account is locked.
  - No event holds a secret.
options:
  watch:
    description:
      - What to watch. V(tasks) makes the events C(task_failed). V(tunnels) makes C(tunnel_down) and C(tunnel_up).
        V(replications) makes C(replication_behind) and C(replication_caught_up). V(drift) makes C(edge_drifted) and
        C(edge_in_line).
      - What is down, behind or different when it starts is told, what has failed before is not. See O(with_past).
    type: list
    elements: str
    choices: [tasks, tunnels, replications, drift]
    required: true
  edges:
    description:
      - For V(tunnels), the names or UUIDs of the edge gateways. By default all that have advanced networking.
    type: list
    elements: str
  documents:
    description:
      - For V(drift), what each edge gateway is to look like. The keys are names or UUIDs, the values are documents, as
        C(vca edge export) writes them, or the names of files that hold them.
      - Keys of tunnels are no difference, because no server shows them, so documents need none.
    type: dict
  purge:
    description:
      - For V(drift), whether rules and tunnels that a document lacks are a difference.
    type: bool
    default: false
  interval:
    description:
      - Seconds between two looks.
    type: float
    default: 60
  max_interval:
    description:
      - Seconds between two looks at the most, when the cloud cannot be read. The time doubles with each failure.
    type: float
    default: 600
  confirm:
    description:
      - How many looks in a row have to agree before something is an event, for what goes up and down quickly. Failed
        tasks are told at once.
    type: int
    default: 1
  with_past:
    description:
      - For V(tasks), whether those that had failed before it started are told, too.
    type: bool
    default: false
  url:
    description:
      - Base URL of the API or portal. This and all other options of the connection (O(org), O(username), O(password),
        O(api_token), O(service_type), O(vdc), O(validate_certs), O(ca_path) and so on) are those of the modules.
        What is not given is taken from C(VCA_URL), C(VCA_ORG) and so on in the environment.
    type: str
  org:
    description: Name of the organization.
    type: str
  username:
    description: User name, without the organization.
    type: str
  password:
    description: Password.
    type: str
  api_token:
    description: API token of a user or service account of VMware Cloud Director.
    type: str
  service_type:
    description: Which API is spoken, V(vchs), V(vca) or V(vcd).
    type: str
  vdc:
    description: Name or UUID of the virtual data center. It chooses among edge gateways of the same name.
    type: str
  validate_certs:
    description: Whether TLS certificates are verified.
    type: bool
  ca_path:
    description: PEM file or directory of certificate authorities to trust.
    type: str
"""

EXAMPLES = r"""
- vcloudair.cloud.vca_events:
    watch: [tasks, tunnels]

- vcloudair.cloud.vca_events:
    url: https://vcd.example.com
    org: acme
    username: watcher
    password: "{{ vca_password }}"
    watch: [tunnels, drift]
    edges: [web-edge]
    documents:
      web-edge: /documents/web-edge.yml
    interval: 30
    confirm: 2
"""

try:
    from vcloudair_core import App
    from vcloudair_core.errors import VcloudAirError
    from vcloudair_core.monitoring import Monitor, create_monitors, read_options
except ImportError as exc:
    raise ImportError(
        "The event source vca_events needs the Python library vcloudair-core in the environment that ansible-rulebook "
        f"runs in ({exc}). From a checkout of the project, run: pip install '.[cli]'"
    ) from exc

LOGGER = logging.getLogger(__name__)


async def main(queue: asyncio.Queue[dict[str, Any]], args: dict[str, Any]) -> None:
    """Puts events until it is canceled. Raises VcloudAirError for what no waiting mends."""
    # What ansible-rulebook itself adds to the options of a source.
    given = {name: value for name, value in args.items() if name != "eda_feedback_queue"}
    app = App()
    options = read_options(given)
    settings = app.settings(options.connection)
    monitors = create_monitors(options, lambda: app.client(settings))
    tasks = [asyncio.create_task(follow(queue, monitor)) for monitor in monitors]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def follow(queue: asyncio.Queue[dict[str, Any]], monitor: Monitor) -> None:
    """Poll a monitor until canceled, in a thread, so that it does not block the other sources of a rulebook."""
    while True:
        try:
            events = await asyncio.to_thread(monitor.poll)
        except VcloudAirError as exc:
            LOGGER.error("%s: %s", monitor.name, exc)
            raise
        for event in events:
            await queue.put(event)
        await asyncio.sleep(monitor.delay_s)


if __name__ == "__main__":

    class _Printer:
        """Shows events in place of a rulebook."""

        async def put(self, event: dict[str, Any]) -> None:
            """Print one."""
            print(event)  # noqa: T201 - this is what it is for

    asyncio.run(main(_Printer(), {"watch": ["tasks", "tunnels"], "interval": 5}))  # type: ignore[arg-type]
