# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Connection and sign-in options that all modules have."""

from __future__ import annotations


class ModuleDocFragment:
    """Options for the connection and sign-in."""

    DOCUMENTATION = r"""
options:
  service_type:
    description:
      - Type of the cloud service. V(vchs) is a vCloud Air subscription, V(vca) is vCloud Air On-Demand, and V(vcd) is
        the API of vCloud Director or VMware Cloud Director.
      - If not set, the value of E(VCA_SERVICE_TYPE) is used. The default is V(vcd).
    type: str
    choices: [vchs, vca, vcd]
  url:
    description:
      - Base URL of the API or portal.
      - If not set, the value of E(VCA_URL) is used. The portals of V(vchs) and V(vca) have default URLs.
    type: str
    aliases: [host, hostname]
  username:
    description:
      - User name, without the organization. If not set, the value of E(VCA_USERNAME) is used.
    type: str
    aliases: [user]
  password:
    description:
      - Password of the user. If not set, the value of E(VCA_PASSWORD) is used.
    type: str
    aliases: [pass, passwd]
  org:
    description:
      - Name of the organization. If not set, the value of E(VCA_ORG) is used.
    type: str
    aliases: [org_name]
  vdc:
    description:
      - Name or UUID of the virtual data center (VDC). Required if several edge gateways have the same name. If not set,
        the value of E(VCA_VDC) is used.
    type: str
    aliases: [vdc_name]
  instance:
    description:
      - ID or name of the vCloud Air On-Demand instance or of the subscription service. If not set, the value of
        E(VCA_INSTANCE) is used.
    type: str
    aliases: [instance_id, service_id]
  api_token:
    description:
      - API token of a user of VMware Cloud Director. If not set, the value of E(VCA_API_TOKEN) is used.
      - For a service account, use O(api_token_file), because each token of a service account can be used only once.
    type: str
  api_token_file:
    description:
      - JSON file with the API token of a user or service account, in the format of the Terraform provider for VMware
        Cloud Director. If not set, the value of E(VCA_API_TOKEN_FILE) is used.
      - If the server replaces the token, the module writes the new token to this file before it sends another request.
        Several processes on a host can share the file.
    type: path
  token:
    description:
      - Token of an existing session, to use instead of a sign-in. If not set, the value of E(VCA_TOKEN) is used.
    type: str
  api_version:
    description:
      - API version to use, for example V(36.3). If not set, the value of E(VCA_API_VERSION) is used. By default, the
        version is negotiated with the server.
    type: str
  validate_certs:
    description:
      - Whether to verify TLS certificates. If not set, the value of E(VCA_VALIDATE_CERTS) is used. The default is
        V(true).
    type: bool
    aliases: [verify_certs, verify_ssl_certs]
  ca_path:
    description:
      - PEM file or directory with the certificate authorities (CAs) to trust. If not set, the value of E(VCA_CA_PATH)
        is used.
    type: path
  timeout:
    description:
      - Maximum time to wait for a response, in seconds. If not set, the value of E(VCA_TIMEOUT) is used. The default is
        120.
    type: float
  session_cache:
    description:
      - Whether to cache the session token, encrypted, for later tasks. If not set, the value of E(VCA_SESSION_CACHE) is
        used. The default is V(true).
    type: bool
requirements:
  - vcloudair-core >= 0.2.0 (Python library, on the host that runs the module)
notes:
  - Options take precedence over environment variables. Environment variables take precedence over the configuration
    file of the library. An empty string counts as not set.
"""
