"""Build the result of each step that ``vca doctor`` runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from vcloudair_core.cli.exit_codes import FAILED, OK

PASSED, WARNING, FAILURE, SKIPPED = "ok", "warning", "failed", "skipped"


@dataclass(frozen=True)
class DiagnosisStep:
    """The result of a step. Status: ``ok``, ``warning``, ``failed`` or ``skipped``."""

    name: str
    status: str
    detail: str
    hint: str = ""
    exit_code: int = OK

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain data.

        The keys are ``name``, ``status``, ``detail`` and ``hint``.
        """
        fields = asdict(self)
        del fields["exit_code"]
        return fields


def passed(name: str, detail: str) -> DiagnosisStep:
    """Return the result of a step that passed."""
    return DiagnosisStep(name, PASSED, detail)


def warned(name: str, detail: str, hint: str) -> DiagnosisStep:
    """Return the result of a step that passed with a warning."""
    return DiagnosisStep(name, WARNING, detail, hint)


def failed(name: str, detail: str, hint: str, exit_code: int = FAILED) -> DiagnosisStep:
    """Return the result of a failed step."""
    return DiagnosisStep(name, FAILURE, detail, hint, exit_code)


def skipped(name: str, detail: str) -> DiagnosisStep:
    """Return the result of a step that was not checked."""
    return DiagnosisStep(name, SKIPPED, detail)
