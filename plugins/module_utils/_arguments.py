# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""The options of the modules, as plain data. Nothing here needs the library."""

from __future__ import annotations


def connection_arguments():
    """How to reach and sign in to a cloud. The library looks up what is not given: in the environment, in its file."""
    return dict(
        service_type=dict(type="str", choices=["vchs", "vca", "vcd"]),
        url=dict(type="str", aliases=["host", "hostname"]),
        username=dict(type="str", aliases=["user"]),
        password=dict(type="str", no_log=True, aliases=["pass", "passwd"]),
        org=dict(type="str", aliases=["org_name"]),
        vdc=dict(type="str", aliases=["vdc_name"]),
        instance=dict(type="str", aliases=["instance_id", "service_id"]),
        api_token=dict(type="str", no_log=True),
        api_token_file=dict(type="path", no_log=False),
        token=dict(type="str", no_log=True),
        api_version=dict(type="str"),
        validate_certs=dict(type="bool", aliases=["verify_certs", "verify_ssl_certs"]),
        ca_path=dict(type="path"),
        timeout=dict(type="float"),
        session_cache=dict(type="bool"),
    )


def edge_arguments():
    """Which edge, and how to speak to it."""
    return dict(
        edge=dict(type="str", aliases=["gateway", "gateway_name"]),
        edge_api=dict(type="str", choices=["auto", "hybridity", "network_xml", "network_json"]),
        firewall_lint=dict(type="str", choices=["off", "warn", "veto"]),
        lock=dict(type="bool"),
        lock_timeout=dict(type="float"),
        state_dir=dict(type="path"),
    )


def stage_arguments():
    """Whether a task only stages its change, and where."""
    return dict(stage=dict(type="bool", default=False), stage_id=dict(type="str"))


def measuring_arguments():
    """Which machines, which metrics, and from when to when."""
    return dict(
        names=dict(type="list", elements="str", default=[], aliases=["vms"]),
        where=dict(type="dict", default={}),
        start=dict(type="str", default="1h"),
        end=dict(type="str"),
        source=dict(type="str", choices=["auto", "vca", "vcd-historic", "vcd-current"], default="auto"),
    )
