# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Argument specs that modules share. This file does not import the library."""

from __future__ import annotations

from typing import Any

ArgumentSpec = dict[str, dict[str, Any]]
"""Declarations of options by name, as in ``argument_spec`` of AnsibleModule."""


def connection_arguments() -> ArgumentSpec:
    """Return the options for the connection and sign-in.

    For options that are not set, the library reads environment variables and its configuration file.
    """
    return {
        "service_type": {"type": "str", "choices": ["vchs", "vca", "vcd"]},
        "url": {"type": "str", "aliases": ["host", "hostname"]},
        "username": {"type": "str", "aliases": ["user"]},
        "password": {"type": "str", "no_log": True, "aliases": ["pass", "passwd"]},
        "org": {"type": "str", "aliases": ["org_name"]},
        "vdc": {"type": "str", "aliases": ["vdc_name"]},
        "instance": {"type": "str", "aliases": ["instance_id", "service_id"]},
        "api_token": {"type": "str", "no_log": True},
        "api_token_file": {"type": "path", "no_log": False},
        "token": {"type": "str", "no_log": True},
        "api_version": {"type": "str"},
        "validate_certs": {"type": "bool", "aliases": ["verify_certs", "verify_ssl_certs"]},
        "ca_path": {"type": "path"},
        "timeout": {"type": "float"},
        "session_cache": {"type": "bool"},
    }


def edge_arguments() -> ArgumentSpec:
    """Return the options that select an edge gateway and control how it is written."""
    return {
        "edge": {"type": "str", "aliases": ["gateway", "gateway_name"]},
        "edge_api": {"type": "str", "choices": ["auto", "hybridity", "network_xml", "network_json"]},
        **writing_arguments(),
    }


def vdc_group_arguments() -> ArgumentSpec:
    """Return the options that select a VDC group and control how it is written."""
    return {"vdc_group": {"type": "str"}, **writing_arguments()}


def writing_arguments() -> ArgumentSpec:
    """Return the options that control how rules are checked and written."""
    return {
        "firewall_lint": {"type": "str", "choices": ["off", "warn", "reject"]},
        "lock": {"type": "bool"},
        "lock_timeout": {"type": "float"},
        "state_dir": {"type": "path"},
    }


def dr_arguments() -> ArgumentSpec:
    """Return the options for the API of disaster recovery and the storage of runs."""
    return {
        "dr_provider": {"type": "str", "choices": ["auto", "vr", "vcda"]},
        "vcda_url": {"type": "str"},
        "vcda_ca_path": {"type": "path"},
        "vcda_version": {"type": "str"},
        "vcda_peer_user": {"type": "str"},
        "vcda_peer_password": {"type": "str", "no_log": True},
        "vcda_peer_token": {"type": "str", "no_log": True},
        "vcda_peer_org": {"type": "str"},
        "vcda_peer_vcd_url": {"type": "str"},
        "vcda_peer_vcd_ca_path": {"type": "path"},
        "state_url": {"type": "str"},
        "state_dir": {"type": "path"},
    }


def stage_arguments() -> ArgumentSpec:
    """Return the options for staging changes."""
    return {"stage": {"type": "bool", "default": False}, "stage_id": {"type": "str"}}


def measuring_arguments() -> ArgumentSpec:
    """Return the options that select VMs and the time range to read metrics for."""
    return {
        "names": {"type": "list", "elements": "str", "default": [], "aliases": ["vms"]},
        "where": {"type": "dict", "default": {}},
        "start": {"type": "str", "default": "1h"},
        "end": {"type": "str"},
        "source": {"type": "str", "choices": ["auto", "vca", "vcd-historic", "vcd-current"], "default": "auto"},
    }
