"""A base class of stores whose rules can name objects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vcloudair_core.engine.kind import Document
from vcloudair_core.services.ans.names.rules import object_ids
from vcloudair_core.services.ans.section.document import SectionDocument, state_of

if TYPE_CHECKING:
    from vcloudair_core.services.ans.names.directory import ObjectDirectory


def document_with_names(document: Document, directory: ObjectDirectory | None) -> Document:
    """Return a document with the names of the objects in its rules.

    Makes calls only for kinds of objects that the rules contain and whose names are not cached.

    Raises: AuthenticationError, TransportError, DecodeError.
    """
    if directory is None or not isinstance(document, SectionDocument):
        return document
    named = replace(document, names=directory.names)
    directory.prepare_ids(object_ids(rule.spec for rule in state_of(named).rules))
    return named
