"""Reasons and hints for verdicts, and functions that classify errors of requests."""

from __future__ import annotations

from collections.abc import Mapping

from vcloudair_core.errors import ApiError, BusyError, DecodeError, TransportError, VcloudAirError, sentences
from vcloudair_core.services.dr.model import Replication

CHECK_VM = "Check the VM and its replication with `vca dr list` before you start the action again."
MAY_STILL_RUN = "Run the same action again to wait for its end. If it is still running, it is not started twice."
DECIDE = (
    "Check the VM in the cloud. If the action was not started, run `vca dr resume --start-again {name}`. To search for "
    "the task again, run `vca dr resume`."
)
SIGN_IN = "Sign in again, then run the action again."
NOT_IDLE = "Run `vca dr list` to see which action is in progress. When that action has ended, run your action again."
CHECK_RESULT = (
    "Check the VM in the cloud. The action has ended, but the server does not show its result. To check the result "
    "again, run `vca dr resume`."
)
CHECK_LOCATION = "Check if the VM was moved or renamed after the recovery."
HINTS: Mapping[str, str] = {
    "VdcNotEnabledForRecoveryFault": "Ask the provider to enable the VDC for recovery.",
    "OngoingFailover": "Wait until the other action has ended, then run this action again.",
    "AlreadyTestRecovered": "Clean up the test first.",
    "AlreadyRecovered": "Remove the VM from the selection. The VM was already failed over.",
    "NotTestRecovered": "Remove the VM from the selection. The VM has no test to clean up.",
}


def may_have_started(error: VcloudAirError) -> bool:
    """Return True unless the error proves that the server did not execute the request.

    An error proves this if the request was not sent, or if the API itself refused the request. An error of a proxy does
    not, because the proxy may have forwarded the request. Source: protocol/dr.md §3.4.
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
    """Return True if a read that failed with this error may succeed later."""
    if isinstance(error, ApiError):
        return isinstance(error, BusyError) or error.status in (408, 429, 500, 502, 503, 504)
    return isinstance(error, (TransportError, DecodeError))


def next_step(group: Replication) -> str:
    """Return a hint on what to do when the replication's state prevents the action."""
    if group.needs_cleanup:
        return "Clean up the test first."
    return "Check the replication with `vca dr list`."
