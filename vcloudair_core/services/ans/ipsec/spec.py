"""Specs of IPsec tunnels and of the IPsec section. Source: protocol/ans.md §4."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

from vcloudair_core.engine.canonical import address_range, fold, network_set
from vcloudair_core.engine.fields import FieldInfo, input_key, spec_field
from vcloudair_core.engine.matching import Identities, RuleIdentity
from vcloudair_core.services.ans.ipsec.algorithms import algorithm_meaning
from vcloudair_core.services.ans.ipsec.nsxt import fields as nsxt_fields
from vcloudair_core.services.ans.section.rule_fields import clear_key, description_field
from vcloudair_core.util.redaction import Secret

PSK, CERTIFICATE = "psk", "x.509"
ANY_PEER = "any"
MATCHES = ("name", "peer", "site_id")
KEY_UPDATES = ("fingerprint", "always", "on_create")
LEAST_MTU, MOST_MTU = 68, 9000
LOG_LEVELS = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")

REQUIRED = ("local_ip", "peer_ip", "local_subnets", "peer_subnets")
"""Fields that a new tunnel requires.

The defaults of ``local_id`` and ``peer_id`` are ``local_ip`` and ``peer_ip``.
"""

DH_OF_OLD_EDGES, DH_OF_NEW_EDGES = "dh5", "dh14"
"""Default DH groups of vCloud Air and of vCloud Director.

vCloud Air supports only dh2 and dh5. Source: protocol/ans.md §4.2.
"""


def subnets_meaning(subnets: Sequence[str]) -> Hashable:
    """Return the networks of one side in canonical form, for comparison.

    Adjacent networks are not merged, because the peers negotiate each pair of a local and a peer network.
    """
    return network_set(subnets)


def host_meaning(word: str) -> Hashable:
    """Return the canonical form of an address, a name or ``any``. Empty means any."""
    return address_range(word) or fold(word).rstrip(".") or ANY_PEER


def identifier_meaning(word: str) -> Hashable:
    """Return an IKE identifier in canonical form, for comparison.

    Only addresses have a canonical form. Other identifiers are compared as they are.
    """
    text = word.strip()
    return text if "/" in text or "-" in text else address_range(text) or text


@dataclass(frozen=True)
class IpsecTunnelSpec:
    """An IPsec tunnel (``site`` in the API). A field that is None keeps its value.

    For a new tunnel, None means the default. ``ike_version`` and all fields after it exist only on newer edges, and are
    sent only if they are set. ``initiation_mode`` and all fields after it exist only on NSX-T. Source: protocol/ans.md
    §4.2, protocol/nsxt.md §7.
    """

    name: str | None = spec_field("Name of the tunnel.", identity=True)
    enabled: bool | None = spec_field("Whether the tunnel is enabled. New tunnels are enabled by default.", absent=True)
    description: str | None = description_field()
    local_id: str | None = spec_field(
        "Identifier of the local side in IKE. The default for new tunnels is `local_ip`.", canonical=identifier_meaning
    )
    local_ip: str | None = spec_field(
        "Local endpoint of the tunnel, an address of the edge gateway. Required on new tunnels.",
        canonical=host_meaning,
        aliases=("local_ip_address",),
    )
    local_subnets: tuple[str, ...] | None = spec_field(
        "Networks on the local side, as CIDRs. Required on new tunnels. They must not overlap `peer_subnets`.",
        canonical=subnets_meaning,
    )
    peer_id: str | None = spec_field(
        "Identifier of the peer in IKE. It must be unique on the edge gateway. The default for new tunnels is "
        "`peer_ip`.",
        canonical=identifier_meaning,
    )
    peer_ip: str | None = spec_field(
        "Remote endpoint of the tunnel, as an address or host name. Required on new tunnels.",
        "With `any`, the edge gateway accepts a connection from any address. Such a tunnel needs `peer_id` and the "
        "global key of `vca_ipsec`. NSX-T edge gateways require an IPv4 address.",
        canonical=host_meaning,
        aliases=("peer_ip_address",),
    )
    peer_subnets: tuple[str, ...] | None = spec_field(
        "Networks on the peer's side, as CIDRs. Required on new tunnels.", canonical=subnets_meaning
    )
    authentication: str | None = spec_field(
        "Authentication method. The default for new tunnels is `psk`. `x.509` requires `certificate`.",
        canonical=fold,
        absent=PSK,
        choices=(PSK, CERTIFICATE),
        pattern="[Xx]509",
    )
    psk: Secret | None = spec_field(
        "Pre-shared key, at most 128 characters. Required on new tunnels, unless `peer_ip=any`.",
        "NSX-T edge gateways return the key, so the key is compared. Other edge gateways never return the key. There, "
        "`update_psk` sets when the key is sent.",
        secret=True,
        aliases=("shared_secret",),
    )
    certificate: str | None = spec_field(
        "Name or ID of the certificate of the tunnel, for `authentication=x.509`. On NSX-T edge gateways, the name or "
        "URN of a certificate in the certificate library of the organization. On vCloud Air, only IDs."
    )
    encryption: str | None = spec_field(
        "Encryption algorithm, as `aes`, `aes256`, `3des` or `aes-gcm`, in any common spelling. The default for new "
        "tunnels is `aes256`.",
        "NSX-T edge gateways have `aes`, `aes256`, `aes-gcm`, `aes-gcm-192` and `aes-gcm-256`. See `security_profile` "
        "for the default.",
        canonical=partial(algorithm_meaning, "encryption"),
        aliases=("encryption_algorithm",),
    )
    pfs: bool | None = spec_field(
        "Whether to use perfect forward secrecy. New tunnels use it by default.", absent=True, aliases=("enable_pfs",)
    )
    dh_group: str | None = spec_field(
        "Diffie-Hellman group, as `dh2`, `dh5`, `dh14`, `dh15` or `dh16`, the number alone, or a size such as "
        "`modp2048`.",
        "The default for new tunnels is `dh14`, and `dh5` on vCloud Air.",
        "NSX-T edge gateways also have `dh19`, `dh20` and `dh21`. See `security_profile` for the default.",
        canonical=partial(algorithm_meaning, "dh_group"),
    )
    mtu: int | None = spec_field(
        "MTU of the tunnel, in bytes. The server's default is the MTU of the interface.",
        unit="bytes",
        bounds=(LEAST_MTU, MOST_MTU),
    )
    extension: str | None = spec_field(
        "Extension of the tunnel, as ``securelocaltrafficbyip=ADDRESS`` or ``passthroughSubnets=NETWORK,...``.",
        absent="",
    )
    ike_version: str | None = spec_field(
        "IKE version, as `ikev1`, `ikev2` or `ikeflex`. Only for newer edge gateways.",
        canonical=partial(algorithm_meaning, "ike_version"),
        aliases=("ike_option",),
    )
    digest: str | None = spec_field(
        "Digest algorithm, as `sha1` or `sha-256`, in any common spelling. Only for newer edge gateways.",
        "NSX-T edge gateways also have `sha-384` and `sha-512`.",
        canonical=partial(algorithm_meaning, "digest"),
        aliases=("digest_algorithm",),
    )
    responder_only: bool | None = spec_field(
        "Whether the edge gateway only responds and never initiates the connection. Only for newer edge gateways."
    )
    initiation_mode: str | None = nsxt_fields.initiation_mode()
    logging: bool | None = nsxt_fields.tunnel_logging()
    ca_certificate: str | None = nsxt_fields.ca_certificate()
    security_profile: str | None = nsxt_fields.security_profile()
    tunnel_encryption: str | None = nsxt_fields.phase_2("encryption", "Encryption algorithm")
    tunnel_digest: str | None = nsxt_fields.phase_2("digest", "Digest algorithm")
    tunnel_dh_group: str | None = nsxt_fields.phase_2("dh_group", "Diffie-Hellman group")
    ike_lifetime: int | None = nsxt_fields.lifetime("IKE security association (phase 1)", 21600)
    tunnel_lifetime: int | None = nsxt_fields.lifetime("IPsec security association (phase 2)", 900)
    dpd_interval: int | None = nsxt_fields.dpd_interval()
    df_policy: str | None = nsxt_fields.df_policy()
    compliance_suite: str | None = spec_field(
        "Name of a compliance suite, or `none`. Only for newer edge gateways.", canonical=fold
    )
    session_type: str | None = spec_field(
        "Session type that the server reports. Accepted and ignored, so that you can pass a tunnel that you have read.",
        read_only=True,
    )
    site_id: str | None = spec_field(
        "ID of the tunnel, set by the server. It identifies the tunnel with `match_by=site_id`. Otherwise it "
        "distinguishes tunnels that have the same name.",
        read_only=True,
    )
    match_by: str = spec_field(
        "Option that identifies an existing tunnel.",
        "`peer` uses `peer_id`, or `peer_ip` without it, so that the tunnel can be renamed. With `site_id` all other "
        "options can change, but no tunnel is created.",
        "If several tunnels match, the task fails and lists them.",
        default="name",
        input_only=True,
        choices=MATCHES,
    )
    update_psk: str = spec_field(
        "When to send the key of an existing tunnel.",
        "`fingerprint` sends the key if it differs from the key that this host sent last. To compare them, a keyed "
        "fingerprint (HMAC) of the key is stored in `state_dir`. Changes that others make to the key are not detected. "
        "If `state_dir` does not persist, as in a container, every run sends the key and reports a change.",
        "On NSX-T edge gateways, `fingerprint` compares the key with the key of the tunnel. Changes that others make "
        "are detected, and nothing is stored.",
        "`always` sends the key in every run, and every run reports a change.",
        "`on_create` sends the key only when the tunnel is created.",
        default="fingerprint",
        input_only=True,
        choices=KEY_UPDATES,
    )

    other_keys: ClassVar[Mapping[str, FieldInfo]] = {
        "clear": clear_key("description", "extension"),
        "psk_file": input_key(
            "File with the key on the host that runs the module, instead of `psk`. A line break at the end of the file "
            "is ignored.",
            kind=Path,
        ),
    }
    exclusive: ClassVar[Sequence[tuple[str, ...]]] = (("psk", "psk_file"),)
    """Mutually exclusive keys."""

    # Tunnels have no tags and no order, unlike the rules of the other sections.
    tag = position = before = after = index = None

    @property
    def rule_id(self) -> str | None:
        """The tunnel ID that the server assigned. Rule lists expect this property."""
        return self.site_id

    @property
    def ends(self) -> str:
        """The identity of a tunnel without an ID: ``203.0.113.10 198.51.100.7 branch``."""
        return " ".join((self.local_ip or "", self.peer_ip or "", self.peer_id or self.peer_ip or ""))


def _peer(spec: IpsecTunnelSpec) -> tuple[str]:
    return ((spec.peer_id or spec.peer_ip or "").strip(),)


def _peer_keys(spec: IpsecTunnelSpec) -> tuple[Hashable, ...]:
    """Return the search keys that identify a tunnel by its peer.

    A key with the local address comes first, because NSX-T allows several tunnels to a peer, each with a different
    local address.
    """
    peer = _peer(spec)
    return ((*peer, host_meaning(spec.local_ip)), peer) if spec.local_ip else (peer,)


IDENTITIES = Identities(
    {
        "name": RuleIdentity(lambda spec: (spec.name or "",), lambda spec: f"named {spec.name or ''!r}"),
        "peer": RuleIdentity(_peer_keys, lambda spec: f"with the peer {spec.peer_id or spec.peer_ip or ''!r}"),
        "site_id": RuleIdentity(lambda spec: (spec.site_id,), lambda spec: f"with the ID {spec.site_id}"),
    },
    shown=("local_ip", "peer_id", "peer_ip", "description"),
    numbers=("site_id",),
    content=_peer,
    hint="Set site_id as well, or match by peer or site_id (match_by).",
)
"""The ways to identify a tunnel.

The ID of the peer is unique on an edge, except on NSX-T. Source: protocol/ans.md §4.2, protocol/nsxt.md §7.
"""


@dataclass(frozen=True)
class IpsecSpec:
    """The IPsec VPN of an edge. A field that is None keeps its value.

    Source: protocol/ans.md §4.2.
    """

    enabled: bool | None = spec_field(
        "Whether the IPsec VPN service is enabled. The service requires at least one tunnel.", absent=False
    )
    logging: bool | None = spec_field("Whether the service writes a log.", absent=True)
    log_level: str | None = spec_field(
        "Log level of the service.", canonical=fold, absent="warning", choices=LOG_LEVELS
    )
    disable_event: bool | None = spec_field("Whether to suppress the events of the service.", absent=False)
    global_psk: Secret | None = spec_field("Pre-shared key of all tunnels with the peer address `any`.", secret=True)
    service_certificate: str | None = spec_field(
        "Name or ID of the edge gateway's certificate, for tunnels that authenticate with `x.509`. On vCloud Air, only "
        "IDs."
    )
    ca_certificates: tuple[str, ...] | None = spec_field(
        "Names or IDs of all CA certificates. On vCloud Air, only IDs.", unordered=True
    )
    crl_certificates: tuple[str, ...] | None = spec_field(
        "Names or IDs of all certificate revocation lists (CRLs). On vCloud Air, only IDs.", unordered=True
    )
    tunnels: tuple[IpsecTunnelSpec, ...] | None = spec_field(
        "IPsec tunnels. The order does not matter. Each entry must identify a different tunnel.", input_only=True
    )
    update_psk: str = spec_field(
        "When to send `global_psk`, as for the keys of tunnels. `on_create` never sends it, because the server does "
        "not show if a global key exists.",
        default="fingerprint",
        input_only=True,
        choices=KEY_UPDATES,
    )
    allow_empty: bool | None = spec_field(
        "Whether `tunnels` may be empty in a document that is applied with purge. This deletes all user-defined "
        "tunnels.",
        input_only=True,
    )

    other_keys: ClassVar[Mapping[str, FieldInfo]] = {
        "global_psk_file": input_key(
            "File with the key on the host that runs the module, instead of `global_psk`.", kind=Path
        ),
    }
    exclusive: ClassVar[Sequence[tuple[str, ...]]] = (("global_psk", "global_psk_file"),)
    """Mutually exclusive keys."""
