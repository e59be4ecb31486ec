"""Files of ``vca edge``: a plan that was looked at and is to be carried out so."""

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


def save_plan(path: str, document_path: str, document: EdgeDocument, plan: Plan, how: Mapping[str, Any]) -> None:
    """Keep a plan. It names its document and holds no secret. Raises ConfigurationError when it cannot be written."""
    if document_path == "-":
        raise ConfigurationError("A plan of standard input cannot be kept.", hint="Keep the document in a file.")
    kept = {
        "format": PLAN_FORMAT,
        "document": os.path.relpath(document_path, Path(path).resolve().parent),
        "digest": document.digest(),
        **how,
        "plan": plan.as_dict(),
    }
    write_text(path, json.dumps(kept, indent=2, ensure_ascii=False) + "\n", "The plan")


def load_plan(path: str) -> tuple[EdgeDocument, dict[str, Any]]:
    """A kept plan and its document. Raises ConfigurationError, PlanRejectedError when the document is another now."""
    text = read_text(path, "The plan")
    try:
        kept = json.loads(text)
        is_ours = kept["format"] == PLAN_FORMAT
    except (ValueError, KeyError, TypeError) as exc:
        raise ConfigurationError(
            f"{path} is not a plan of `vca edge plan`.", hint="Run: vca edge plan DOCUMENT --out FILE"
        ) from exc
    if not is_ours:
        raise ConfigurationError(f"{path} is a plan of another version: {kept['format']}.")
    document = read_document(str(Path(path).resolve().parent / kept["document"]))
    if document.digest() != kept["digest"]:
        raise PlanRejectedError(
            f"{kept['document']} is no longer what {path} was made of. Nothing was changed.",
            hint="Make and look at a new plan: vca edge plan.",
        )
    return document, kept


def only(kept: Mapping[str, Any], path: str) -> Callable[[Plan], None]:
    """Lets through the kept plan and no other. Raises PlanRejectedError."""

    def check(plan: Plan) -> None:
        if plan.as_dict() != kept["plan"]:
            raise PlanRejectedError(
                f"{plan.target} has changed since {path} was made: it would now take {plan.summary()}. "
                "Nothing was changed.",
                hint="Make and look at a new plan: vca edge plan.",
            )

    return check
