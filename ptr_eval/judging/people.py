"""The same matches for people: a page and a CSV that do not show which answer is the later one.

A match is named by a digest of its question and texts, which also decides which answer is on the
left. So a file of choices belongs to these answers and to no others, and needs no key beside it.
"""

import csv
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ptr_eval.errors import UserError
from ptr_eval.judging.matches import Match, TaskMatches, read_matches
from ptr_eval.judging.options import JudgeOptions, check
from ptr_eval.readers.csv_lines import Lines

PAGE, CHOICES = "compare.html", "choices.csv"
"""What is written, into a folder."""

_HERE = Path(__file__).parent / "web"
_COLUMNS = ("match", "choice", "question", "left", "right")
_WORDS = ("left", "right", "tie")


def write_page(run: Path, options: JudgeOptions, out: Path, count: int) -> list[str]:
    """Write a page and a CSV of some of a run's matches; says what to do with them."""
    check(options)
    tasks = read_matches(run, options.tasks, options.compare, options.other, control=False)
    chosen = _chosen(tasks, count)
    if not chosen:
        raise UserError("There is nothing to choose between: both texts of every match are equal.")
    rows = [_row(match) for match in chosen]
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / PAGE).write_text(_html(rows), encoding="utf-8", errors="replace")
        with (out / CHOICES).open("w", encoding="utf-8", errors="replace", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(_COLUMNS)
            writer.writerows([row["match"], "", *_inert(row)] for row in rows)
    except OSError as error:
        raise UserError(f"--page {out} cannot be written to ({error.strerror}).") from error
    return [
        f"{out / PAGE}: {len(rows):,} matches to choose in; it saves a file of choices.",
        f"{out / CHOICES}: the same for a spreadsheet; write left, right or tie under choice.",
        "Judge the run with --people FILE to compare the choices with a judge's.",
    ]


def read_votes(path: Path, matches: Sequence[Match]) -> list[str | None]:
    """Read what people chose: win, loss or tie by match; None where nothing was chosen."""
    known = {key_of(match): match for match in matches}
    votes = {}
    for number, row in enumerate(_rows(path), start=2):
        key, choice = (row.get(name, "").strip() for name in ("match", "choice"))
        word = choice.casefold()
        if not word:
            continue
        if word not in _WORDS:
            raise UserError(f"{path}, row {number}: {choice!r} is none of {', '.join(_WORDS)}.")
        if key not in known:
            raise UserError(
                f"{path}, row {number}: {key!r} is no match of these answers; use the page of the "
                "same run and --compare."
            )
        votes[key] = "tie" if word == "tie" else _result(key, word)
    if not votes:
        raise UserError(f"{path} holds no choice; write left, right or tie under choice.")
    return [None if match.control else votes.get(key_of(match)) for match in matches]


def key_of(match: Match) -> str:
    """Name a match."""
    facts = repr((match.question.fingerprint, match.later.place, match.earlier.place, match.texts))
    return hashlib.sha256(facts.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def is_later_left(key: str) -> bool:
    """Tell whether the later answer of a match is on the left."""
    return hashlib.sha256(f"left {key}".encode()).digest()[0] % 2 == 0


def _result(key: str, side: str) -> str:
    return "win" if is_later_left(key) == (side == "left") else "loss"


def _chosen(tasks: Sequence[TaskMatches], count: int) -> list[Match]:
    """Choose matches in an order that depends on nothing but their digests."""
    asked = [m for task in tasks for m in task.matches if not m.control and not m.equal]
    return sorted(asked, key=key_of)[:count]


def _row(match: Match) -> dict[str, str]:
    key, (later, earlier) = key_of(match), match.texts
    left, right = (later, earlier) if is_later_left(key) else (earlier, later)
    return {"match": key, "question": match.question.asked, "left": left, "right": right}


def _inert(row: dict[str, str]) -> Iterator[str]:
    """Keep spreadsheets from taking a text for a formula."""
    for name in ("question", "left", "right"):
        text = row[name].replace("\0", " ")
        yield f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = (line for line in Lines(file) if line)
            header = next(lines, [])
            rows = [dict(zip(header, line, strict=False)) for line in lines]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"--people {path} cannot be read as a CSV file ({error}).") from error
    if rows and not {"match", "choice"} <= set(header):
        raise UserError(f"--people {path}: the columns match and choice are missing.")
    return rows


def _html(rows: Sequence[dict[str, str]]) -> str:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    style, script = (Markup((_HERE / n).read_text("utf-8")) for n in ("page.css", "page.js"))
    return environment.get_template("page.html").render(rows=rows, style=style, script=script)
