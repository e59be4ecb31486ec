"""Read and change XML elements of NSX, with or without a namespace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lxml import etree

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from lxml.etree import _Element


def tag_like(like: _Element, name: str) -> str:
    """Return a tag with ``name`` in the namespace of the element ``like``.

    The elements of this API have no namespace. Source: protocol/ans.md §2.8.
    """
    namespace, brace, _ = like.tag.rpartition("}")
    return f"{namespace}{brace}{name}"


def children(element: _Element | None, name: str) -> list[_Element]:
    """Return the child elements named ``name``, in any namespace."""
    # lxml filters in C, and creates objects only for matching children.
    return [] if element is None else list(element.iterchildren(f"{{*}}{name}"))


def child_of(element: _Element | None, name: str) -> _Element | None:
    """Return the first child element named ``name``, or None."""
    return None if element is None else next(element.iterchildren(f"{{*}}{name}"), None)


def ensure_child(element: _Element, name: str) -> _Element:
    """Return the first child named ``name``. Create the child if it is missing."""
    child = child_of(element, name)
    return etree.SubElement(element, tag_like(element, name)) if child is None else child


def remove(element: _Element) -> None:
    """Remove an element from its parent."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def text_of(element: _Element | None, name: str) -> str | None:
    """Return the text of the first child ``name``, or None if there is no such child."""
    child = child_of(element, name)
    return None if child is None else (child.text or "").strip()


def texts_of(element: _Element | None, name: str) -> tuple[str, ...]:
    """Return the texts of all children named ``name``, without empty texts."""
    return tuple(text for child in children(element, name) if (text := (child.text or "").strip()))


def first_text(element: Any, name: str) -> str | None:
    """Return the same as :func:`text_of`, also for ``xml.etree`` elements."""
    for child in element:
        if child.tag.rpartition("}")[2] == name:
            return (child.text or "").strip()
    return None


def fast_copies(holder: _Element | None, name: str) -> list[Element]:
    """Return ``xml.etree`` copies of the children ``name``, without namespaces.

    Reading a copy takes a third of the time, because lxml creates a Python object each time that an element is
    accessed. A copy has the same elements and texts, because it is parsed from the output of lxml.
    """
    return [] if holder is None else fast_copy(holder).findall(name)


def fast_copy(element: _Element) -> Element:
    """Return an ``xml.etree`` copy of an element, without namespaces."""
    from xml.etree import ElementTree

    copied = ElementTree.fromstring(etree.tostring(element, with_tail=False))  # noqa: S314
    if element.nsmap:
        for child in copied.iter():
            child.tag = child.tag.rpartition("}")[2]
    return copied


def add_text(element: _Element, name: str, value: Any) -> None:
    """Add a child with a text, even if a child with the same name exists."""
    etree.SubElement(element, tag_like(element, name)).text = wire_text(value)


def wire_text(value: Any) -> str:
    """Return a value as the text of an element."""
    if isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def set_text(element: _Element, name: str, value: Any) -> None:
    """Set the text of the child named ``name``. A missing child is created."""
    ensure_child(element, name).text = wire_text(value)


def set_texts(element: _Element, values: Mapping[str, Any]) -> None:
    """Set the texts of children. A child whose value is None is removed."""
    for name, value in values.items():
        child = child_of(element, name)
        if value is not None:
            set_text(element, name, value)
        elif child is not None:
            remove(child)


def set_repeated(element: _Element, name: str, values: Sequence[str]) -> None:
    """Replace all children named ``name`` with one child for each value."""
    for child in children(element, name):
        remove(child)
    for value in values:
        etree.SubElement(element, tag_like(element, name)).text = value


def int_of(text: str | None) -> int | None:
    """Return a string of digits as an integer, or None for other strings."""
    try:
        return int(text) if text else None
    except ValueError:
        return None


def digits_of(text: str | None) -> str | None:
    """Return an integer as a string without leading zeros, or None for other text."""
    number = int_of(text)
    return None if number is None else str(number)


def bool_of(text: str | None, absent: bool | None = None) -> bool | None:
    """Return ``true`` or ``false`` as a bool, or ``absent`` for other strings."""
    word = (text or "").lower()
    return word == "true" if word in ("true", "false") else absent
