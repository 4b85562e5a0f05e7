"""What each mode of the misbehaving server is to lead to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from ptr_eval.protocols import Outcome
from ptr_eval.runs import Answer, logged_answers
from tests.bad_modes import LOST, ODD
from tests.bad_server import TRIES
from tests.scripted_lm import by_round

BRIEF = {"ptr_max_wait": 2, "ptr_rounds": 1}


@dataclass(frozen=True, slots=True)
class Row:
    """What a mode is to lead to."""

    outcome: Outcome
    """The outcome of a request that meets it."""
    words: str = ""
    """A pattern of what must stand in the record; for what the server says, its own words."""
    tries: int = 1
    """How often the request may be sent in one round."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings beside those of all."""


def failed(words: str, tries: int = 1, **settings: Any) -> Row:
    return Row("failed", words, tries, settings)


def passing(words: str) -> Row:
    """Write the row of something that may pass, so it may be tried again."""
    return failed(words, TRIES, ptr_rounds=1)


def overload(words: str) -> Row:
    """Write the row of a server that refuses for load: it is waited for."""
    return failed(words, 8, **BRIEF)


TABLE: dict[str, Row] = {
    "400_max_tokens": failed("max_tokens is not supported; use max_completion_tokens"),
    "400_stop": failed("stop is not supported"),
    "400_system": failed("system role is not supported"),
    "400_context": failed("maximum context length is 4096 tokens"),
    "400_text": failed("Bad prompt: banned word"),
    "400_empty_body": failed("400"),
    "401_key": failed("Incorrect API key provided: sk-1"),
    "402_credit": failed("Insufficient credits"),
    "403_region": failed("Country, region, or territory not supported"),
    "404_model": failed("model 'm' not found, try pulling it first"),
    "302_nowhere": failed("302 Found"),
    "304_unasked": failed("304 Not Modified"),
    "404_html": failed("404 Not Found"),
    "405_method": failed("Method Not Allowed"),
    "408_timeout": passing("Request timed out in the queue"),
    "413_large": failed("413 Request Entity Too Large"),
    "422_detail": failed("Field required"),
    "429_seconds": overload("Rate limit reached for m"),
    "429_fraction": overload("Rate limit reached for m"),
    "429_date": overload("Rate limit reached for m"),
    "429_alone": overload("Rate limit reached for m"),
    "429_zero": overload("Rate limit reached for m"),
    "429_unreadable": overload("Rate limit reached for m"),
    # Nobody waits for a day, and no waiting fills an account.
    "429_far": failed("Rate limit reached for m", ptr_rounds=1),
    "429_quota": failed("You exceeded your current quota"),
    "500_json": passing("CUDA error: device-side assert"),
    "500_text": passing("500.*Internal Server Error"),
    "500_request_id": passing("failed: backend gone"),
    "502_html": passing("502 Bad Gateway"),
    "503_retry": overload("Model m is overloaded"),
    "503_alone": overload("Model m is currently loading"),
    "504_html": passing("504 Gateway Time-out"),
    "529_overloaded": overload("Overloaded"),
    "error_dict": passing("The upstream provider failed"),
    "error_429": overload("Rate limit reached for m"),
    "error_text": passing("worker died"),
    "error_nested": passing("no healthy upstream"),
    "error_in_choice": passing("provider disconnected"),
    "error_beside_null": passing("engine is dead"),
    "choices_empty": passing("choices"),
    "choices_missing": passing("choices"),
    "choices_null": passing("choices"),
    "null_with_tools": passing("tool"),
    "tool_part": passing("tool"),
    "message_null": passing("message"),
    "choice_text": passing("choice"),
    "content_number": passing("content"),
    "content_dict": passing("content"),
    "parts_unknown": passing("content in an unknown form"),
    "json_broken": passing("json"),
    "json_cut": passing("json"),
    "json_deep": passing("json"),
    "no_content": passing("204|json|empty"),
    "body_empty": passing("json|empty"),
    "body_list": passing("hello"),
    "body_number": passing("7"),
    "body_null": passing("null|none"),
    "event_stream": passing("data:|stream"),
    "html_200": passing("Sign in to the gateway"),
    "gzip_unsaid": passing("json|decode|utf"),
    "refusal": Row("refused", "I cannot help with that"),
    "refusal_part": Row("refused", "I cannot help with that"),
    "filter_400": Row("refused", "The prompt was filtered"),
    "filter_empty": Row("refused", "filter"),
    "filter_null": Row("refused", "filter"),
    "filter_partial": Row("refused", "filter"),
    "null": Row("empty"),
    "empty": Row("empty"),
    "whitespace": Row("empty"),
    "parts_none": Row("empty"),
    "parts_blank": Row("empty"),
    "only_reasoning": Row("empty"),
    "only_reasoning_null": Row("empty"),
    "cut": Row("cut_off"),
    "cut_null": Row("cut_off"),
    "cut_reasoning": Row("cut_off"),
    "cut_thinking_part": Row("cut_off"),
    "cut_in_a_block": Row("cut_off"),
    # All of these say the right answer, so it is an answer, and right.
    **dict.fromkeys(ODD, Row("answered")),
    "slow": passing("time"),
    "dropped": passing("disconnect|reset|closed|connection"),
    "dropped_inside": passing("payload|incomplete|reset|closed|connection|read"),
}

LOAD = [
    "429_seconds", "429_fraction", "429_date", "429_alone", "429_zero", "429_unreadable",
    "503_retry", "503_alone", "529_overloaded", "error_429",
]  # fmt: skip
"""What is over when one has waited."""
PASSING = ["408_timeout", "500_json", "500_text", "502_html", "504_html", *LOST]
"""What is over when the same request is sent again."""


# Reading results


OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


def answers(results: Mapping[str, Any]) -> list[list[Answer]]:
    """List the answers to each question, round by round."""
    logged = logged_answers(results["samples"]["ptr_gsm8k"])
    return [logged[question] for question in sorted(logged)]


def outcomes(results: Mapping[str, Any]) -> list[list[Outcome]]:
    return [[answer.reply.outcome for answer in rounds] for rounds in answers(results)]


def shares(results: Mapping[str, Any]) -> dict[str, list[float]]:
    """Find the share of each outcome that is not an answer, round by round, where there is any."""
    found = {name: by_round(results, name) for name in OUTCOMES if name != "answered"}
    return {name: values for name, values in found.items() if any(values)}


def counts(results: Mapping[str, Any]) -> dict[str, list[int]]:
    counted: dict[str, list[int]] = results["configs"]["ptr_gsm8k"]["ptr"]["outcomes"]
    return {name: numbers for name, numbers in counted.items() if any(numbers)}


def holds(pattern: str, text: str | None) -> bool:
    return re.search(pattern, text or "", re.IGNORECASE) is not None


def unless_answered(outcome: Outcome, values: list[Any]) -> dict[str, list[Any]]:
    """Write down what `shares` or `counts` should find of an outcome."""
    return {} if outcome == "answered" else {outcome: [round(value, 9) for value in values]}
