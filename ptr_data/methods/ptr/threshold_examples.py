"""Samples from both sides of the consistency threshold, for reading: is it in the right place?"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ptr_data.export.markdown import block, escaped
from ptr_data.methods.ptr.records import QuestionTexts

_LONGEST = 1_500
_Scored = tuple[float, QuestionTexts]


def write_threshold_examples(
    path: Path, scored: Iterable[_Scored], threshold: float, per_side: int = 10
) -> None:
    """Write the queries that score nearest to the threshold, below it and from it on."""
    sides: dict[bool, list[_Scored]] = {True: [], False: []}
    for score, texts in scored:
        side = sides[score >= threshold]
        side.append((score, texts))
        if len(side) >= 2 * per_side:
            _keep_nearest(side, threshold, per_side)
    for side in sides.values():
        _keep_nearest(side, threshold, per_side)
    text = "\n\n".join(_page(sides, threshold))
    path.write_text(f"{text}\n", encoding="utf-8")


def _keep_nearest(side: list[_Scored], threshold: float, count: int) -> None:
    side.sort(key=lambda scored: (abs(scored[0] - threshold), scored[1].query.id))
    del side[count:]


def _page(sides: dict[bool, list[_Scored]], threshold: float) -> Iterator[str]:
    yield "# Samples on both sides of the consistency threshold"
    yield (
        f"The threshold is {threshold:g}. Below are the queries whose scores are nearest to it, "
        "with all samples of the strong model; read them to see whether it is in the right place."
    )
    for kept, title in ((True, "Kept"), (False, "Dropped")):
        yield f"## {title}, nearest first"
        if not sides[kept]:
            yield "None."
        for score, texts in sides[kept]:
            yield f"### {score:.3f}, query {escaped(texts.query.id)}"
            yield block(texts.query.text, _LONGEST)
            for number, answer in enumerate(texts.answers, start=1):
                yield f"Sample {number}:"
                yield block(answer.text, _LONGEST)
