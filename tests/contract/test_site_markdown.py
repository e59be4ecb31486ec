"""Pages are written for forges: what the site changes in them, and what it warns of."""

from __future__ import annotations

import importlib
import logging
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.documents import ROOT

pytest.importorskip("material", reason="the extra docs is not installed")


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module that MkDocs calls."""
    monkeypatch.syspath_prepend(str(ROOT / "tools" / "site"))
    return importlib.import_module("hooks")


def _made(site: Any, text: str, name: str = "how-to/page.md") -> str:
    page = SimpleNamespace(file=SimpleNamespace(src_uri=name, generated_by=None))
    made: str = site.on_page_markdown(text, page, None, None)
    return made


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("```console run\n$ vca\n```", "```console\n$ vca\n```"),
        ("```yaml file=web.yml\na: 1\n```", '```yaml title="web.yml"\na: 1\n```'),
        ("```python append=a/b.py\nx = 1\n```", '```python title="a/b.py, at its end"\nx = 1\n```'),
        ("```\nplain\n```", "```\nplain\n```"),
        (r"| `a \| b` | x \| y |", r"| `a | b` | x \| y |"),
        ("[p](find-things.md#facts)", "[p](find-things.md#facts)"),
        ("[p](../reference/cli.md)", "[p](../reference/cli.md)"),
        ("[p](../../playbooks/nat_converge.yml)", "[p](../reference/collection/playbooks.md#nat_converge)"),
        ("[m](../../plugins/modules/vca_nat.py)", "[m](../reference/collection/vca_nat.md)"),
        ("[c](../../CONTRIBUTING.md)", "[c](https://github.com/vcloudair/cloud/blob/main/CONTRIBUTING.md)"),
        ("[n](../../nowhere.md)", "[n](../../nowhere.md)"),
    ],
)
def test_what_is_changed(site: Any, written: str, made: str) -> None:
    assert _made(site, written) == made


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Words\n* one\n* two\n", "an empty line before it"),
        ("* one\n  * two\n", "needs four spaces"),
        ("Words\n\n* one\n    * two\n* three\n  goes on\n\n```yaml\nrules:\n- x\n  - y\n```\n", ""),
        ("| a |\n|---|\n| b |\n\n1. one\n2. two\n", ""),
    ],
)
def test_lists_that_would_be_read_otherwise_are_warned_of(
    site: Any, caplog: pytest.LogCaptureFixture, text: str, complaint: str
) -> None:
    with caplog.at_level(logging.WARNING):
        _made(site, text)
    said = [record.getMessage() for record in caplog.records]
    assert bool(said) == bool(complaint)
    assert all(complaint in line for line in said)


def test_pages_are_listed_with_their_first_sentence(site: Any) -> None:
    home = importlib.import_module("home")
    text = "# Title\n\n```sh\n# no heading\n```\n\nWith a [link](x.md), and\nmore. And then.\n"
    assert (home.heading(text), home.first_sentence(text)) == ("Title", "With a link, and more.")
    listed = dict(home.overview({"how-to/b.md": text, "how-to/deep/c.md": text, "reference/d/README.md": text}))
    assert "[Title](b.md)" in listed["how-to/index.md"]
    assert "c.md" not in listed["how-to/index.md"]
    assert "[Title](d/README.md)" in listed["reference/index.md"]
    with pytest.raises(ValueError, match="no heading"):
        home.heading("no heading at all")
