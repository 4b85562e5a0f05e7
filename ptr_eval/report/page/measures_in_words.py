"""What was measured of one answer's text, in words, as the viewer shows it beside the answer."""

from collections.abc import Iterator

from ptr_eval.report.data.text_measures import TextMeasures
from ptr_eval.texts.overlap import CORPUS_FIGURES

Measures = tuple[tuple[str, str], ...]
"""Names and values."""

_FEATURES = {
    "docstring": "docstring",
    "type_hints": "type hints",
    "input_checks": "input checks",
    "tests": "tests",
}


def in_words(measured: TextMeasures, row: int) -> Measures:
    """Say what was measured of an answer; what was not is left out."""
    values = {
        name: float(column[row])
        for name, column in measured.values.items()
        if column[row] == column[row]  # Not nan.
    }
    found = [
        ("Rewriting", _rewriting(values) if "edited" in values else ""),
        ("Program", _program(values) if "parsed" in values else ""),
        ("Overlap", ", ".join(_overlap(measured, row, values))),
    ]
    return tuple((name, text) for name, text in found if text)


def _rewriting(values: dict[str, float]) -> str:
    if values["unchanged"]:
        return "unchanged"
    one = values["copied_from_one"]
    from_one = f" ({100 * one:.0f} % from one)" if one < values["copied"] else ""
    return f"{100 * values['edited']:.0f} % edited, {100 * values['copied']:.0f} % copied{from_one}"


def _program(values: dict[str, float]) -> str:
    if not values["parsed"]:
        return "cannot be parsed"
    features = [text for name, text in _FEATURES.items() if values[name]]
    lines, complexity = int(values["lines"]), int(values["complexity"])
    return ", ".join([*features, f"complexity {complexity}", f"{lines} lines"])


def _overlap(measured: TextMeasures, row: int, values: dict[str, float]) -> Iterator[str]:
    if "rougeL" in values:
        yield f"ROUGE-L {100 * values['rougeL']:.0f}"
    counts = measured.counts.get("chrf")
    if counts is not None and counts.shape[1] and counts[row, 0] == counts[row, 0]:
        yield f"chrF {float(CORPUS_FIGURES['chrf'].value(counts[row])):.0f}"
