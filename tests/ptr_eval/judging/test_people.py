"""Matches for people: a page that shows nothing of which answer is later, and a CSV read back."""

import csv
import html
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.errors import UserError
from ptr_eval.judging import JudgeOptions, JudgeSettings, judge_rounds
from ptr_eval.judging.matches import TaskMatches, read_matches
from ptr_eval.judging.people import CHOICES, PAGE, is_later_left, key_of, read_votes, write_page
from tests.ptr_eval.best_of_n.run_factory import Judge, by_worth, worth
from tests.ptr_eval.judging.round_factory import judged, save_rounds

SETTINGS = JudgeSettings("fake", {"pretrained": "org/judge"})


def matches(run: Path) -> list[TaskMatches]:
    return read_matches(run, (), "first", None, control=False)


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / CHOICES).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def choose(folder: Path, rule: Any, columns: tuple[str, ...] = ("match", "choice")) -> Path:
    """Fill in the choices by a rule on the left and the right text."""
    path = folder / "chosen.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        for row in rows(folder):
            writer.writerow({**row, "choice": rule(row["left"], row["right"])})
    return path


def by_worth_of_texts(left: str, right: str) -> str:
    return "left" if worth(left) > worth(right) else "right"


def test_what_people_choose_is_compared_with_the_judge(
    run: Path, tmp_path: Path, loads: Any
) -> None:
    write_page(run, JudgeOptions(), tmp_path / "page", 50)
    assert len(rows(tmp_path / "page")) == 11
    chosen = choose(tmp_path / "page", by_worth_of_texts)
    loads(Judge(by_worth))
    lines = judge_rounds(run, SETTINGS, JudgeOptions(people=chosen))
    assert {match.people for match in judged(run).matches if match.asked} == {"win", "loss"}
    assert all(match.people == match.result for match in judged(run).matches if match.asked)
    table = lines[lines.index("How far the judges can be trusted:") :]
    assert next(text.split()[-1] for text in table if text.startswith("kappa")) == "1.00"
    assert next(text.split()[-1] for text in table if text.startswith("people agree")) == "100.0"
    assert next(text.split()[-1] for text in table if text.startswith("people: matches")) == "11"


def test_people_who_prefer_the_opposite_do_not_agree(run: Path, tmp_path: Path, loads: Any) -> None:
    write_page(run, JudgeOptions(), tmp_path / "page", 50)
    chosen = choose(
        tmp_path / "page",
        lambda left, right: {"left": "Right", "right": " LEFT"}[by_worth_of_texts(left, right)],
    )
    loads(Judge(by_worth))
    judge_rounds(run, SETTINGS, JudgeOptions(people=chosen))
    told = {(match.result, match.people) for match in judged(run).matches if match.asked}
    assert told == {("win", "loss"), ("loss", "win")}


def test_the_page_is_blind_and_loads_nothing(run: Path, tmp_path: Path) -> None:
    write_page(run, JudgeOptions(), tmp_path, 5)
    page = (tmp_path / PAGE).read_text(encoding="utf-8")
    assert page.count("<fieldset") == 5
    assert "default-src 'none'" in page
    assert not re.search(r"https?:|src=|href=\"", page)
    said = re.sub(r"<(pre|style).*?</\1>", "", page, flags=re.DOTALL)
    for word in ("later", "earlier", "round", "sample", "org/judge"):
        assert word not in said.casefold()


def test_the_side_is_drawn_and_every_time_the_same(run: Path) -> None:
    (task,) = matches(run)
    (again,) = matches(run)
    keys = [key_of(match) for match in task.matches]
    assert keys == [key_of(match) for match in again.matches]
    assert len(set(keys)) == len(keys)
    many = [is_later_left(f"{n:016x}") for n in range(1_000)]
    assert 430 < sum(many) < 570


def test_what_models_write_stays_text(sums: Path, tmp_path: Path) -> None:
    script, formula = "<script>alert(1)</script></pre>", "=cmd()"
    run = save_rounds(tmp_path / "run", sums, {0: [[script, formula]]})
    write_page(run, JudgeOptions(), tmp_path, 5)
    page = (tmp_path / PAGE).read_text(encoding="utf-8")
    assert script not in page
    assert html.escape(script) in page
    (row,) = rows(tmp_path)
    assert {row["left"], row["right"]} == {script, f"'{formula}"}


def test_a_page_without_anything_to_choose_is_refused(sums: Path, tmp_path: Path) -> None:
    run = save_rounds(tmp_path / "run", sums, {0: [[1, 1]]})
    with pytest.raises(UserError, match="nothing to choose between: both texts of every match"):
        write_page(run, JudgeOptions(), tmp_path, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("match,choice\n{key},both\n", "row 2: 'both' is none of left, right, tie."),
        ("match,choice\n0123,left\n", "row 2: '0123' is no match of these answers; use the page"),
        ("match,choice\n{key},\n", "holds no choice; write left, right or tie under choice."),
        ("id,answer\n1,left\n", "the columns match and choice are missing."),
        ("", "holds no choice"),
    ],
)
def test_choices_that_cannot_be_read_are_named(
    run: Path, tmp_path: Path, text: str, message: str
) -> None:
    (task,) = matches(run)
    path = tmp_path / "choices.csv"
    path.write_text(text.format(key=key_of(task.matches[-1])))
    with pytest.raises(UserError) as caught:
        read_votes(path, task.matches)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_a_missing_file_is_named(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--people .*absent.csv cannot be read as a CSV file"):
        judge_rounds(run, SETTINGS, replace(JudgeOptions(), people=tmp_path / "absent.csv"))


def test_choices_are_read_whatever_the_length_of_the_texts_beside_them(
    run: Path, tmp_path: Path
) -> None:
    (task,) = matches(run)
    key = key_of(task.matches[0])
    path = tmp_path / "chosen.csv"
    path.write_text(f"match,choice,question\n\n{key},tie,{'x' * 200_000}\n")
    assert read_votes(path, task.matches)[0] == "tie"
