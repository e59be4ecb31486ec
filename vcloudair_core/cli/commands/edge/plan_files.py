"""Save plan files for ``vca edge plan --out``, and load them for ``apply --plan``."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError, PlanRejectedError
from vcloudair_core.services.ans.document.file import EdgeDocument, read_document
from vcloudair_core.util.user_files import read_text, write_text

if TYPE_CHECKING:
    from vcloudair_core.engine.plan import Plan

PLAN_FORMAT = "vcloudair-edge-plan-1"


def save_plan(path: str, document_path: str, document: EdgeDocument, plan: Plan, options: Mapping[str, Any]) -> None:
    """Save a plan and the path of its document. Secrets are removed from the plan.

    Raises: ConfigurationError if the file cannot be written.
    """
    if document_path == "-":
        raise ConfigurationError(
            "You cannot save a plan for a document from standard input.", hint="Save the document to a file first."
        )
    saved = {
        "format": PLAN_FORMAT,
        "document": os.path.relpath(document_path, Path(path).resolve().parent),
        "digest": document.digest(),
        **options,
        "plan": plan.as_dict(),
    }
    write_text(path, json.dumps(saved, indent=2, ensure_ascii=False) + "\n", "The plan")


def load_plan(path: str) -> tuple[EdgeDocument, dict[str, Any]]:
    """Load a plan file, and return its document and its plan.

    Raises: ConfigurationError if the file is invalid; PlanRejectedError if the document has changed.
    """
    text = read_text(path, "The plan")
    try:
        saved = json.loads(text)
        is_current = saved["format"] == PLAN_FORMAT
    except (ValueError, KeyError, TypeError) as exc:
        raise ConfigurationError(
            f"Reading the plan failed: '{path}'. The file is not a saved plan.",
            hint="Run: vca edge plan DOCUMENT --out FILE",
        ) from exc
    if not is_current:
        raise ConfigurationError(
            f"Reading the plan failed: '{path}'. Unsupported format: {saved['format']!r}.",
            hint="Create a new plan with `vca edge plan --out`.",
        )
    document = read_document(str(Path(path).resolve().parent / saved["document"]))
    if document.digest() != saved["digest"]:
        raise PlanRejectedError(
            f"The document '{saved['document']}' has changed since the plan '{path}' was saved. Nothing was changed.",
            hint="Create and review a new plan with `vca edge plan`.",
        )
    return document, saved


def require_same_plan(saved: Mapping[str, Any], path: str) -> Callable[[Plan], None]:
    """Return a function that rejects any plan that differs from the saved plan.

    The function raises PlanRejectedError.
    """

    def check(plan: Plan) -> None:
        if plan.as_dict() != saved["plan"]:
            raise PlanRejectedError(
                f"{plan.target} has changed since the plan '{path}' was saved. The changes would now be: "
                f"{plan.summary()}. Nothing was changed.",
                hint="Create and review a new plan with `vca edge plan`.",
            )

    return check
