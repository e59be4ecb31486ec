"""Plugins that print, in many threads at once: standard output stays what it is."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from vcloudair_core.util.plugin_output import real_stdout, stdout_to_stderr


def test_what_is_printed_inside_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    stdout = sys.stdout
    with stdout_to_stderr():
        print("inside")
        with stdout_to_stderr():
            print("deeper")
        print("inside again")
    print("outside")
    assert sys.stdout is stdout
    assert capsys.readouterr() == ("outside\n", "inside\ndeeper\ninside again\n")


def test_it_comes_back_also_when_the_first_one_in_is_the_first_one_out(capsys: pytest.CaptureFixture[str]) -> None:
    stdout = sys.stdout
    first, second = stdout_to_stderr(), stdout_to_stderr()
    entered, left = threading.Event(), threading.Event()

    def other() -> None:
        with second:
            entered.set()
            assert left.wait(10)
            print("from the second one")

    thread = threading.Thread(target=other)
    with first:
        thread.start()
        assert entered.wait(10)
        print("from the first one")
    print("a result, while the second one is inside")
    left.set()
    thread.join()
    assert sys.stdout is stdout
    assert capsys.readouterr() == (
        "a result, while the second one is inside\n",
        "from the first one\nfrom the second one\n",
    )


def test_many_threads_leave_it_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    stdout = sys.stdout

    def work(number: int) -> None:
        for _ in range(50):
            with stdout_to_stderr():
                print(f"aside {number}")

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(work, range(20)))
    assert sys.stdout is stdout
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("aside") == 1000


def test_an_error_of_a_plugin_leaves_it_as_it_was() -> None:
    stdout = sys.stdout
    with pytest.raises(ValueError, match="broken"), stdout_to_stderr():
        raise ValueError("broken")
    assert sys.stdout is stdout


def test_what_a_plugin_keeps_stays_aside(capsys: pytest.CaptureFixture[str]) -> None:
    with stdout_to_stderr():
        kept = sys.stdout
    print("result")
    kept.write("a handler of a plugin\n")
    assert capsys.readouterr() == ("result\n", "a handler of a plugin\n")


def test_our_own_output_is_not_aside(capsys: pytest.CaptureFixture[str]) -> None:
    with stdout_to_stderr():
        real_stdout().write("result\n")
    assert capsys.readouterr() == ("result\n", "")
