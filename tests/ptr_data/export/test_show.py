"""Rows and yields, printed."""

import io
import unicodedata
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ptr_data.export.files import ExportSettings, export_dropped, export_rows
from ptr_data.export.manifest import write_manifest
from ptr_data.export.show import ShowOptions, show, show_dropped, stats
from ptr_data.methods.ptr.rows import ptr_row
from ptr_data.records import Dropped, question_id
from ptr_eval.errors import UserError
from tests.ptr_data.export.row_factory import ORIGINS, PROTOCOL, query, question_texts
from tests.ptr_data.export.test_training_rows import SCORE
from tests.ptr_data.methods.ptr.report_factory import files, report


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    done = files(tmp_path)
    write_manifest(tmp_path, report(), done, settings={}, versions={}, fingerprints={})
    dropped = [
        Dropped(query(f"q{n}"), "clean", reason) for n, reason in enumerate(("url", "empty"))
    ]
    export_dropped([*dropped, Dropped(query("q2"), "contamination", "url", "gsm8k 17")], tmp_path)
    return tmp_path


def printed(folder: Path, **choice: Any) -> str:
    out = io.StringIO()
    show(folder, ShowOptions(**choice), out)
    return out.getvalue()


def dropped(folder: Path, reason: str, **choice: Any) -> str:
    out = io.StringIO()
    show_dropped(folder, reason, ShowOptions(**choice), out)
    return out.getvalue()


def heads(text: str) -> list[str]:
    return [line.split()[1] for line in text.splitlines() if line.startswith("===")]


def row_id(kind: str, text: str) -> str:
    return f"{kind}-{question_id(text)}"


def test_a_row_in_full(folder: Path) -> None:
    assert printed(folder, id=question_id("a")) == (
        f"=== {row_id('ptr', 'a')} | ptr/train | made.jsonl, row 7 | consistency 0.750 "
        "| thought similarity 0.500\n"
        "user:\n    a\n"
        "assistant, context only, by weak, 10 tokens:\n    3\n"
        "user:\n    Again, please.\n"
        "assistant, context only, by weak, 10 tokens:\n    5\n"
        "user:\n    Again, please.\n"
        "assistant, trained on, by strong, 9 tokens:\n    It is 4.\n"
        "draft, by weak:\n    3\n"
        "the source's own answer:\n    4\n\n"
    )


def test_rows_are_chosen_by_number_kind_split_and_id(folder: Path) -> None:
    a, b, c, d = row_id("ptr", "a"), row_id("ptr", "b"), row_id("ptr", "c"), row_id("sft", "d")
    assert heads(printed(folder, rows=9)) == [a, b, d, c]
    assert heads(printed(folder, rows=2)) == [a, b]
    assert heads(printed(folder, kind="sft")) == [d]
    assert heads(printed(folder, split="dev")) == [c]
    assert heads(printed(folder, id=b)) == heads(printed(folder, id=question_id("b"))) == [b]
    assert "assistant, trained on, the source's own, 3 tokens:" in printed(folder, kind="sft")


def test_no_matching_row_is_an_error(folder: Path) -> None:
    with pytest.raises(UserError, match="holds no row that matches"):
        printed(folder, kind="sft", split="dev")


def test_long_texts_are_cut_with_a_count(folder: Path) -> None:
    assert "    Again… (9 more characters)\n" in printed(folder, characters=5)


def test_dropped_queries_are_shown_by_reason(folder: Path) -> None:
    text = dropped(folder, "url")
    assert heads(text) == [question_id("q0"), question_id("q2")]
    assert "contamination: url | gsm8k 17\nquery:\n    q2\n" in text
    assert heads(dropped(folder, "url", rows=1)) == [question_id("q0")]
    assert heads(dropped(folder, "url", id=question_id("q2"))) == [question_id("q2")]


def test_an_unknown_reason_is_answered_by_the_known_ones(folder: Path) -> None:
    with pytest.raises(UserError, match=r"'rude'; reasons are: empty, url\."):
        dropped(folder, "rude")


def test_folders_that_are_no_data_set_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"data/train\.parquet is missing"):
        printed(tmp_path)
    with pytest.raises(UserError, match=r"dropped\.jsonl is missing"):
        dropped(tmp_path, "url")


def test_stats_print_the_yields_and_the_reasons(folder: Path) -> None:
    out = io.StringIO()
    stats(folder, out)
    assert out.getvalue() == (
        "stage                 rows in  rows out   kept\n"
        "queries                    10         8  80.0%\n"
        "  - word                             -2\n"
        "consistency                 8         4  50.0%\n"
        "  - empty                            -3\n"
        "  - samples disagree                 -1\n"
    )


@given(st.text(st.characters(), min_size=1, max_size=20))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_nothing_printed_is_obeyed_by_a_terminal(tmp_path: Path, text: str) -> None:
    hostile = f"\x1b]0;x\x07{text}\n=== fake"
    row = ptr_row(question_texts((hostile,), 1, query(hostile)), SCORE, PROTOCOL, ORIGINS, "train")
    export_rows([row], tmp_path, ExportSettings())
    export_dropped([Dropped(query(hostile), hostile, hostile, hostile)], tmp_path)
    for output in (printed(tmp_path), dropped(tmp_path, hostile)):
        kinds = {unicodedata.category(c) for c in output if c not in "\n\t\u200c\u200d"}
        assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}
        assert len(heads(output)) == 1


def test_rows_of_older_builds_are_shown(folder: Path) -> None:
    newer = printed(folder, rows=9)
    for path in (folder / "data").glob("*.parquet"):
        table = pq.read_table(path)
        rows = table.to_pylist()
        for row in rows:
            row["provenance"]["rejected"] = row["provenance"].pop("draft")
            row["rejected"] = row.pop("draft")
        pq.write_table(pa.Table.from_pylist(rows), path)
    assert printed(folder, rows=9) == newer
    assert "draft, by weak:" in newer
