"""The dataset card."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ptr_data.export.card import header, save_card
from ptr_data.export.files import ExportedFile
from ptr_data.export.report import MixReport
from ptr_data.methods.ptr.card import card, save_consistency_plot
from ptr_data.methods.ptr.report import GateReport, PtrReport
from ptr_data.records import StageYield
from tests.ptr_data.methods.ptr.report_factory import files, report

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
HOSTILE = "<script>alert(1)</script>|`</td>\n---\n# x ![a](http://b) \x1b[31m\u202e"


def read_header(text: str) -> dict[str, Any]:
    found = re.match(r"---\n(.*?\n)---\n", text, re.S)
    assert found
    loaded = yaml.safe_load(found[1])
    assert isinstance(loaded, dict)
    return loaded


def body(text: str) -> str:
    return text.split("\n---\n", 1)[1]


def sized(rows: int) -> list[ExportedFile]:
    return [ExportedFile("data/train.parquet", rows, 1, "0")]


def card_text(**changes: Any) -> str:
    """Write the card of a changed report, without its header and backslashes."""
    return body(card(replace(report(), **changes), sized(1))).replace("\\", "")


def test_the_header_is_what_the_hub_reads(tmp_path: Path) -> None:
    found = read_header(card(report(), files(tmp_path)))
    assert found["license"] == ["apache-2.0", "word"]
    assert (found["language"], found["task_categories"]) == (["en"], ["text-generation"])
    assert found["size_categories"] == ["n<1K"]
    assert found["configs"][0] == {
        "config_name": "default",
        "data_files": [
            {"split": "train", "path": "data/train.parquet"},
            {"split": "dev", "path": "data/dev.parquet"},
        ],
    }
    names = [config["config_name"] for config in found["configs"]]
    assert names == ["default", "prompt_completion", "ift", "dpo"]


def test_splits_without_rows_are_not_offered() -> None:
    none = [ExportedFile("data/dev.parquet", 0, 1, "0"), ExportedFile("dpo/dev.parquet", 0, 1, "0")]
    configs = read_header(card(report(), [*sized(1), *none]))["configs"]
    assert configs == [
        {"config_name": "default", "data_files": [{"split": "train", "path": "data/train.parquet"}]}
    ]


@pytest.mark.parametrize(
    ("rows", "size"), [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (2_000_000, "1M<n<10M")]
)
def test_sizes_are_the_hubs_classes(rows: int, size: str) -> None:
    assert yaml.safe_load(header(report(), sized(rows)))["size_categories"] == [size]


def test_datasets_loads_the_folder_by_its_card(tmp_path: Path) -> None:
    import datasets

    folder = tmp_path / "out"
    made, written_files = report(), files(folder)
    save_consistency_plot(folder, made)
    save_card(folder, card(made, written_files))
    for config, rows in {"default": (3, 1), "ift": (3, 1), "dpo": (2, 1)}.items():
        loaded = datasets.load_dataset(str(folder), config, cache_dir=str(tmp_path / "cache"))
        assert (loaded["train"].num_rows, loaded["dev"].num_rows) == rows


def test_the_card_states_the_facts(tmp_path: Path) -> None:
    text = body(card(report(), files(tmp_path))).replace("\\", "")
    for fact in (
        "| queries | 10 | 8 | 80.0% |",
        "| consistency | empty | 3 |\n| consistency | samples disagree | 1 |",
        "| word 17 | 2 | word; How many? |",
        "| word | strong | 100 | 0.410 | 0.620 | 0.200 | 0.500 | 0.0004 | 0.0008 | yes |",
        "| **0.7** | 75.0% |",
        "| 2 | 50.0% | 66.7% | 2 |",
        "| ptr | thought | 4 | 10 | 10 | 10.0 | 10 | 10 |",
        "Of 2 answers that follow a thought, 100.0% are longer than the last thought and 0.0% are "
        "shorter",
        "1 rows, 25.0% of the whole",
        "| weak | word small | word | hf | size | 0.95 | 0.9 | 30 | 2048 | 1 |",
        "![How many queries have which consistency, and what thresholds keep](consistency.png)",
        "English only.",
    ):
        assert fact in text
    assert "scripted" not in text


def test_scripted_generations_are_called_that() -> None:
    assert "All texts of models are scripted generations" in body(
        card(report(backend="recorded"), sized(1))
    )
    mixed = report()
    mixed = replace(mixed, strong=replace(mixed.strong, backend="recorded"))
    assert "Some texts are scripted generations** (word)" in body(card(mixed, sized(1)))


def test_what_was_not_done_is_said() -> None:
    skipped = GateReport("", 0.05, skipped="the configuration says `gate: null`.")
    assert "Not tested: the configuration says `gate: null`." in card_text(gate=skipped)
    assert "Not checked: no benchmark" in card_text(benchmarks=(), contamination=())
    assert "No query matches an item of: gsm8k, word." in card_text(contamination=())
    assert "Not measured: no query has several samples" in card_text(consistency=None)
    assert "None were mixed in." in card_text(mix=None)
    assert "None were stated." in card_text(limits=())
    assert "saw the question alone, without the thoughts" in card_text(sees_thoughts=False)
    assert "None dropped." in card_text(stages=(StageYield("queries", 3, 3, {}),))
    assert "n/a" in card_text(mix=MixReport(0.5, 0, 0))


def test_a_gate_that_failed_stands_out() -> None:
    gate = report().gate
    failed = replace(gate, comparisons=(replace(gate.comparisons[0], adjusted_p=0.06),))
    assert "0.06 | **no** |" in card_text(gate=failed)


def test_hostile_names_bring_no_html_and_no_sections() -> None:
    plain = MARKDOWN.render(body(card(report("name"), sized(1))))
    html = MARKDOWN.render(body(card(report(HOSTILE, word=HOSTILE), sized(1))))
    outline = re.compile(r"<(\w+)")
    assert outline.findall(html) == outline.findall(plain)
    assert "\x1b" not in html
    assert "\u202e" not in html


@given(
    st.text(st.characters(), max_size=20)
    | st.text(st.sampled_from("<a>`|\n#-[]()!\\ "), max_size=12)
)
@settings(max_examples=30, deadline=None)
def test_no_text_brings_html_or_breaks_the_header(word: str) -> None:
    made: PtrReport = report(f"x{word}", word=f"x{word}")
    text = card(made, sized(1))
    text.encode("utf-8")
    assert set(read_header(text)) >= {"license", "language", "configs"}
    assert "<" not in body(text)
    tokens = MARKDOWN.parse(body(text))
    inline = [child for token in tokens for child in token.children or ()]
    assert not [t for t in (*tokens, *inline) if t.type in ("html_block", "html_inline")]
    assert [t.type for t in inline if t.type in ("image", "link_open")] == ["image"]
