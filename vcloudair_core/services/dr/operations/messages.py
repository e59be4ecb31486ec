"""Messages and hints of operations, and the meaning of errors for a request."""

from __future__ import annotations

from collections.abc import Mapping

from vcloudair_core.errors import ApiError, BusyError, DecodeError, TransportError, VcloudAirError, sentences
from vcloudair_core.services.dr.model import Replication

CHECK_VM = "Check the VM and its replication with `vca dr list` before you start the action again."
MAY_STILL_RUN = "Run the same action again to wait for its end. It may still be running, and is not started twice."
DECIDE = (
    "Check the VM in the cloud. If its action was not started, run `vca dr resume --start-again {name}`. To search for "
    "its task again, run `vca dr resume`."
)
SIGN_IN = "Sign in again, then run the action again."
NOT_IDLE = "Check what is in progress with `vca dr list`, and run the action again when it has ended."
CHECK_LOCATION = "Check if the VM was moved or renamed since its recovery."
HINTS: Mapping[str, str] = {
    "VdcNotEnabledForRecoveryFault": "Ask the provider to enable the VDC for recovery.",
    "OngoingFailover": "Wait until the other action ends, then run this action again.",
    "AlreadyTestRecovered": "Clean up the test first.",
    "AlreadyRecovered": "Remove the VM from the selection. It was already failed over.",
    "NotTestRecovered": "Remove the VM from the selection. It has no test to clean up.",
}


def may_have_started(error: VcloudAirError) -> bool:
    """Return False only for an error that proves that the request was not executed.

    Either the request was not sent, or the API itself refused it. A proxy in front of the API may return an error for
    a request that it has already forwarded. Source: protocol/dr.md §3.4.
    """
    if isinstance(error, TransportError):
        return error.may_have_executed
    if isinstance(error, ApiError):
        is_refusal = error.status == 0 or (400 <= error.status < 500 and error.status not in (408, 499))
        return not is_refusal or error.is_from_gateway
    return isinstance(error, DecodeError)


def reason_of(error: VcloudAirError) -> str:
    """Return the message of an error without the hint, for use within a sentence."""
    return sentences(error.message, error.context).rstrip(".")


def is_transient(error: VcloudAirError) -> bool:
    """Return True for a temporary error of a read."""
    if isinstance(error, ApiError):
        return isinstance(error, BusyError) or error.status in (408, 429, 500, 502, 503, 504)
    return isinstance(error, (TransportError, DecodeError))


def has_error(group: Replication, action: str) -> bool:
    """Return True when the replication shows that the action failed."""
    state = group.recovery_state if action == "failover" else group.test_state
    return "error" in state.lower()


def next_step(group: Replication) -> str:
    """Return the hint for a replication whose state does not allow the action."""
    if group.test_state.lower() in ("complete", "testerror", "cleanuperror"):
        return "Clean up the test first."
    return "Check the replication with `vca dr list`."
