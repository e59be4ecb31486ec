"""Tests of the execution of code blocks in documentation pages.

Files appear in the order in which a reader creates them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import documents

ENV = {"PATH": os.environ["PATH"]}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setattr(documents, "ROOT", tmp_path)

    def execute(text: str) -> Path:
        page = tmp_path / "page.md"
        page.write_text(text.replace("~~~", "```"), encoding="utf-8")
        folder = tmp_path / "folder"
        folder.mkdir()
        documents.execute(page, folder, ENV)
        return folder

    return execute


STEPS = """
~~~text file=a/b/c.txt
one $HOME 'quoted'
~~~
~~~console run
$ cat a/b/c.txt
one $HOME 'quoted'
~~~
~~~text append=a/b/c.txt
two
~~~
~~~console run
$ wc -l < a/b/c.txt
2
~~~
~~~text file=a/b/c.txt
three
~~~
"""


def test_files_are_written_in_the_order_of_the_page(run) -> None:  # type: ignore[no-untyped-def]
    assert (run(STEPS) / "a" / "b" / "c.txt").read_text() == "three\n"


def test_a_command_that_needs_a_later_file_fails(run) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(AssertionError, match="No such file"):
        run("~~~console run\n$ cat later\n~~~\n~~~text file=later\nx\n~~~\n")


def test_python_finds_the_files_of_a_page_without_commands(run) -> None:  # type: ignore[no-untyped-def]
    run("~~~text file=in/x\nhello\n~~~\n~~~python run\nassert open('in/x').read() == 'hello\\n'\n~~~\n")


def test_a_failed_command_fails_the_page_regardless_of_its_output(run) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(AssertionError, match="ended with status 3"):
        run("~~~console run\n$ echo fine; (exit 3)\nfine\n~~~\n")
