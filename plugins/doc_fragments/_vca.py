# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""How to reach and sign in to a cloud, the same in every module."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the connection."""

    DOCUMENTATION = r"""
options:
  service_type:
    description:
      - Which API is spoken. V(vchs) is the subscription portal of vCloud Air, V(vca) is vCloud Air On-Demand, V(vcd) is
        a vCloud Director or VMware Cloud Director addressed directly.
      - If not given, E(VCA_SERVICE_TYPE) is used, else V(vcd).
    type: str
    choices: [vchs, vca, vcd]
  url:
    description:
      - Base URL of the API or portal.
      - If not given, E(VCA_URL) is used. The two portals have defaults.
    type: str
    aliases: [host, hostname]
  username:
    description:
      - User name, without the organization. If not given, E(VCA_USERNAME) is used.
    type: str
    aliases: [user]
  password:
    description:
      - Password. If not given, E(VCA_PASSWORD) is used.
    type: str
    aliases: [pass, passwd]
  org:
    description:
      - Name of the organization. If not given, E(VCA_ORG) is used.
    type: str
    aliases: [org_name]
  vdc:
    description:
      - Name or UUID of the virtual data center. It chooses among edge gateways of the same name. If not given,
        E(VCA_VDC) is used.
    type: str
    aliases: [vdc_name]
  instance:
    description:
      - On-Demand instance or subscription service, by id or name. If not given, E(VCA_INSTANCE) is used.
    type: str
    aliases: [instance_id, service_id]
  api_token:
    description:
      - API token of a user of VMware Cloud Director. If not given, E(VCA_API_TOKEN) is used.
      - The token of a service account can be used once. Use O(api_token_file) for it.
    type: str
  api_token_file:
    description:
      - JSON file with the API token of a user or a service account, in the format of Terraform's provider for VMware
        Cloud Director. If not given, E(VCA_API_TOKEN_FILE) is used.
      - When the server replaces the token, the new one is written to this file before anything else is sent. Processes
        of one host can share the file.
    type: path
  token:
    description:
      - Session token that is already there; no sign-in is made with it. If not given, E(VCA_TOKEN) is used.
    type: str
  api_version:
    description:
      - API version to pin, for example V(36.3). If not given, E(VCA_API_VERSION) is used, else the version is
        negotiated.
    type: str
  validate_certs:
    description:
      - Whether TLS certificates are verified. If not given, E(VCA_VALIDATE_CERTS) is used, else they are.
    type: bool
    aliases: [verify_certs, verify_ssl_certs]
  ca_path:
    description:
      - PEM file or directory of certificate authorities to trust. If not given, E(VCA_CA_PATH) is used.
    type: path
  timeout:
    description:
      - Seconds to wait for an answer. If not given, E(VCA_TIMEOUT) is used, else 120.
    type: float
  session_cache:
    description:
      - Whether the session token is kept, encrypted, for the next task. If not given, E(VCA_SESSION_CACHE) is used,
        else it is.
    type: bool
requirements:
  - vcloudair-core >= 0.2.0 (Python library, on the machine that runs the module)
notes:
  - An option beats its environment variable, and that beats the library's configuration file. An empty string counts
    as not given.
"""
