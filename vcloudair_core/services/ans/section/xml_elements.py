"""Reading and changing elements of NSX's XML, whatever is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lxml import etree

if TYPE_CHECKING:
    from lxml.etree import _Element


def tag_like(like: _Element, name: str) -> str:
    """A name in the namespace of ``like``, of which this wire form has none. Source: protocol/ans.md §2.8."""
    namespace = etree.QName(like).namespace
    return f"{{{namespace}}}{name}" if namespace else name


def children(element: _Element | None, name: str) -> list[_Element]:
    """The children of that name."""
    # In any namespace or none. lxml looks for them in C, and makes objects of those alone that are meant.
    return [] if element is None else list(element.iterchildren(f"{{*}}{name}"))


def child_of(element: _Element | None, name: str) -> _Element | None:
    """The first child of that name."""
    return None if element is None else next(element.iterchildren(f"{{*}}{name}"), None)


def made_child(element: _Element, name: str) -> _Element:
    """The first child of that name, made if there is none."""
    child = child_of(element, name)
    return etree.SubElement(element, tag_like(element, name)) if child is None else child


def remove(element: _Element) -> None:
    """Take an element out of its parent."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def text_of(element: _Element | None, name: str) -> str | None:
    """The text of a child, None when there is no such child."""
    child = child_of(element, name)
    return None if child is None else (child.text or "").strip()


def texts_of(element: _Element | None, name: str) -> tuple[str, ...]:
    """The texts of all children of that name, without the empty ones."""
    return tuple(text for child in children(element, name) if (text := (child.text or "").strip()))


def set_text(element: _Element, name: str, value: Any) -> None:
    """Give a child that text; it is made if there is none."""
    made_child(element, name).text = str(value).lower() if isinstance(value, bool) else str(value)


def set_texts(element: _Element, values: Mapping[str, Any]) -> None:
    """Give children texts; a child whose value is None is taken out."""
    for name, value in values.items():
        child = child_of(element, name)
        if value is not None:
            set_text(element, name, value)
        elif child is not None:
            remove(child)


def set_repeated(element: _Element, name: str, values: Sequence[str]) -> None:
    """One child for each value, in place of those of that name."""
    for child in children(element, name):
        remove(child)
    for value in values:
        etree.SubElement(element, tag_like(element, name)).text = value


def int_of(text: str | None) -> int | None:
    """A whole number; None for anything else."""
    try:
        return int(text) if text else None
    except ValueError:
        return None


def digits_of(text: str | None) -> str | None:
    """A whole number as text without leading zeros; None for anything else."""
    number = int_of(text)
    return None if number is None else str(number)


def bool_of(text: str | None, absent: bool | None = None) -> bool | None:
    """True or false; ``absent`` for anything else."""
    word = (text or "").lower()
    return word == "true" if word in ("true", "false") else absent
