"""User errors: caught like exceptions, printed like exits."""

import subprocess
import sys

import pytest

from ptr_eval.errors import UserError


def test_an_uncaught_user_error_prints_one_sentence_and_fails() -> None:
    code = "from ptr_eval.errors import UserError; raise UserError('Row 3 is wrong; correct it.')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "Row 3 is wrong; correct it.\n"


def test_a_user_error_can_be_caught_as_an_exception() -> None:
    with pytest.raises(Exception, match="correct it"):
        raise UserError("correct it")


def test_several_problems_make_one_error() -> None:
    assert str(UserError.collect(["only"])) == "only"
    assert str(UserError.collect(["a", "b"])) == "2 problems:\n  - a\n  - b"
