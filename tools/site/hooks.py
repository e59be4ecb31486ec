"""MkDocs hooks: add generated pages and adapt the Markdown of ``docs``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import collection_pages
import library_pages
from home import home, overview
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page
from search_ranking import boost_of

ROOT = Path(__file__).resolve().parent.parent.parent
_log = get_plugin_logger("site")
_FENCE = re.compile(r"^(?P<ticks>```+)(?P<language>[\w-]+)(?P<words> [^\n]*)?$", re.MULTILINE)
_LINK = re.compile(r"(?P<before>\]\()(?P<path>\.\.?/[^)\s#]+)(?P<after>(?:#[^)\s]*)?\))")
_CODE_IN_TABLE = re.compile(r"(?<=[|, ])`[^`\n]*\\\|[^`\n]*`")
r"""A vertical bar in a table cell.

GitHub requires ``\|`` even in code. Python-Markdown would show both characters.
"""
_CALLOUT = re.compile(r"^> \[!(?P<kind>NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\n(?P<text>(?:>.*\n?)+)", re.MULTILINE)
"""Notes and warnings of GitHub, which Python-Markdown would show as quotations."""
_CLOSE_LIST = re.compile(r"^(?![-*] |\d+\. |\||>|#| |```|<)\S.*\n(?:[-*] |\d+\. )", re.MULTILINE)
_SHALLOW_LIST = re.compile(r"^ {1,3}(?:[-*]|\d+\.) ", re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are generated from code, then the overview pages."""
    for make in (collection_pages.pages, library_pages.pages):
        _add(files, config, make())
    _add(files, config, overview({file.src_uri: file.content_string for file in files.documentation_pages()}))
    _add(files, config, home())
    return files


def _add(files: Files, config: MkDocsConfig, made: Iterator[tuple[str, str]]) -> None:
    for name, text in made:
        is_page = name.endswith(".md")
        inclusion = InclusionLevel.INCLUDED if is_page else InclusionLevel.EXCLUDED
        files.append(File.generated(config, name, content=text, inclusion=inclusion))


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Adapt the CommonMark of the pages to Python-Markdown.

    Warn about constructs that cannot be adapted.
    """
    name = page.file.src_uri
    is_made = page.file.generated_by is not None
    page.meta.setdefault("search", {"boost": boost_of(name, markdown, is_made=is_made)})
    if not is_made:
        _look_at_lists(name, markdown)
    markdown = _CALLOUT.sub(_admonition, markdown)
    markdown = _CODE_IN_TABLE.sub(lambda code: code[0].replace(r"\|", "|"), markdown)
    return _LINK.sub(lambda link: _within_the_site(link, name), _FENCE.sub(_info, markdown))


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Remove two docstring markers that have no meaning on the site."""
    if not page.file.src_uri.startswith("reference/python-"):
        return html
    return re.sub(r":(?:class|func|meth):(?=<code>)", "", re.sub(r"<p>::</p>|:(?=:</p>)", "", html))


def _look_at_lists(name: str, markdown: str) -> None:
    plain = re.sub(r"^```.*?^```$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    for pattern, complaint in (
        (_CLOSE_LIST, "a list needs an empty line before it"),
        (_SHALLOW_LIST, "a list within a list needs four spaces"),
    ):
        for found in pattern.finditer(plain):
            _log.warning("%s: %s: %r", name, complaint, found[0])


def _info(fence: re.Match[str]) -> str:
    """Return a code fence that has its ``file`` or ``append`` name as its title."""
    words = (fence["words"] or "").split()
    files = [word.partition("=") for word in words if word.startswith(("file=", "append="))]
    title = "".join(f' title="{name}{", at its end" if how == "append" else ""}"' for how, _, name in files)
    return f"{fence['ticks']}{fence['language']}{title}"


def _admonition(callout: re.Match[str]) -> str:
    lines = [line.removeprefix(">").removeprefix(" ") for line in callout["text"].rstrip("\n").split("\n")]
    return "\n".join([f"!!! {callout['kind'].lower()}", "", *(f"    {line}".rstrip() for line in lines), ""])


def _within_the_site(link: re.Match[str], name: str) -> str:
    """Replace links to files outside ``docs`` with links to the repository.

    Plugins and playbooks have pages on the site, so links to them lead to these pages.
    """
    target = os.path.normpath(PurePosixPath("docs", name).parent / link["path"])
    if target.startswith("docs/") or not (ROOT / target).exists():
        return link[0]
    folder, stem = PurePosixPath(target).parts[0], PurePosixPath(target).stem
    if folder in {"plugins", "playbooks"}:
        page = f"{collection_pages.FOLDER}/{stem if folder == 'plugins' else 'playbooks'}.md"
        anchor = f"#{stem}" if folder == "playbooks" else ""
        return f"{link['before']}{os.path.relpath(page, PurePosixPath(name).parent)}{anchor})"
    return f"{link['before']}{collection_pages.repository()}/blob/main/{target}{link['after']}"
