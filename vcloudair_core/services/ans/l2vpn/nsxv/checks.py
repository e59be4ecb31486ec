"""Check edits of the L2 VPN of NSX-V edge gateways.

Source: protocol/ans.md §5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcloudair_core.errors import ConfigurationError, SpecError
from vcloudair_core.services.ans.l2vpn.nsxv.codec import client_of, passwords_of
from vcloudair_core.services.ans.section.document import state_of

if TYPE_CHECKING:
    from vcloudair_core.engine.kind import Document
    from vcloudair_core.services.ans.l2vpn.model import L2Vpn
    from vcloudair_core.services.ans.section.document import SectionEdit


def check_server(document: Document, edit: SectionEdit) -> None:
    """Raise an error if an edit is incomplete or would lose something.

    It must lose neither passwords nor the configuration of a client.

    Raises: ConfigurationError if the edge gateway is a client; SpecError.
    """
    if client_of(document.tree) is not None:
        raise ConfigurationError(
            "Changing the L2 VPN failed. The edge gateway is an L2 VPN client, and its configuration is not managed.",
            hint="Change the client in the portal of the cloud. To make the edge gateway a server, delete the client "
            "there first.",
        )
    state: L2Vpn = state_of(document)
    for name in ("listener_ip", "encryption_algorithms"):
        if edit.settings.get(name) is None and getattr(state.settings, name) is None:
            raise SpecError(
                name,
                "is required, because the edge gateway has no L2 VPN server yet",
                hint=f"Set {name} of the L2 VPN (vca_l2vpn).",
            )
    _refuse_lost_passwords(document, state, edit)


def slots_without_password(document: Document) -> frozenset[int]:
    """Return the slots of the peer sites whose passwords the server does not return."""
    visible = passwords_of(document)
    return frozenset(rule.slot for rule in state_of(document).rules if rule.spec.ends not in visible)


def _refuse_lost_passwords(document: Document, state: L2Vpn, edit: SectionEdit) -> None:
    """Raise SpecError if the write would contain a peer site without its password.

    A write contains all peer sites. A masked password in a write may replace the password.
    """
    hidden = slots_without_password(document)
    names = {rule.slot: rule.spec.name or "" for rule in state.rules}
    kept = names if edit.steps is None else {step.slot for step in edit.steps if step.slot is not None}
    sent = {step.slot for step in edit.steps or () if step.spec is not None and step.spec.psk is not None}
    lost = sorted(names[slot] for slot in hidden if slot in kept and slot not in sent)
    if lost:
        raise SpecError(
            "tunnels",
            f"the server does not return the passwords of {', '.join(map(repr, lost))}, and every write must "
            "contain them",
            hint="Set psk of all tunnels, with update_psk: always (vca_l2vpn).",
        )
