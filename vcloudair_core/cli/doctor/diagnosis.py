"""One finding of the doctor, and how findings end a diagnosis."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from vcloudair_core.cli.exit_codes import FAILED, OK

PASSED, WARNING, FAILURE, SKIPPED = "ok", "warning", "failed", "skipped"


@dataclass(frozen=True)
class DiagnosisStep:
    """A diagnosis step: its subject, status (``ok``, ``warning``, ``failed``, ``skipped``), and a hint."""

    name: str
    status: str
    detail: str
    hint: str = ""
    exit_code: int = OK

    def as_dict(self) -> dict[str, Any]:
        """Shape: ``{"name", "status", "detail", "hint"}``."""
        shown = asdict(self)
        del shown["exit_code"]
        return shown


def passed(name: str, detail: str) -> DiagnosisStep:
    """A step that is as it should be."""
    return DiagnosisStep(name, PASSED, detail)


def warned(name: str, detail: str, hint: str) -> DiagnosisStep:
    """A step that works but will hurt one day."""
    return DiagnosisStep(name, WARNING, detail, hint)


def failed(name: str, detail: str, hint: str, exit_code: int = FAILED) -> DiagnosisStep:
    """A step that is the reason, or one of them."""
    return DiagnosisStep(name, FAILURE, detail, hint, exit_code)


def skipped(name: str, detail: str) -> DiagnosisStep:
    """A step that could not be looked at."""
    return DiagnosisStep(name, SKIPPED, detail)
