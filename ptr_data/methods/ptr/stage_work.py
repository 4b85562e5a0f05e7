"""The stages at which models write: thoughts, then answers, then the rows made of them."""

from collections import Counter
from collections.abc import Callable

from ptr_data.files import written
from ptr_data.jsonl import read_records, write_records
from ptr_data.methods.common.tools import Tools
from ptr_data.methods.ptr.answers import write_answers
from ptr_data.methods.ptr.checked_texts import WrittenTexts
from ptr_data.methods.ptr.config import PtrConfig
from ptr_data.methods.ptr.thoughts import write_thoughts
from ptr_data.pipeline.shards import KEPT, passed, write_shard
from ptr_data.pipeline.units import StageStats, Unit
from ptr_data.records import Question, QuestionTexts

LEFT_OUT = "left-out.jsonl"


def thoughts(unit: Unit, shard: Unit, tools: Tools[PtrConfig]) -> StageStats:
    """Let the weak models write thoughts."""
    config = tools.config
    questions = list(read_records(shard.file(KEPT), Question))
    models = [tools.model(name) for name in config.weak]

    def write() -> WrittenTexts:
        ledger = unit.file("ledger")
        return write_thoughts(questions, models, config.thoughts, config.outputs, ledger)

    return _written(unit, "thoughts", len(questions), write)


def answers(unit: Unit, shard: Unit, tools: Tools[PtrConfig]) -> StageStats:
    """Let the strong model write answers."""
    config = tools.config
    candidates = list(read_records(shard.file(KEPT), QuestionTexts))
    strong = tools.model(config.strong)

    def write() -> WrittenTexts:
        ledger = unit.file("ledger")
        return write_answers(candidates, strong, config.answers, config.outputs, ledger)

    return _written(unit, "answers", len(candidates), write)


def _written(unit: Unit, stage: str, given: int, write: Callable[[], WrittenTexts]) -> StageStats:
    made = write()
    write_shard(unit, made.candidates, made.dropped)
    with written(unit.file(LEFT_OUT)) as draft:
        write_records(draft, made.left_out)
    for leftover in unit.folder.glob(f"{unit.name}.ledger*"):
        leftover.unlink()  # What it held is in the shard now.
    reasons = Counter(text.reason for text in made.left_out)
    return {
        **passed(stage, given, list(made.dropped)),
        "texts left out": dict(sorted(reasons.items())),
    }
