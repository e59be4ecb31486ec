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


RULE_EXCLUSIVE = [
    ("position", "before", "after", "index"),
    ("services", "protocol"),
    ("services", "dest_port"),
    ("services", "source_port"),
]
"""Options of a rule that contradict each other: two places, or services in their long and their short form."""


def rule_arguments():
    """One firewall rule, in the words of the library."""
    return dict(
        name=dict(type="str"),
        action=dict(type="str", aliases=["policy"], choices=["accept", "deny", "reject", "allow", "drop"]),
        enabled=dict(type="bool", aliases=["is_enable"]),
        logging=dict(type="bool", aliases=["enable_logging"]),
        description=dict(type="str"),
        clear=dict(type="list", elements="str", choices=["description"]),
        source=dict(type="list", elements="str", aliases=["source_ip"]),
        source_exclude=dict(type="bool"),
        destination=dict(type="list", elements="str", aliases=["dest_ip"]),
        destination_exclude=dict(type="bool"),
        services=dict(type="list", elements="dict", options=service_arguments()),
        protocol=dict(type="str"),
        dest_port=dict(type="list", elements="str"),
        source_port=dict(type="list", elements="str"),
        applications=dict(type="list", elements="str"),
        match_translated=dict(type="bool"),
        direction=dict(type="str", choices=["in", "out", "inout"]),
        tag=dict(type="int"),
        rule_id=dict(type="int"),
        position=dict(type="str", choices=["top", "bottom"]),
        before=dict(type="str"),
        after=dict(type="str"),
        index=dict(type="int"),
        match_by=dict(type="str", choices=["name", "rule_id", "tag"], default="name"),
    )


def service_arguments():
    """One service of a rule."""
    return dict(
        protocol=dict(type="str", required=True),
        port=dict(type="list", elements="str"),
        source_port=dict(type="list", elements="str"),
        icmp_type=dict(type="str"),
    )


NAT_RULE_EXCLUSIVE = [("position", "before", "after", "index"), ("vnic", "interface")]
"""Of each of these, one at most."""


def nat_rule_arguments():
    """One NAT rule, in the words of the library."""
    return dict(
        action=dict(type="str", choices=["snat", "dnat"]),
        original_address=dict(type="str", aliases=["original_ip"]),
        original_port=dict(type="str"),
        translated_address=dict(type="str", aliases=["translated_ip"]),
        translated_port=dict(type="str"),
        protocol=dict(type="str"),
        icmp_type=dict(type="str"),
        vnic=dict(type="str"),
        interface=dict(type="str", aliases=["network"]),
        dnat_match_source_address=dict(type="str"),
        dnat_match_source_port=dict(type="str"),
        snat_match_destination_address=dict(type="str"),
        snat_match_destination_port=dict(type="str"),
        enabled=dict(type="bool", aliases=["is_enable"]),
        logging=dict(type="bool", aliases=["enable_logging"]),
        description=dict(type="str"),
        clear=dict(type="list", elements="str", choices=["description"]),
        tag=dict(type="int", aliases=["rule_tag"]),
        rule_id=dict(type="int"),
        position=dict(type="str", choices=["top", "bottom"]),
        before=dict(type="str"),
        after=dict(type="str"),
        index=dict(type="int"),
        match_by=dict(type="str", choices=["tuple", "description", "tag", "rule_id"], default="tuple"),
    )


TUNNEL_EXCLUSIVE = [("psk", "psk_file")]
"""A key is given, or is in a file."""


def tunnel_arguments():
    """One IPsec tunnel, in the words of the library."""
    return dict(
        name=dict(type="str"),
        enabled=dict(type="bool"),
        description=dict(type="str"),
        clear=dict(type="list", elements="str", choices=["description", "extension"]),
        local_id=dict(type="str"),
        local_ip=dict(type="str", aliases=["local_ip_address"]),
        local_subnets=dict(type="list", elements="str"),
        peer_id=dict(type="str"),
        peer_ip=dict(type="str", aliases=["peer_ip_address"]),
        peer_subnets=dict(type="list", elements="str"),
        authentication=dict(type="str", choices=["psk", "x.509"]),
        psk=dict(type="str", no_log=True, aliases=["shared_secret"]),
        psk_file=dict(type="path", no_log=False),
        update_psk=dict(
            type="str", choices=["fingerprint", "always", "on_create"], default="fingerprint", no_log=False
        ),
        certificate=dict(type="str"),
        encryption=dict(type="str", aliases=["encryption_algorithm"]),
        pfs=dict(type="bool", aliases=["enable_pfs"]),
        dh_group=dict(type="str"),
        mtu=dict(type="int"),
        extension=dict(type="str"),
        ike_version=dict(type="str", aliases=["ike_option"]),
        digest=dict(type="str", aliases=["digest_algorithm"]),
        responder_only=dict(type="bool"),
        compliance_suite=dict(type="str"),
        session_type=dict(type="str"),
        site_id=dict(type="str"),
        match_by=dict(type="str", choices=["name", "peer", "site_id"], default="name"),
    )


def ipsec_settings_arguments():
    """The settings of an IPsec VPN, in the words of the library."""
    return dict(
        enabled=dict(type="bool"),
        logging=dict(type="bool"),
        log_level=dict(
            type="str", choices=["emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"]
        ),
        disable_event=dict(type="bool"),
        global_psk=dict(type="str", no_log=True),
        global_psk_file=dict(type="path", no_log=False),
        update_psk=dict(
            type="str", choices=["fingerprint", "always", "on_create"], default="fingerprint", no_log=False
        ),
        service_certificate=dict(type="str"),
        ca_certificates=dict(type="list", elements="str"),
        crl_certificates=dict(type="list", elements="str"),
    )


def ipsec_arguments():
    """A whole IPsec VPN, in the words of the library."""
    return dict(
        ipsec_settings_arguments(),
        tunnels=dict(type="list", elements="dict", options=tunnel_arguments(), mutually_exclusive=TUNNEL_EXCLUSIVE),
        allow_empty=dict(type="bool"),
    )


def measuring_arguments():
    """Which machines, which metrics, and from when to when."""
    return dict(
        names=dict(type="list", elements="str", default=[], aliases=["vms"]),
        where=dict(type="dict", default={}),
        start=dict(type="str", default="1h"),
        end=dict(type="str"),
        source=dict(type="str", choices=["auto", "vca", "vcd-historic", "vcd-current"], default="auto"),
    )
