"""Tests of the rules of tools/check_prose.py.

Each rule reports an example of bad wording and accepts the plain wording.
"""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import pytest

from tools import check_prose, prose_words
from tools.prose_files import TextFile

needs_codespell = pytest.mark.skipif(
    importlib.util.find_spec("codespell_lib") is None, reason="codespell, of the extra quality, is not installed"
)


def offenses(rule: str, text: str, path: str = "vcloudair_core/a.py") -> list[str]:
    """Return the messages of one rule for a file."""
    return [offense.message for offense in check_prose.FILE_RULES[rule](TextFile(path, text))]


@pytest.mark.parametrize("word", ["What", "Whether", "Which", "Where", "How", "Who", "Whose", "Why", "That"])
def test_a_docstring_that_opens_with_a_clause_fails(word: str) -> None:
    assert offenses("clauses", f'def f():\n    """{word} a rule says."""\n')
    assert offenses("clauses", f'LIMIT = 1\n"""{word} a rule says."""\n')


@pytest.mark.parametrize(
    "text", ["Return the rules.", "A parsed rule.", "Whatever the server sends.", "Wholesale copy."]
)
def test_a_docstring_that_opens_with_a_verb_or_a_noun_passes(text: str) -> None:
    assert not offenses("clauses", f'def f():\n    """{text}"""\n')


@pytest.mark.parametrize(
    "text", ["Return " + "x" * 80 + ".", "Return the rules and\n    the pools.", "Return the rules"]
)
def test_a_first_line_that_is_long_or_incomplete_fails(text: str) -> None:
    assert offenses("first-lines", f'def f():\n    """{text}"""\n')


def test_a_complete_first_line_passes() -> None:
    assert not offenses(
        "first-lines", 'def f():\n    """Return the rules.\n\n    In the order\n    of the server\n    """\n'
    )


@pytest.mark.parametrize(
    ("phrase", "instead"),
    [
        ("The machine is on", "VM, or host"),
        ("This is no address", "must be …, or is not …"),
        ("There is nobody here", "no <noun>"),
        ("A failure is told of", "is reported, or reports"),
        ("It is more than nothing", "greater than 0"),
        ("This dialect of an edge", "backend"),
        ("Started when somebody else asks", "name the actor: the user, the caller, the server"),
    ],
)
@pytest.mark.parametrize("form", ["'''{}.'''\n", "raise ValueError('{}.')\n", "x = 1  # {}\n"])
def test_a_banned_phrase_fails_in_docstrings_messages_and_comments(phrase: str, instead: str, form: str) -> None:
    (message,) = offenses("phrases", form.format(phrase))
    assert message.endswith(f"write {instead}")


@pytest.mark.parametrize("text", ["There is no rule.", "There are no longer any.", "`machine` and `is no name`"])
def test_plain_wording_and_code_pass(text: str) -> None:
    assert not offenses("phrases", f"'''{text}'''\n")
    assert not offenses("phrases", f"{text}\n\n```\nmachine\n```\n", "docs/page.md")


def test_a_banned_phrase_of_a_page_has_its_line() -> None:
    (offense,) = check_prose.banned_phrases(TextFile("docs/page.md", "# VMs\n\nOf a machine.\n"))
    assert (offense.place, offense.folder) == ("docs/page.md:3", "docs")


@pytest.mark.parametrize(
    "title", ["What one may believe", "How tokens are kept safe", "Know whether it works", "One flow", "Ways and means"]
)
def test_a_title_without_a_topic_fails(title: str) -> None:
    assert offenses("titles", f"---\nicon: x\n---\n\n# {title}\n\n## What\n", "docs/page.md")


@pytest.mark.parametrize("title", [*prose_words.OLD_TITLES.values(), "Inventory { #inventory }", "Write a plugin"])
def test_a_title_with_a_topic_passes(title: str) -> None:
    assert not offenses("titles", f"# {title}\n\n## What one may believe\n", "docs/page.md")


@pytest.mark.parametrize(
    "subject",
    ["Fix the ports", "fix(nat) compare ports", "fix: compare ports.", "fix: ", "wip: ports", "fix: " + "x" * 68],
)
def test_a_subject_that_is_long_or_not_conventional_fails(subject: str) -> None:
    assert check_prose.subject_problem(subject)


@pytest.mark.parametrize("subject", ["fix(ipsec): compare subnet pairs", "feat!: drop 3.9", "docs: " + "x" * 66])
def test_a_conventional_subject_passes(subject: str) -> None:
    assert check_prose.subject_problem(subject) is None


def test_only_commits_after_the_base_are_checked(tmp_path: Path) -> None:
    assert list(check_prose.read_commits(tmp_path, "HEAD~1")) == []  # The folder is not a checkout.
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run([*git, "init", "-q"], cwd=tmp_path, check=True)
    for subject in ("Older", "Newer"):
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", subject], cwd=tmp_path, check=True)
    (offense,) = check_prose.read_commits(tmp_path, "HEAD~1")
    assert offense.message.startswith('"Newer": ')
    assert list(check_prose.read_commits(tmp_path, "0" * 40)) == []  # The base is missing, as in a shallow clone.


@needs_codespell
def test_uk_spellings_fail_and_wire_values_pass(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("The colour of an organization: CANCELLED, GREY.\n", encoding="utf-8")
    (offense,) = check_prose.read_spelling(check_prose.start_spelling(tmp_path, ["page.md"]))
    assert (offense.place, offense.message) == ("page.md:1", "colour ==> color")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout with two banned words and a limit of three."""
    for name, text in {
        "docs/page.md": "# VMs\n\nA machine, a machine.\n",
        "tools/prose_limits.yml": "phrases: {docs: 3, tests: 1}\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@needs_codespell
def test_limits_only_go_down(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = ["--root", str(checkout)]
    assert check_prose.main(root) == 0
    assert check_prose.main([*root, "--lower"]) == 0
    assert check_prose.read_limits(checkout)["phrases"] == {"docs": 2}
    (checkout / "docs" / "more.md").write_text("# VMs\n\nThis machine.\n", encoding="utf-8")
    assert check_prose.main([*root, "--lower"]) == 1
    assert check_prose.read_limits(checkout)["phrases"] == {"docs": 2}
    assert "Over the limit: phrases docs." in capsys.readouterr().err


@needs_codespell
def test_offenses_are_listed_by_rule_and_folder(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_prose.main(["--root", str(checkout), "--list", "phrases", "docs"]) == 0
    assert capsys.readouterr().out == 'docs/page.md:3: "machine": write VM, or host\n' * 2


def test_an_unknown_rule_is_refused_with_the_names(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        check_prose.main(["--root", str(checkout), "--list", "grammar"])
    assert "Choose from clauses, " in capsys.readouterr().err
