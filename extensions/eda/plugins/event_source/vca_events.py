# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Event source of Event-Driven Ansible for vCloud Air and VMware Cloud Director."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

DOCUMENTATION = r"""
short_description: Events of vCloud Air and VMware Cloud Director
description:
  - Polls a cloud and sends an event for each change, such as a failed task or a tunnel that is down. A problem causes
    one event when it is detected and another event when it ends.
  - If the cloud cannot be reached, no event is sent. The time between polls increases until the cloud responds. The
    source then sends events for the changes since the last successful poll.
  - Invalid options are reported when the rulebook starts, before the source sends a request. The source also stops if
    the cloud rejects the password at the start or an edge gateway does not exist.
  - If a later sign-in is rejected, the source does not stop. It retries after 1, 3, 9, 27 and then every 30 minutes, so
    that the account is not locked.
  - Events never contain secrets.
options:
  watch:
    description:
      - Checks to run. V(tasks) sends the event C(task_failed). V(tunnels) sends C(tunnel_down) and C(tunnel_up).
        V(replications) sends C(replication_behind) and C(replication_caught_up). V(drift) sends C(edge_drifted) and
        C(edge_in_line).
      - Tunnels, replications and edge gateways that have a problem at the start cause an event. Tasks that failed
        before the start cause an event only if O(with_past=true).
    type: list
    elements: str
    choices: [tasks, tunnels, replications, drift]
    required: true
  edges:
    description:
      - For V(tunnels), names or UUIDs of the edge gateways. By default, all edge gateways with advanced networking are
        checked.
    type: list
    elements: str
  documents:
    description:
      - For V(drift), the desired configuration of each edge gateway. The keys are names or UUIDs. The values are
        documents in the format of C(vca edge export), or paths of files with such documents.
      - Documents do not need the pre-shared keys of tunnels. The server never returns the keys, so they are not
        compared.
    type: dict
  purge:
    description:
      - For V(drift), whether rules and tunnels that are not in the document count as drift.
    type: bool
    default: false
  interval:
    description:
      - Time between polls, in seconds.
    type: float
    default: 60
  max_interval:
    description:
      - Maximum time between polls, in seconds, if the cloud cannot be read. The time doubles with each failure.
    type: float
    default: 600
  confirm:
    description:
      - Number of consecutive polls that must show a change before the event is sent. Increase this number if tunnels go
        up and down quickly. Failed tasks are always reported at once.
    type: int
    default: 1
  with_past:
    description:
      - For V(tasks), whether to send events for tasks that failed before the start.
    type: bool
    default: false
  url:
    description:
      - Base URL of the API or portal.
      - This source has the same connection options as the modules. Options that are not set are read from environment
        variables, such as C(VCA_URL) and C(VCA_ORG).
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
    description: Type of the cloud service, as V(vchs), V(vca) or V(vcd).
    type: str
  vdc:
    description: >-
      Name or UUID of the virtual data center (VDC). Required if several edge gateways have the same name.
    type: str
  validate_certs:
    description: Whether to verify TLS certificates.
    type: bool
  ca_path:
    description: PEM file or directory with the certificate authorities (CAs) to trust.
    type: str
"""

EXAMPLES = r"""
- vcloudair.cloud.vca_events:
    watch: [tasks, tunnels]

- vcloudair.cloud.vca_events:
    url: https://vcd.example.com
    org: acme
    username: monitoring
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
        "Importing the Python library vcloudair-core failed in the environment of ansible-rulebook, which the event "
        f"source vca_events requires: {exc}. From a checkout of the project, run: pip install '.[cli]'"
    ) from exc

LOGGER = logging.getLogger(__name__)


async def main(queue: asyncio.Queue[dict[str, Any]], args: dict[str, Any]) -> None:
    """Put events into the queue until canceled.

    Raises VcloudAirError for errors that a later attempt cannot solve, such as invalid options.
    """
    # ansible-rulebook adds this key to the options of a source.
    source_options = {name: value for name, value in args.items() if name != "eda_feedback_queue"}
    app = App()
    options = read_options(source_options)
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
    """Poll a monitor until canceled and put its events into the queue.

    The monitor runs in a thread and does not block other sources of a rulebook.
    """
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
        """Queue that prints events, for a run without a rulebook."""

        async def put(self, event: dict[str, Any]) -> None:
            """Print an event."""
            print(event)  # noqa: T201 - output of a run without a rulebook

    asyncio.run(main(_Printer(), {"watch": ["tasks", "tunnels"], "interval": 5}))  # type: ignore[arg-type]
