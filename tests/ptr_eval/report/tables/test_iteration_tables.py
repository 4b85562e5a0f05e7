"""The paper's tables, made of one's own runs."""

from dataclasses import replace

from ptr_eval.report.data.panels import Panel
from ptr_eval.report.papers import ptr
from ptr_eval.report.tables.iteration_tables import table1, table2
from ptr_eval.report.tables.table import Table
from tests.ptr_eval.report.panel_factory import made


def panel(task: str, run: str, *rounds: str, instruction: str = "neutral") -> Panel:
    """Spell a panel by round, a letter an item."""
    items = ["".join(letters) for letters in zip(*rounds, strict=True)]
    found = made(*items, task=task, run=run)
    return replace(
        found, label=replace(found.label, checkpoint="m", method=run, instruction=instruction)
    )


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


COMMON = "average of the tasks that all rows have ({})"
PAPERS = "average of the paper's ten"

PANELS = [
    panel("ptr_gsm8k", "PTR", "wwwc", "wccc"),
    panel("ptr_mmlu", "PTR", "cc", "cw"),
    panel("ptr_gsm8k", "IFT", "cccc"),
    panel("mine", "IFT", "cw"),
]


def test_methods_by_iteration_and_task_in_the_paper_s_order() -> None:
    table = table1(PANELS)
    tasks = ("MMLU", "GSM8K", "mine")
    assert table.columns == ("model", "method", "iteration", *tasks, COMMON.format(1))
    assert texts(table) == [
        ["m", "PTR", "1", "100.0", "25.0", "–", "25.0"],
        ["m", "PTR", "2", "50.0", "75.0", "–", "75.0"],
        ["m", "IFT", "1", "–", "100.0", "50.0", "100.0"],
    ]


def test_the_average_is_recomputed_and_the_best_of_each_column_marked() -> None:
    table = table1(PANELS[:2])
    assert [row.cells[-1].text for row in table.rows] == ["62.5", "62.5"]
    best = [[cell.best for cell in row.cells[3:]] for row in table.rows]
    assert best == [[True, False, True], [False, True, True]]


def test_published_rows_follow_and_say_so() -> None:
    table = table1(PANELS, published=True)
    assert [row.published for row in table.rows] == [False] * 3 + [True] * 18
    assert table.columns[3:] == (
        "MMLU", "HumanEval", "DROP", "XSum", "GSM8K", "MATH", "ARC", "GPQA", "Winogrande",
        "CommonsenseQA", "mine", PAPERS, COMMON.format(1),
    )  # fmt: skip
    row = table.rows[3 + 8]
    assert [cell.text for cell in row.cells[:4]] == ["Qwen2-7B", "PTR", "3", "63.2"]
    assert row.cells[-2].text == "53.5"
    assert row.cells[-3].text == "–"
    assert row.cells[-2].best
    assert "6 of the 18 printed ones differ by more than rounding" in table.note


def test_instructions_by_iteration() -> None:
    panels = [
        panel("ptr_gsm8k", "a", "wc", "cc"),
        panel("ptr_gsm8k", "b", "cc", "ww", instruction="critical"),
    ]
    table = table2(panels)
    assert table.columns == ("model", "instruction", "iteration", "GSM8K", COMMON.format(1))
    assert texts(table) == [
        ["m", "neutral", "1", "50.0", "50.0"],
        ["m", "neutral", "2", "100.0", "100.0"],
        ["m", "critical", "1", "100.0", "100.0"],
        ["m", "critical", "2", "0.0", "0.0"],
    ]


def test_rows_name_every_factor_in_which_their_runs_differ() -> None:
    made_of = [
        ("a", (("protocol", "parallel"), ("candidates", "4"))),
        ("b", (("protocol", "parallel"), ("candidates", "8"))),
        ("c", (("protocol", "sequential"),)),
    ]
    panels = [panel("ptr_gsm8k", run, "wc") for run, _ in made_of]
    panels = [
        replace(one, label=replace(one.label, method="PTR", factors=factors))
        for one, (_, factors) in zip(panels, made_of, strict=True)
    ]
    table = table1(panels, published=True)
    assert table.columns[:5] == ("model", "method", "protocol", "candidates", "iteration")
    assert [row[:5] for row in texts(table)[:4]] == [
        ["m", "PTR", "parallel", "4", "1"],
        ["m", "PTR", "parallel", "8", "1"],
        ["m", "PTR", "sequential", "–", "1"],
        ["Qwen2-7B", "Prompt", "–", "–", "1"],
    ]


def test_instructions_are_named_and_runs_that_differ_in_nothing_by_themselves() -> None:
    several = [panel("t", "a", "wc"), panel("t", "b", "wc", instruction="critical")]
    several = [replace(p, label=replace(p.label, method="PTR")) for p in several]
    table = table1(several)
    assert table.columns[:4] == ("model", "method", "instruction", "iteration")
    assert [row[2] for row in texts(table)] == ["neutral", "critical"]
    same = [replace(p, label=replace(p.label, instruction="neutral")) for p in several]
    assert table1(same).columns[:4] == ("run", "model", "method", "iteration")
    assert [row[0] for row in texts(table1(same))] == ["a", "b"]


def test_the_paper_s_average_is_there_only_where_all_ten_tasks_are() -> None:
    ten = [panel(task, "all", "cw") for task in ptr.BENCHMARKS]
    nine = [panel(task, "some", "cc") for task in list(ptr.BENCHMARKS)[:9]]
    table = table1([*ten, *nine, panel("mine", "all", "ww")])
    assert table.columns[-3:] == ("mine", PAPERS, COMMON.format(9))
    assert [row[-2:] for row in texts(table)] == [["50.0", "50.0"], ["–", "100.0"]]
    assert PAPERS not in table1(nine).columns


def test_no_average_is_made_of_tasks_that_some_rows_lack() -> None:
    table = table1([panel("one", "a", "cw"), panel("two", "b", "cw")])
    assert table.columns[3:] == ("one", "two")
    assert "No task is in all rows, so there is no average" in table.note


def test_what_rests_on_failed_requests_says_so_and_is_never_the_best() -> None:
    found = [panel("t", "a", "cccx", "cxxx"), panel("t", "b", "cwww", "cwww")]
    table = table1(found)
    assert [row[3] for row in texts(table)] == [
        "100.0 (25 % failed)", "100.0 (75 % failed)", "25.0", "25.0",
    ]  # fmt: skip
    assert [row.cells[3].best for row in table.rows] == [False, False, True, True]
    alone = table1([panel("t", "a", "cccc", "cxxx")])
    assert not any(cell.best for row in alone.rows for cell in row.cells)
