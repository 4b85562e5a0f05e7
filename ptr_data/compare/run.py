"""A whole comparison, which goes on where it was stopped; and what it would ask."""

from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from ptr_data.compare.answers import ANSWERS, sampled_questions, save_answers, write_answers
from ptr_data.compare.arms import arms, contrasts
from ptr_data.compare.config import CompareConfig
from ptr_data.compare.measuring import score
from ptr_data.compare.report import JSON, MARKDOWN, markdown, measured, plain_result, save
from ptr_data.compare.result import compare_all, failures, model_pairs
from ptr_data.files import make_work
from ptr_data.hashing import digest
from ptr_data.methods.ptr.measures import JudgeMeasure
from ptr_data.methods.ptr.prompts import strong_opening, weak_opening
from ptr_data.pipeline.units import ALL, StageStats, Unit, run_units
from ptr_data.records import Question
from ptr_eval.config import read_yaml_config
from ptr_eval.conversation import Conversation
from ptr_eval.extras import require

_VERSION = 1  # Raised when the same configuration gives another result.


def compare_from(path: Path) -> str:
    """Compare what a configuration file asks for; returns the result in Markdown.

    A stopped call goes on: replies are in a ledger. A finished one is not done again.
    """
    config = _read(path)
    config.read_examples()  # A mistake in it is to be found before anything is asked.
    work = make_work(config.out, (MARKDOWN, ANSWERS), JSON)
    unit = Unit(work, ALL, digest(_VERSION, config.identity()))
    if (unit.counts() or {}).get("failed"):
        unit.file("done.json").unlink()  # What failed is asked again; the rest is in the ledger.
    run_units([unit], lambda _: _compare(config, work), "Comparing")
    return (config.out / MARKDOWN).read_text(encoding="utf-8")


def _read(path: Path) -> CompareConfig:
    require("`ptr-data compare`", "data", "py3langid")
    return read_yaml_config(path, CompareConfig)


def _compare(config: CompareConfig, work: Path) -> StageStats:
    questions, compared = sampled_questions(config), contrasts(config)
    with tqdm(total=len(config.weak) + len(config.strong) + 1, unit="step") as bar:

        def say(step: str) -> None:
            bar.set_description_str(step)
            bar.update()

        found = write_answers(config, questions, work, say)
        save_answers(config.out, questions, found)
        scores = score(config, questions, found, compared, work, say)
    results, pairs = compare_all(compared, scores, found), model_pairs(config, found)
    failed = failures(found, scores)
    text = markdown(config, results, pairs, failed)
    save(config.out, text, plain_result(config, results, pairs, failed))
    return {"failed": failed}


def plan(path: Path) -> str:
    """Say what a comparison would ask of whom, with the first question as an example."""
    config = _read(path)
    questions = sampled_questions(config)
    number = len(questions)
    lines = [f"{number:,} questions, each answered in every way; nothing is asked now."]
    lines += [
        f"- {name}: {number * config.thoughts:,} requests ({config.thoughts} thoughts to each "
        "question)"
        for name in config.weak
    ]
    ways = arms(config)
    for strong in config.strong:
        mine = [arm.name for arm in ways if arm.strong == strong]
        lines.append(f"- {strong}: up to {number * len(mine):,} requests, as {', '.join(mine)}")
    if isinstance(config.measure, JudgeMeasure):
        matches = number * len(contrasts(config))
        lines.append(
            f"- {config.measure.model}: up to {2 * matches:,} requests ({matches:,} matches in "
            "both orders)"
        )
    lines.append(f"Scores: {measured(config)}.")
    return "\n".join([*lines, *_examples(config, questions[0])]) + "\n"


def _examples(config: CompareConfig, question: Question) -> Iterator[str]:
    for name in config.weak:
        yield from _shown(name, weak_opening(question.text))
    for arm in arms(config):
        if arm.weak in (None, config.weak[0]) and arm.strong == config.strong[0]:
            numbers = range(1, config.thoughts + 1 if arm.weak else 1)
            thoughts = [f"(thought {number} of {arm.weak})" for number in numbers]
            examples = config.read_examples() if arm.examples else ()
            opening = strong_opening(question.text, thoughts, examples)
            yield from _shown(arm.name, opening)


def _shown(name: str, opening: Conversation) -> Iterator[str]:
    yield f"\n{name} is asked:"
    for message in opening.messages():
        yield f"  {message['role']}:"
        yield from (f"    {line}" for line in message["content"].splitlines())
