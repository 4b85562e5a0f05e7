"""The ledger of finished generations."""

import multiprocessing
import os
import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.engine import Ledger, request_key
from ptr_eval.errors import UserError
from ptr_eval.protocols import Reply

FACTS = {
    "model": "m@main", "prompt": "p", "settings": {"temperature": 0.7}, "sample": 0,
    "round": 1, "place": "0",
}  # fmt: skip


def test_what_was_recorded_is_found_by_another_process_later(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "ledger"
    written = {
        "a": Reply(
            "first",
            prompt_tokens=20,
            generated_tokens=5,
            visible_tokens=3,
            seconds=0.25,
            cached_tokens=12.0,
        ),
        "b": Reply("lone surrogate \ud800, NUL \0"),
    }
    with closing(Ledger(path)) as ledger:
        ledger.record(written)
    with closing(Ledger(path)) as ledger:
        assert ledger.find(["a", "b", "c"]) == written


def test_a_ledger_without_columns_of_tokens_is_read_and_written_on(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    with closing(sqlite3.connect(path)) as db:
        db.execute(
            "CREATE TABLE generations (key TEXT PRIMARY KEY, response TEXT NOT NULL, "
            "seconds REAL, cached_tokens REAL, full INTEGER)"
        )
        db.execute("""INSERT INTO generations VALUES ('a', '"old"', 0.5, NULL, 1)""")
        db.execute("PRAGMA user_version=3")
        db.commit()
    before, after = Reply("old", seconds=0.5, finish_reason="length"), Reply("4", prompt_tokens=9)
    for _ in range(2):
        with closing(Ledger(path)) as ledger:
            ledger.record({"b": after})
            assert ledger.find("ab") == {"a": before, "b": after}


def test_thousands_of_keys_are_looked_up_at_once(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path / "ledger")) as ledger:
        ledger.record({str(i): Reply(f"r{i}") for i in range(3000)})
        assert len(ledger.find(map(str, range(5000)))) == 3000


@pytest.mark.parametrize(
    ("fact", "other"),
    [
        ("model", "m@v2"),
        ("prompt", "p "),
        ("settings", {"temperature": 0.8}),
        ("sample", 1),
        ("round", 2),
        ("place", "1"),
        ("owner", "o"),
    ],
)
def test_the_key_changes_with_every_fact(fact: str, other: object) -> None:
    assert request_key(**{**FACTS, fact: other}) != request_key(**FACTS)  # type: ignore[arg-type]


def test_keys_are_those_of_earlier_versions() -> None:
    digest = "8bc00eea7237523af61405e1ec72f6438b8af95bc030a6e78fd2fb91eb268532"
    assert request_key(**FACTS) == digest  # type: ignore[arg-type]
    assert request_key(**FACTS, owner="o.1") == f"{digest}-o.1"  # type: ignore[arg-type]


def test_replies_may_get_other_names(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path / "ledger")) as ledger:
        assert not ledger.has_unowned()
        ledger.record({"a": Reply("1"), "b": Reply("2"), "c-owner": Reply("3")})
        assert ledger.has_unowned()
        ledger.rename({"a": "a-owner", "b": "c-owner", "x": "y"})
        assert ledger.has_unowned()  # What another one has is not overwritten.
        found = {"a-owner": Reply("1"), "b": Reply("2"), "c-owner": Reply("3")}
        assert ledger.find(["a", "b", "a-owner", "c-owner", "y"]) == found
        ledger.rename({"b": "b-owner"})
        assert not ledger.has_unowned()


@given(st.text(), st.text())
def test_different_prompts_never_share_a_key(one: str, two: str) -> None:
    keys = [
        request_key(model="m", prompt=p, settings={}, sample=0, round=1, place="0")
        for p in (one, two)
    ]
    assert (keys[0] == keys[1]) == (one == two)


def test_a_file_of_another_kind_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be read as a broken one" * 20)
    before = path.read_bytes()
    with pytest.raises(UserError, match=r"notes\.txt cannot be used as a ledger.*another file"):
        Ledger(path)
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as db:
        db.execute("CREATE TABLE t (x)")
    with pytest.raises(UserError, match="not a ledger of this version"):
        Ledger(tmp_path / "other.db")


def write_forever(path: Path) -> None:
    ledger = Ledger(path)
    number = 0
    while True:
        ledger.record({f"{number}.{part}": Reply("x" * 500) for part in range(20)})
        number += 1


def test_kill_leaves_whole_batches_only(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    context = multiprocessing.get_context("spawn")
    for _ in range(3):
        process = context.Process(target=write_forever, args=(path,))
        process.start()
        while not path.exists() or not _keys(path):
            assert process.is_alive()
            process.join(0.05)
        process.join(0.3)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert len(_keys(path)) % 20 == 0


def _keys(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db, suppress(sqlite3.OperationalError):
        return [key for (key,) in db.execute("SELECT key FROM generations")]
    return []  # There is no table yet.


def test_two_processes_may_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    with closing(Ledger(path)) as one, closing(Ledger(path)) as two:
        for i in range(50):
            one.record({f"a{i}": Reply("1")})
            two.record({f"b{i}": Reply("2")})
        assert len(one.find([f"{c}{i}" for c in "ab" for i in range(50)])) == 100


def test_threads_may_record_at_once(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path / "ledger")) as ledger:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda i: ledger.record({f"k{i}": Reply("r")}), range(400)))
        assert len(ledger.find([f"k{i}" for i in range(400)])) == 400
