"""The result for readers: two tables, how matches ended, and one sentence; the same as JSON."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ptr_data.compare.config import CompareConfig
from ptr_data.compare.result import Comparison, ModelPair
from ptr_data.export.markdown import escaped, table
from ptr_data.files import written
from ptr_data.methods.ptr.measures import GivenMeasure, JudgeMeasure
from ptr_eval.judge import outcomes_in_words

MARKDOWN, JSON = "comparison.md", "comparison.json"

_VERDICTS = {"better": "better", "worse": "worse", "unclear": "not clearly different"}


def sentence(config: CompareConfig, found: Sequence[Comparison]) -> str:
    """Say what thoughts did, in one sentence; answers with worked examples are compared."""
    headline = [one for one in found if one.contrast.kind == "thoughts" and one.contrast.examples]
    how = measured(config)
    if len(headline) > 1:
        counts = Counter(one.verdict(config.alpha) for one in headline)
        return (
            f"The thoughts of a weak model make the answers of a strong one better in "
            f"{counts['better']} of {len(headline)} pairs of models, worse in {counts['worse']} "
            f"and not clearly different in {counts['unclear']} ({how}, Holm-adjusted p up to "
            f"{config.alpha:g})."
        )
    (one,) = headline
    weak, strong = one.contrast.weak, one.contrast.strong
    if not one.questions:
        return f"Nothing can be said of {weak} and {strong}, for no question has a score ({how})."
    return (
        f"With the thoughts of {weak}, the answers of {strong} are "
        f"{_VERDICTS[one.verdict(config.alpha)]} ({_number(one.after_mean)} against "
        f"{_number(one.before_mean)} on {one.questions:,} questions; difference {_interval(one)}, "
        f"adjusted p = {_p(one.adjusted_p)}; {how})."
    )


def measured(config: CompareConfig) -> str:
    """Say how answers were scored."""
    measure = config.measure
    if isinstance(measure, JudgeMeasure):
        return f"judge {measure.model}, in the form {measure.form.name}, a tie is half a win"
    if isinstance(measure, GivenMeasure):
        return f"scores of {measure.file.name}"
    return f"scorer {measure.scorer}"


def markdown(
    config: CompareConfig, found: Sequence[Comparison], pairs: Sequence[ModelPair], failed: int
) -> str:
    """Word the result; `failed` requests got no answer."""
    parts = [
        "# Answers with and without thoughts",
        escaped(sentence(config, found), 2_000),
        "## What differs",
        _comparisons(config, found),
        "Scores are means over the questions that have both; a judge's are the share of wins, with "
        "ties as half. The interval is of the mean difference (95 %, t). Wilcoxon's signed-rank "
        "test, two-sided; p is adjusted by Holm's method over all lines. Length is the mean number "
        "of characters: a judge may prefer longer answers.",
        *_matches(found),
        *_own_judge(config),
        *_failures(failed),
        "## Pairs of models",
        _pairs(found, pairs),
        "Stronger by: the difference between the strong model's answers and the weak one's, both "
        "to the question alone. Kept: questions with a fit thought and a fit answer, of which a "
        "build would make rows if its samples agree.",
    ]
    return "\n\n".join(parts) + "\n"


def plain_result(
    config: CompareConfig, found: Sequence[Comparison], pairs: Sequence[ModelPair], failed: int
) -> dict[str, Any]:
    """Give the result in JSON types."""
    content: dict[str, Any] = _finite(
        {
            "sentence": sentence(config, found),
            "measure": measured(config),
            "alpha": config.alpha,
            "failed": failed,
            "comparisons": [
                {
                    **asdict(one.contrast),
                    **_without_contrast(one),
                    "verdict": one.verdict(config.alpha),
                }
                for one in found
            ],
            "pairs": [asdict(pair) for pair in pairs],
        }
    )
    return content


def save(folder: Path, text: str, content: Mapping[str, Any]) -> None:
    """Write both forms."""
    texts = {MARKDOWN: text, JSON: json.dumps(content, indent=1, allow_nan=False) + "\n"}
    for name, body in texts.items():
        with written(folder / name) as unfinished:
            unfinished.write_text(body, encoding="utf-8")


def _comparisons(config: CompareConfig, found: Sequence[Comparison]) -> str:
    columns = ("answers", "against", " questions", " score", " against", " difference",
               " better / equal / worse", " p", " length", "so")  # fmt: skip
    rows = (
        (
            escaped(one.contrast.after),
            escaped(one.contrast.before),
            f"{one.questions:,}",
            _number(one.after_mean),
            _number(one.before_mean),
            _interval(one),
            f"{one.better} / {one.questions - one.better - one.worse} / {one.worse}",
            _p(one.adjusted_p),
            f"{one.after_length:,.0f} against {one.before_length:,.0f}",
            _VERDICTS[one.verdict(config.alpha)],
        )
        for one in found
    )
    return table(columns, rows)


def _matches(found: Sequence[Comparison]) -> list[str]:
    lines = [
        f"- {escaped(one.contrast.after)} against {escaped(one.contrast.before)}: "
        f"{outcomes_in_words(one.matches)}."
        for one in found
        if one.matches is not None
    ]
    return ["\n".join(lines), "What could not be read is left out."] if lines else []


def _own_judge(config: CompareConfig) -> list[str]:
    measure = config.measure
    if not isinstance(measure, JudgeMeasure) or measure.model not in {*config.weak, *config.strong}:
        return []
    return [f"The judge {escaped(measure.model)} compares texts of its own, which it may prefer."]


def _failures(failed: int) -> list[str]:
    if not failed:
        return []
    return [f"{failed:,} requests failed and are left out; the same command asks them again."]


def _pairs(found: Sequence[Comparison], pairs: Sequence[ModelPair]) -> str:
    by_pair = {
        (one.contrast.weak, one.contrast.strong, one.contrast.kind): one
        for one in found
        if one.contrast.kind == "strength" or one.contrast.examples
    }
    rows = []
    for pair in pairs:
        strength = by_pair[pair.weak, pair.strong, "strength"]
        gain = by_pair[pair.weak, pair.strong, "thoughts"]
        rows.append(
            (
                escaped(pair.weak),
                escaped(pair.strong),
                f"{_interval(strength)}, p = {_p(strength.adjusted_p)}",
                f"{pair.thoughts:.1%}",
                f"{pair.kept:.1%}",
                f"{_interval(gain)}, p = {_p(gain.adjusted_p)}",
            )
        )
    columns = ("weak", "strong", "stronger by", " with a thought", " kept", "thoughts bring")
    return table(columns, rows)


def _interval(one: Comparison) -> str:
    if math.isnan(one.difference):
        return "n/a"
    if math.isnan(one.low):
        return f"{one.difference:+.3f}"
    return f"{one.difference:+.3f} ({one.low:+.3f} to {one.high:+.3f})"


def _number(value: float) -> str:
    return "n/a" if math.isnan(value) else f"{value:.3f}"


def _p(value: float) -> str:
    return "n/a" if math.isnan(value) else f"{value:.2g}"


def _without_contrast(one: Comparison) -> dict[str, Any]:
    return {name: value for name, value in asdict(one).items() if name != "contrast"}


def _finite(value: Any) -> Any:
    """JSON has no nan: what could not be computed is null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value
