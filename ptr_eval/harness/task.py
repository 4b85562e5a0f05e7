"""The task class behind every `ptr_*` task: any generative benchmark, asked round after round.

It is an ordinary configurable task of lm-eval (prompt, splits, few-shot and generation settings
come from the YAML), plus a `ptr:` section that names the reader of its rows, its official files
and its scorers. It asks through the request type `generate_rounds`, and scores all rounds of
all documents in one pass.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from itertools import islice
from pathlib import Path
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.metrics import mean
from lm_eval.api.task import ConfigurableTask
from lm_eval.utils import create_iterator, hash_string

from ptr_eval import __version__
from ptr_eval.conversation import Conversation, Message, Transcript
from ptr_eval.errors import UserError
from ptr_eval.harness.backend import is_sampled
from ptr_eval.harness.costs import spent_by_round
from ptr_eval.harness.fewshot import SubjectSampler
from ptr_eval.harness.metrics import Scored
from ptr_eval.harness.plan import REQUEST_TYPE, Plan, Slot
from ptr_eval.harness.rounds import install
from ptr_eval.harness.scorers import Scorer
from ptr_eval.harness.settings import Settings
from ptr_eval.harness.task_spec import TaskSpec
from ptr_eval.runs.recorded import model_of
from ptr_eval.scoring import Score, answer_classes
from ptr_eval.thinking import visible_answer

_log = logging.getLogger("lm_eval.ptr")

DRAWN = {"do_sample": True, "temperature": 0.6, "top_p": 0.95}
"""How replies are drawn where a protocol needs different ones and the task says nothing."""


class RefinementTask(ConfigurableTask):
    """A benchmark asked several times over, every round scored."""

    def __init__(
        self, config: dict[str, Any], documents: Sequence[Mapping[str, Any]] | None = None
    ) -> None:
        install()
        _quiet_groups()
        config = {key: value for key, value in config.items() if key != "class"}
        self.settings = Settings.from_metadata(config.get("metadata"))
        self.spec = TaskSpec.read(config)
        self.protocol = self.settings.make_protocol()
        config["generation_kwargs"] = self._drawn(config.get("generation_kwargs") or {})
        config["repeats"] = self.settings.samples or config.get("repeats", 1)
        self.measures = self.spec.measures(self.settings, self.protocol, config["repeats"])
        self._documents = documents
        self._few_shot: list[dict[str, Any]] | None = None
        self._spent: dict[str, list[float]] = {}
        config.pop("ptr")
        config["metric_list"] = self._metric_list()
        config["process_results"] = "process_results"  # Ours, below; None would load metrics.
        super().__init__(config=config)

    def _drawn(self, generation: Mapping[str, Any]) -> dict[str, Any]:
        """Sample where the protocol needs different replies and the task decodes greedily."""
        greedy = self.protocol.sampled and not is_sampled(generation)
        return {**generation, **(DRAWN if greedy else {})}

    def _metric_list(self) -> list[dict[str, Any]]:
        names = {name: up for m in self.measures.values() for name, up in m.names()}
        return [
            {"metric": name, "aggregation": "mean", "higher_is_better": up}
            for name, up in names.items()
        ]

    # Documents

    def download(self, dataset_kwargs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        """Read the documents to be asked; few-shot examples wait until they are needed."""
        import datasets

        split = self.config.test_split
        if self._documents is None:
            self._documents = self.spec.source.read(split, self.settings.data_folder)
        try:
            self.dataset = {split: datasets.Dataset.from_list(list(self._documents))}
        except (TypeError, ValueError) as error:
            raise UserError(
                f"{self.config.task}: a column holds values of different kinds ({error}); "
                "make them all text, or all numbers."
            ) from error

    def fewshot_docs(self) -> list[dict[str, Any]]:
        """Return nothing yet: examples are read by the first prompt that shows any."""
        return []

    def _load_few_shot(self, wanted: int) -> None:
        split = self.config.fewshot_split
        if split == self.config.test_split:
            self._few_shot = list(self.task_docs)
        else:
            self._few_shot = self.spec.source.read(split, self.settings.data_folder)
        if len(self._few_shot) <= wanted:
            raise UserError(
                f"{self.config.task}: --num_fewshot {wanted} asks for more examples than the "
                f"{len(self._few_shot)} in its split {split!r}."
            )
        self.sampler.replace_df(self._few_shot)

    def doc_iterator(
        self,
        *,
        rank: int = 0,
        limit: int | None = None,
        world_size: int = 1,
        samples: list[int] | None = None,
    ) -> Iterator[tuple[int, Any]]:
        """Iterate over this rank's documents.

        lm-eval looks a selected document's number up by its place in `samples`, so the
        documents must come in that order.
        """
        documents = self.eval_docs
        if not samples:
            shown: Iterator[Any] = iter(documents)
        elif wrong := [i for i in samples if not 0 <= i < len(documents)]:
            raise UserError(
                f"--samples: {self.config.task} has documents 0 to {len(documents) - 1}, "
                f"not {', '.join(map(str, wrong))}."
            )
        else:
            shown, limit = (documents[i] for i in samples), None
        chosen: Iterator[tuple[int, Any]] = create_iterator(
            enumerate(shown), rank=rank, limit=int(limit) if limit else None, world_size=world_size
        )
        return chosen

    # Requests

    def fewshot_context(
        self,
        doc: dict[str, Any],
        num_fewshot: int,
        chat_template: Callable[..., str] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Build the opening as messages, or as one text where no chat template is used."""
        if num_fewshot > 0:
            if self._few_shot is None:
                self._load_few_shot(num_fewshot)
            if isinstance(self.sampler, SubjectSampler):
                self.sampler.subject = doc.get("subject")
        keep = (lambda messages, **_: messages) if chat_template else None
        if not chat_template and (system := kwargs.get("system_instruction")):
            # In plain text lm-eval runs the system prompt into the question.
            kwargs["system_instruction"] = f"{system}{self.config.fewshot_delimiter}"
        return super().fewshot_context(doc, num_fewshot, chat_template=keep, **kwargs)

    def build_all_requests(self, *, tokenizer_name: str = "", **kwargs: Any) -> None:
        """Build all requests.

        lm-eval's request cache does not know what a prompt depends on beyond the few facts in
        its key, so a fingerprint of all of it is added to the one that is free text.
        """
        if self.protocol.sampled and not is_sampled(self.config.generation_kwargs or {}):
            _log.warning(
                "%s: greedy decoding gives equal answers to equal prompts; "
                "add --gen_kwargs do_sample=true,temperature=0.6.",
                self.config.task,
            )
        if not self._predicts_only:
            for sentence in self.spec.prepare(self.settings):
                _log.warning("%s: %s", self.config.task, sentence)
        facts = [
            __version__,
            self.dump_config(),
            kwargs.get("samples"),
            [self.eval_docs._fingerprint, len(self.eval_docs)],
            hash_string(json.dumps(list(islice(self.eval_docs, 50)), default=str)),
        ]
        print_ = hash_string(json.dumps(facts, sort_keys=True, default=str))
        super().build_all_requests(tokenizer_name=f"{tokenizer_name}-ptr{print_}", **kwargs)

    def construct_requests(self, doc: dict[str, Any], ctx: Any, **kwargs: Any) -> list[Instance]:
        """Make one request for each answer that a document will be asked for."""
        name, doc_id, samples = kwargs["metadata"]
        chat = not isinstance(ctx, str)
        transcript = Transcript(self.config.target_delimiter, self.config.fewshot_delimiter)
        plan = Plan(self.protocol, self.settings, transcript, chat)
        messages = ctx if chat else [{"role": "user", "content": ctx}]
        opening = Conversation(tuple(Message(m["role"], m["content"]) for m in messages))
        shown = json.dumps(messages, ensure_ascii=False) if chat else ctx
        each = sum(self.protocol.steps)
        return [
            Instance(
                request_type=REQUEST_TYPE,
                doc=doc,
                arguments=(
                    shown,
                    deepcopy(self.config.generation_kwargs),
                    Slot(plan, opening, sample, index),
                ),
                idx=sample * each + index,
                metadata=(name, doc_id, 1),
            )
            for sample in range(samples)
            for index in range(each)
        ]

    # Scores

    def apply_filters(self) -> None:
        """Score every answer with every scorer, each a filter in lm-eval's sense."""
        instances: list[Instance] = self._instances
        self._spent = spent_by_round(instances)
        if self._predicts_only:
            for instance in instances:
                instance.filtered_resps["none"] = instance.resps[0]
            return
        answered = [i for i in instances if i.arguments[2]["failed"] is None]
        end = self.settings.thinking_end
        items = [(visible_answer(i.resps[0], end), i.doc) for i in answered]
        for name, measures in self.measures.items():
            scored = iter(measures.scorer.score(items, self.settings))
            failed = Score.unparsed("no answer: the request failed")
            scores = [failed if i.arguments[2]["failed"] else next(scored) for i in instances]
            classes = self._classes(instances, scores, measures.scorer)
            for instance, score, class_ in zip(instances, scores, classes, strict=True):
                record = instance.arguments[2]
                record["scores"][name] = {**score.to_dict(), "class": class_}
                instance.filtered_resps[name] = Scored(score, {**record, "scorer": name})

    def _classes(
        self, instances: Sequence[Instance], scores: Sequence[Score], scorer: Scorer
    ) -> list[int | None]:
        """Number the different answers to each document, where there are some to vote on."""
        if self.config.repeats == 1 and not self.protocol.sampled:
            return [None] * len(instances)
        places: dict[Any, list[int]] = {}
        for place, instance in enumerate(instances):
            places.setdefault(instance.doc_id, []).append(place)
        numbered = answer_classes([[scores[i] for i in p] for p in places.values()], scorer.same)
        classes: list[int | None] = [None] * len(instances)
        for members, numbers in zip(places.values(), numbered, strict=True):
            for place, number in zip(members, numbers, strict=True):
                classes[place] = number
        return classes

    def process_results(self, doc: dict[str, Any], results: Sequence[Any]) -> dict[str, float]:
        """Turn a document's scores into scalars, one set a round."""
        if self._predicts_only:
            return {"bypass": 999.0}
        answers = iter(results)
        each = sum(self.protocol.steps)
        samples = [
            [list(islice(answers, size)) for size in self.protocol.steps]
            for _ in range(len(results) // each)
        ]
        return self.measures[results[0].record["scorer"]].of(samples)

    @property
    def _predicts_only(self) -> bool:
        return "bypass" in self._metric_fn_list

    def aggregation(self) -> dict[str, Callable[..., float]]:
        """Return how each scalar is averaged over documents."""
        return dict.fromkeys(self._aggregation_list, mean) | {"bypass": lambda _: 999.0}

    def dump_config(self) -> dict[str, Any]:
        """Describe the task for the results file."""
        described = self.spec.describe(self.settings, self.protocol)
        if run := self.settings.first_round:
            described["first_round_model"] = model_of(Path(run).expanduser())
        return {**super().dump_config(), "ptr": {**described, **self._spent}}


def _quiet_groups() -> None:
    """Keep lm-eval from warning of rounds that a group lists but this run does not have."""
    logger = logging.getLogger("lm_eval.api.group")
    if _not_about_rounds not in logger.filters:
        logger.addFilter(_not_about_rounds)


def _not_about_rounds(record: logging.LogRecord) -> bool:
    return "no values found for metric 'score@" not in record.getMessage()
