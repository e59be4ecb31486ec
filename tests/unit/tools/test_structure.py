"""The measures of the structure find what they count, in a small checkout that has one of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import structure

S = "\N{SECTION SIGN}"
"""Not written out, so that the citations of this file are not counted in the checkout."""
FILES = {
    "vcloudair_core/__init__.py": "",
    "vcloudair_core/client.py": "",
    "vcloudair_core/stray.py": "from vcloudair_core.a.first import Page\n",
    "vcloudair_core/a/__init__.py": "",
    "vcloudair_core/a/first.py": (
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from vcloudair_core.a import second\n"
        f"class Page:\n    '''Source: protocol/ans.md {S}1, {S}1.2, and protocol/dr.md {S}3.'''\n"
    ),
    "vcloudair_core/a/second.py": (
        "def read():\n    from vcloudair_core.a.first import Page\n    found = Page()\n    return found\n"
        "class Page: pass\n"
    ),
    "vcloudair_core/compat/__init__.py": "class Page: pass\n",
    "vcloudair_core/services/nat.py": "from engine import plan_desired\ndef plan(): return plan_desired()\n",
    "vcloudair_core/services/none.py": "from engine import plan_desired\n",
    "vcloudair_core/services/dr.py": (
        "class Batch:\n    def run(self): sleep(self.tracker.interval())\n"
        "class Tracker:\n    def interval(self): return 1\n"
    ),
    "tests/unit/a/test_first.py": "",
    "tests/unit/a/test_first_page.py": "",
    "tests/unit/a/test_init.py": "",
    "tests/unit/a/test_missing.py": "",
    "tests/unit/plugins/modules/test_rule.py": "",
    "tests/unit/test_public_names.py": "",
    "plugins/modules/rule.py": "from vcloudair_core.a.first import Page\nfrom vcloudair_core import client\n",
    "docs/reference/protocol/ans.md": "# ANS\n\n## 1 URLs\n\n### 1.1 Bases\n",
}


@pytest.fixture
def checkout(tmp_path: Path) -> structure.Checkout:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return structure.Checkout(tmp_path)


@pytest.mark.parametrize(
    ("measure", "items"),
    [
        ("loose", ["stray"]),
        ("folder", [f"vcloudair_core/{name}.py" for name in ("__init__", "client", "stray")]),
        ("circles", ["vcloudair_core.a.first vcloudair_core.a.second"]),
        ("classes", ["Page: a.first, a.second"]),
        ("private", ["a.first: plugins/modules/rule.py"]),
        (
            "sources",
            [f"vcloudair_core/a/first.py: protocol/{text}" for text in (f"ans.md {S}1.2", f"dr.md {S}3")],
        ),
        ("sections", ["services.nat"]),
        ("orchestrators", ["services.dr.Batch"]),
        ("mirror", ["a/test_missing.py"]),
        ("names", ["vcloudair_core/a/second.py:3 found"]),
    ],
)
def test_a_measure_finds_what_it_counts(measure: str, items: list[str], checkout: structure.Checkout) -> None:
    assert structure.MEASURES[measure].count(checkout) == items


def test_the_checkout_keeps_its_limits_with_a_traced_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["structure.py", "--trace"])
    assert structure.main() == 0
    shown = capsys.readouterr().out
    assert "import circles" in shown
    assert "functions between `vca dr test VM` and the request" in shown


def test_a_measure_over_its_limit_fails(
    checkout: structure.Checkout, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["structure.py", "--root", str(checkout.root)])
    assert structure.main() == 1
    assert "Over the limit: loose modules beside client.py" in capsys.readouterr().err
