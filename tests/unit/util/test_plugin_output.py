"""Tests of the redirection of plugin output, including with many threads."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from vcloudair_core.util.plugin_output import real_stdout, stdout_to_stderr


def test_output_of_plugins_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    stdout = sys.stdout
    with stdout_to_stderr():
        print("inside")
        with stdout_to_stderr():
            print("deeper")
        print("inside again")
    print("outside")
    assert sys.stdout is stdout
    assert capsys.readouterr() == ("outside\n", "inside\ndeeper\ninside again\n")


def test_stdout_is_restored_after_threads_end_in_any_order(capsys: pytest.CaptureFixture[str]) -> None:
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


def test_stdout_is_restored_after_many_threads(capsys: pytest.CaptureFixture[str]) -> None:
    stdout = sys.stdout

    def work(number: int) -> None:
        for _ in range(50):
            with stdout_to_stderr():
                print(f"aside {number}")

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(work, range(20)))
    assert sys.stdout is stdout
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("aside") == 1000


def test_stdout_is_restored_after_an_error() -> None:
    stdout = sys.stdout
    with pytest.raises(ValueError, match="broken"), stdout_to_stderr():
        raise ValueError("broken")
    assert sys.stdout is stdout


def test_a_stdout_that_a_plugin_stored_stays_redirected(capsys: pytest.CaptureFixture[str]) -> None:
    with stdout_to_stderr():
        kept = sys.stdout
    print("result")
    kept.write("a handler of a plugin\n")
    assert capsys.readouterr() == ("result\n", "a handler of a plugin\n")


def test_output_of_this_package_is_not_redirected(capsys: pytest.CaptureFixture[str]) -> None:
    with stdout_to_stderr():
        real_stdout().write("result\n")
    assert capsys.readouterr() == ("result\n", "")
