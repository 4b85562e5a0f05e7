"""One line a task and measure, one column a round: the results a reader wants first."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ptr_eval.errors import UserError
from ptr_eval.harness.metrics import SHARES
from ptr_eval.runs import Metric, is_unscored, metrics_of, newest_results, read_results

_WITHOUT_ERROR = ("fixed", "broken", "no_answer", "kept", *SHARES, "generated_tokens")
_HIDDEN = ("score", "prompt_tokens")
_UNLESS_ZERO = SHARES


def table_of_run(run: Path) -> str:
    """Lay out the results of a saved run."""
    path = newest_results(run)
    results = read_results(path)
    if is_unscored(results):
        raise UserError(
            f"{path} has no figures, because it was made with --predict_only; "
            f"`ptr-eval rescore {path} --out FOLDER` scores it."
        )
    return rounds_table(results)


def rounds_table(results: Mapping[str, Any]) -> str:
    """Lay results out by round; what went wrong with requests has lines only where anything did."""
    lines = [
        line
        for task, metrics in results["results"].items()
        for line in _task_lines(task, metrics, grouped=task in results.get("groups", {}))
    ]
    rounds = max((len(cells) for _, _, _, cells in lines), default=0)
    head = ["task", "scorer", "measure", *(f"round {t}" for t in range(1, rounds + 1))]
    rows = [[task, filter_, name, *cells] for task, filter_, name, cells in lines]
    return _markdown([head, *(row + [""] * (len(head) - len(row)) for row in rows)])


def _task_lines(
    task: str, values: Mapping[str, Any], *, grouped: bool
) -> Iterator[tuple[str, str, str, list[str]]]:
    found: dict[tuple[str, str], dict[int, Metric]] = {}
    for metric in metrics_of(values):
        if metric.name not in _HIDDEN or (grouped and metric.name == "score"):
            found.setdefault((metric.filter, metric.name), {})[metric.round] = metric
    # Questions without an answer have other measures than the rest, so the order differs by run.
    filters = list(dict.fromkeys(filter_ for filter_, _ in found))
    ordered = sorted(found.items(), key=lambda item: (filters.index(item[0][0]), _rank(item[0][1])))
    for (filter_, name), by_round in ordered:
        if name in _UNLESS_ZERO and not any(metric.value for metric in by_round.values()):
            continue
        rounds = range(1, max(by_round) + 1)
        yield task, filter_, name, [_cell(by_round[t]) if t in by_round else "" for t in rounds]


def _rank(name: str) -> int:
    """Put what is measured first, and what it rests on after it."""
    return _WITHOUT_ERROR.index(name) + 1 if name in _WITHOUT_ERROR else 0


def _cell(metric: Metric) -> str:
    if metric.name.endswith("_tokens"):
        return f"{metric.value:.0f}"
    shown = metric.stderr is not None and metric.name not in _WITHOUT_ERROR
    return f"{metric.value:.3f}" + (f" ± {metric.stderr:.3f}" if shown else "")


def _markdown(rows: list[list[str]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    padded = [" | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    rule = "-|-".join("-" * width for width in widths)
    return "\n".join(f"| {line} |" for line in [padded[0], rule, *padded[1:]])
