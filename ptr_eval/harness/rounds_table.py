"""One line a task and measure, one column a round: the results a reader wants first."""

from collections.abc import Iterator, Mapping
from typing import Any

from ptr_eval.runs import Metric, metrics_of

_WITHOUT_ERROR = ("fixed", "broken", "no_answer", "kept", "failed", "generated_tokens")
_HIDDEN = ("score", "truncated", "prompt_tokens")


def rounds_table(results: Mapping[str, Any]) -> str:
    """Lay results out by round."""
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
    cells: dict[tuple[str, str], dict[int, str]] = {}
    for metric in metrics_of(values):
        if metric.name not in _HIDDEN or (grouped and metric.name == "score"):
            cells.setdefault((metric.filter, metric.name), {})[metric.round] = _cell(metric)
    for (filter_, name), by_round in cells.items():
        last = max(by_round)
        yield task, filter_, name, [by_round.get(t, "") for t in range(1, last + 1)]


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
