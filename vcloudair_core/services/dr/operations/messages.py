"""Messages and hints of operations, and what an error says of a request."""

from __future__ import annotations

from collections.abc import Mapping

from vcloudair_core.errors import ApiError, BusyError, DecodeError, TransportError, VcloudAirError, sentences
from vcloudair_core.services.dr.model import Replication

LOOK = "Check the VM and its replication (`vca dr list`) before trying again."
MAYBE = "It may still be running at the server. Running the same action again waits for it and starts nothing twice."
DECIDE = (
    "Check the VM in the cloud. If its action was not started, run `vca dr resume --start-again {name}`; to look for "
    "it once more, run `vca dr resume`."
)
SIGN_IN = "Sign in again, then run this again."
NOT_IDLE = "Check what is in progress for it (`vca dr list`), and run this again when that is over."
GONE = "The replication says that it is there. If it was moved or renamed since, leave it out; else look for it."
HINTS: Mapping[str, str] = {
    "VdcNotEnabledForRecoveryFault": "Ask the provider to enable the VDC for recovery.",
    "OngoingFailover": "Another action is under way. Wait for it, then run this again.",
    "AlreadyTestRecovered": "Clean the test up first, or leave it as it is.",
    "AlreadyRecovered": "It was failed over already.",
    "NotTestRecovered": "There is no test to clean up.",
}


def may_have_begun(error: VcloudAirError) -> bool:
    """Return False only when a request that ended so was provably not carried out.

    That is when it was not sent, or when the API itself refused it. An answer of something in front of the API may
    come after the request was forwarded. Source: protocol/dr.md §3.4.
    """
    if isinstance(error, TransportError):
        return error.may_have_executed
    if isinstance(error, ApiError):
        is_refusal = error.status == 0 or (400 <= error.status < 500 and error.status not in (408, 499))
        return not is_refusal or error.is_from_gateway
    return isinstance(error, DecodeError)


def reason_of(error: VcloudAirError) -> str:
    """Return what an error says, for the middle of a sentence and without its hint."""
    return sentences(error.message, error.context).rstrip(".")


def is_transient(error: VcloudAirError) -> bool:
    """Return True for an error of one read, which says nothing about the action."""
    if isinstance(error, ApiError):
        return isinstance(error, BusyError) or error.status in (408, 429, 500, 502, 503, 504)
    return isinstance(error, (TransportError, DecodeError))


def has_gone_wrong(group: Replication, action: str) -> bool:
    """Return True when a replication shows that an action of it failed."""
    state = group.recovery_state if action == "failover" else group.test_state
    return "error" in state.lower()


def next_step(group: Replication) -> str:
    """Return what to do about an obstacle, for a hint."""
    if group.test_state.lower() in ("complete", "testerror", "cleanuperror"):
        return "Clean the test up first."
    return "Check the replication (`vca dr list`)."
