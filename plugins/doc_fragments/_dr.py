# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Options that all disaster recovery modules have."""

from __future__ import annotations


class ModuleDocFragment:
    """Options for the API of disaster recovery and the storage of runs."""

    DOCUMENTATION = r"""
options:
  dr_provider:
    description:
      - API of disaster recovery, which is DR 2.x (V(vr)) or VMware Cloud Director Availability (VCDA, V(vcda)).
      - If not set, the value of E(VCA_DR_PROVIDER) is used. The default is V(auto), which selects VCDA if O(vcda_url)
        is set, and DR 2.x otherwise.
    type: str
    choices: [auto, vr, vcda]
  vcda_url:
    description:
      - Base URL of VCDA at the site that VMs are recovered to. If not set, the value of E(VCA_VCDA_URL) is used.
    type: str
  vcda_ca_path:
    description:
      - PEM file or directory with the certificate authorities (CAs) to trust for O(vcda_url). If not set, the value of
        E(VCA_VCDA_CA_PATH) is used. The default is the value of O(ca_path).
    type: path
  vcda_version:
    description:
      - API version of VCDA, for example V(4.7). If not set, the value of E(VCA_VCDA_VERSION) is used. The default is
        the newest version.
    type: str
  vcda_peer_user:
    description:
      - User of the other VCDA site, as V(user@org). If not set, the value of E(VCA_VCDA_PEER_USER) is used.
      - Migrations, pauses, synchronizations and reversed replications need a sign-in to the other site.
    type: str
  vcda_peer_password:
    description:
      - Password of O(vcda_peer_user). If not set, the value of E(VCA_VCDA_PEER_PASSWORD) is used.
    type: str
  vcda_peer_token:
    description:
      - Access token of the other site's VMware Cloud Director, instead of O(vcda_peer_user). If not set, the value of
        E(VCA_VCDA_PEER_TOKEN) is used.
    type: str
  vcda_peer_org:
    description:
      - Organization at the other VCDA site that is associated with this organization, instead of O(vcda_peer_user). If
        not set, the value of E(VCA_VCDA_PEER_ORG) is used.
    type: str
  vcda_peer_vcd_url:
    description:
      - Base URL of the other site's VMware Cloud Director, to check VMs there after a failback. If not set, the value
        of E(VCA_VCDA_PEER_VCD_URL) is used. Without it, VMs at the other site are not checked.
      - The sign-in uses O(vcda_peer_user) or O(vcda_peer_token).
    type: str
  vcda_peer_vcd_ca_path:
    description:
      - PEM file or directory with the certificate authorities (CAs) to trust for O(vcda_peer_vcd_url). If not set, the
        value of E(VCA_VCDA_PEER_VCD_CA_PATH) is used. The default is the value of O(ca_path).
    type: path
  state_url:
    description:
      - Folder or object store of the runs that several hosts share, such as V(file:///mnt/state) or
        V(s3://bucket/path). If not set, the value of E(VCA_STATE_URL) is used. By default, the runs stay in
        O(state_dir).
    type: str
  state_dir:
    description:
      - Folder for the journals and reports of runs, on the host that runs the module. If not set, the value of
        E(VCA_STATE_DIR) is used. The default is a folder in the user's home directory.
    type: path
"""
