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
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from jinja2 import TemplateError
from lm_eval.api.instance import Instance
from lm_eval.api.metrics import mean
from lm_eval.api.task import ConfigurableTask
from lm_eval.utils import create_iterator, hash_string

from ptr_eval import __version__
from ptr_eval.conversation import Conversation, Message, Transcript
from ptr_eval.errors import UserError
from ptr_eval.harness.answer_key import REQUEST_TYPE, AnswerKey, TaskContext
from ptr_eval.harness.backend import is_sampled, one_limit
from ptr_eval.harness.choice import check_choice
from ptr_eval.harness.costs import costs_by_round, outcomes_by_round
from ptr_eval.harness.fewshot import SubjectSampler
from ptr_eval.harness.first_round import check_wording
from ptr_eval.harness.grading import grade
from ptr_eval.harness.metrics import Value, metric_list, of_sums
from ptr_eval.harness.prompt_checks import cannot_be_filled_in, check_prompts, transcript_stops
from ptr_eval.harness.rounds import install
from ptr_eval.harness.settings import PREFIX, TaskSettings
from ptr_eval.harness.task_file import refuse_run_wide, with_real_file
from ptr_eval.harness.task_spec import TaskSpec, as_asked
from ptr_eval.runs import (
    Answer,
    TaskDescription,
    answer_in,
    description_to_json,
    log_answer,
    read_run,
)

_log = logging.getLogger(__name__)

DRAWN = {"do_sample": True, "temperature": 0.6, "top_p": 0.95}
"""How replies are drawn where a protocol needs different ones and the task says nothing."""


class RefinementTask(ConfigurableTask):
    """A benchmark asked several times over, every round scored."""

    def __init__(
        self,
        config: dict[str, Any],
        documents: Sequence[Mapping[str, Any]] | None = None,
        recorded: TaskDescription | None = None,
    ) -> None:
        """Make the task of its configuration.

        Args:
            config: lm-eval's configuration, with the section `ptr`.
            documents: The questions; those of the task's data by default.
            recorded: How answers that exist already were asked, if they are only scored again.
        """
        install()
        _quiet_lm_eval()
        config = with_real_file({key: value for key, value in config.items() if key != "class"})
        refuse_run_wide(config)
        self._given = TaskSettings.from_metadata(config.get("metadata"))
        self.spec = TaskSpec.read(config)
        self.settings = self.spec.applicable(self._given)
        if recorded is None and (wording := self.spec.wording(self._given)) is not None:
            config["doc_to_text"] = wording
        self.protocol = self.settings.make_protocol()
        self._recorded = recorded
        self.asks = recorded is None
        """Whether a model is to be asked; else its prompts only show what was."""
        self._own_stops = True  # Until --gen_kwargs gives others.
        config["generation_kwargs"] = self._drawn(config.get("generation_kwargs") or {})
        config["repeats"] = self.settings.samples or config.get("repeats", 1)
        self.metrics = self.spec.metrics(self.settings, self.protocol, config["repeats"])
        self._documents = documents
        self._few_shot: list[dict[str, Any]] | None = None
        self._costs: dict[str, list[float]] = {}
        self._outcomes: dict[str, list[int]] = {}
        config.pop("ptr")
        config["metric_list"] = metric_list(self.metrics.values())
        config["process_results"] = "process_results"  # Ours, below; None would load metrics.
        super().__init__(config=config)

    def _drawn(self, generation: Mapping[str, Any]) -> dict[str, Any]:
        """Sample where the protocol needs different replies and the task decodes greedily."""
        greedy = self.protocol.sampled and not is_sampled(generation)
        return {**generation, **(DRAWN if greedy else {})}

    # What lm-eval sets after it has built a task

    def set_config(self, key: str, value: Any, update: bool = False) -> None:
        """Take a setting; every name of the limit of tokens replaces the task's own limit."""
        if key == "generation_kwargs":
            self._own_stops = self._own_stops and "until" not in value
            value = one_limit(value) if update else value
        super().set_config(key, value, update)

    def set_fewshot_seed(self, seed: int | None = None) -> None:
        """Take lm-eval's --seed for sampled answers too, where `ptr_seed` is not given."""
        super().set_fewshot_seed(seed)
        if f"{PREFIX}seed" not in (self.config.metadata or {}):
            self.settings = replace(self.settings, seed=seed)
            self._given = replace(self._given, seed=seed)

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

    def _load_few_shot(self) -> list[dict[str, Any]]:
        split = self.config.fewshot_split
        if split == self.config.test_split:
            examples = list(self.task_docs)
        else:
            examples = self.spec.source.read(split, self.settings.data_folder)
        self.sampler.replace_df(examples)
        return examples

    def _check_few_shot(self, wanted: int, subject: str | None) -> None:
        """Refuse more examples than there are: of the subject, if they are chosen by it."""
        if self._few_shot is None:
            self._few_shot = self._load_few_shot()
        split, examples = self.config.fewshot_split, self._few_shot
        of_subject = [example for example in examples if example.get("subject") == subject]
        chosen = of_subject if subject is not None and of_subject else examples
        there = len(chosen) - (split == self.config.test_split)  # The question itself is not shown.
        if there < wanted:
            of = f" of {subject!r}" if chosen is of_subject else ""
            raise UserError(
                f"{self.config.task}: --num_fewshot {wanted} asks for more examples than the "
                f"{there}{of} in its split {split!r}."
            )

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
        else:
            shown, limit = (documents[i] for i in samples), None
        chosen: Iterator[tuple[int, Any]] = create_iterator(
            enumerate(shown), rank=rank, limit=int(limit) if limit else None, world_size=world_size
        )
        return chosen

    # Requests

    def _drop_transcript_stops(self) -> None:
        """Let answers go on under a chat template, which ends them by itself."""
        generation = self.config.generation_kwargs or {}
        until = generation.get("until") or []
        listed = [until] if isinstance(until, str) else until
        if not listed or not self._own_stops:
            return
        question = str(self.doc_to_text(self.eval_docs[0]))
        dropped = transcript_stops(listed, question, self.config.fewshot_delimiter)
        generation["until"] = [stop for stop in listed if stop not in dropped]

    def doc_to_text(self, doc: dict[str, Any], *arguments: Any) -> Any:
        """Word a question."""
        try:
            return super().doc_to_text(doc, *arguments)
        except TemplateError as error:
            raise cannot_be_filled_in(self.config.task, "doc_to_text", doc, error) from error

    def doc_to_target(self, doc: dict[str, Any], *arguments: Any) -> Any:
        """Word the right answer."""
        try:
            return super().doc_to_target(doc, *arguments)
        except TemplateError as error:
            raise cannot_be_filled_in(self.config.task, "doc_to_target", doc, error) from error

    def fewshot_context(
        self,
        doc: dict[str, Any],
        num_fewshot: int,
        chat_template: Callable[..., str] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Build the opening as messages, or as one text where no chat template is used."""
        if self._recorded is not None:
            num_fewshot = 0  # Its prompts exist, and its examples may not.
        if num_fewshot > 0:
            by_subject = isinstance(self.sampler, SubjectSampler)
            subject = doc.get("subject") if by_subject else None
            self._check_few_shot(num_fewshot, subject)
            if by_subject:
                self.sampler.subject = subject
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
        check_choice(
            str(self.config.task),
            len(self.eval_docs),
            limit=kwargs.get("limit"),
            samples=kwargs.get("samples"),
        )
        if self.asks:
            if run := self.settings.first_round:
                check_wording(
                    Path(run).expanduser(), str(self.config.task), self.config.doc_to_text
                )
            prompts = (self.doc_to_text(doc) for doc in self.eval_docs)
            check_prompts(self.config.task, self.eval_docs, prompts)
        if kwargs.get("apply_chat_template"):
            self._drop_transcript_stops()
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
        """Make one request for each answer that a question will be asked for."""
        name, doc_id, samples = kwargs["metadata"]
        chat = not isinstance(ctx, str)
        transcript = Transcript(self.config.target_delimiter, self.config.fewshot_delimiter)
        own, prompts = self.spec.scorer_settings, tuple(self.spec.prompts)
        context = TaskContext(self.protocol, self._given, transcript, chat, own, prompts)
        messages = ctx if chat else [{"role": "user", "content": ctx}]
        opening = Conversation(tuple(Message(m["role"], m["content"]) for m in messages))
        shown = json.dumps(messages, ensure_ascii=False) if chat else transcript.render(opening)
        each = sum(self.protocol.answers_per_round)
        return [
            Instance(
                request_type=REQUEST_TYPE,
                doc=doc,
                arguments=(
                    shown,
                    deepcopy(self.config.generation_kwargs),
                    AnswerKey(context, opening, sample, index),
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
        answers = [answer_in(instance) for instance in instances]
        self._costs = costs_by_round(answers)
        self._outcomes = outcomes_by_round(answers)
        if not self._predicts_only:
            answers = grade(
                answers,
                [instance.doc for instance in instances],
                {name: metrics.scorer for name, metrics in self.metrics.items()},
                self.settings,
                self.protocol,
                vote=self.config.repeats > 1 or self.protocol.sampled,
            )
        for instance, answer in zip(instances, answers, strict=True):
            log_answer(instance, answer, () if self._predicts_only else tuple(self.metrics))

    def process_results(self, doc: dict[str, Any], results: Sequence[Any]) -> dict[str, Value]:
        """Turn a question's answers into numbers, one set a round."""
        if self._predicts_only:
            return {"bypass": 999.0}
        answers: Iterator[Answer] = iter(results)
        each = self.protocol.answers_per_round
        samples = [
            [list(islice(answers, size)) for size in each] for _ in range(len(results) // sum(each))
        ]
        return self.metrics[results[0].scorer].of(samples)

    @property
    def _predicts_only(self) -> bool:
        return "bypass" in self._metric_fn_list

    def aggregation(self) -> dict[str, Callable[..., float]]:
        """Return how each figure is made of the documents' values."""
        means = dict.fromkeys(self._aggregation_list, mean)
        return means | of_sums(self.metrics.values()) | {"bypass": lambda _: 999.0}

    def dump_config(self) -> dict[str, Any]:
        """Describe the task for the results file."""
        described = self.spec.describe(self.settings, self.protocol)
        if run := self.settings.first_round:
            (saved, *_) = read_run(Path(run).expanduser(), [str(self.config.task)])
            described = replace(
                described,
                first_round_model=saved.model,
                first_round_results=saved.results.name,
            )
        if self._recorded is not None:
            described = as_asked(described, self._recorded)
        described = replace(
            described, costs=self._costs or described.costs, outcomes=self._outcomes
        )
        return {
            **super().dump_config(),
            **({} if self._predicts_only else self._logged()),
            "ptr": description_to_json(described),
        }

    def _logged(self) -> dict[str, Any]:
        """Name what every sample has, where programs that read samples files look it up."""
        each = [{name for name, _ in metrics.names()} for metrics in self.metrics.values()]
        shared = set.intersection(*each) - of_sums(self.metrics.values()).keys()
        return {
            "filter_list": [{"name": name} for name in self.metrics],
            "metric_list": [m for m in self.config.metric_list if m["metric"] in shared],
        }


_KNOWN = (
    "no values found for metric 'score@",  # A group lists rounds that this run does not have.
    "Metrics were not scored on the same number of documents",  # Requests failed; we say how many.
)


def _quiet_lm_eval() -> None:
    """Keep lm-eval from warning of what is known."""
    for name in ("lm_eval.api.group", "lm_eval.evaluator_utils"):
        logger = logging.getLogger(name)
        if _is_news not in logger.filters:
            logger.addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    return not any(mark in record.getMessage() for mark in _KNOWN)
