"""Benchmarks with a text to read: DROP and XSum."""

from collections.abc import Iterator, Mapping
from typing import Any

from ptr_eval.readers.row import SourceRow


def drop(row: SourceRow) -> Iterator[dict[str, Any]]:
    """Read DROP: the authors' nested JSON, the hub's rows, or the flattened form.

    The right answers are all annotated ones, each a list of spans. The flattened form joins the
    spans of an answer by "and", so such an answer is read both as one span and as several.
    """
    if "qa_pairs" in row.values:
        for pair in row.get("qa_pairs"):
            inner = SourceRow({**row.values, **pair}, row.source, row.number)
            yield _drop_question(inner, str(row.values.get("key", row.number)))
    elif "ref_text" in row.values:
        passage, _, rest = row.text("context").removeprefix("Passage:").partition("\nQuestion:")
        answers = [answer for answer in row.text("ref_text").split("|") if answer.strip()]
        # The file does not show which "and" joins two spans.
        golds = [[answer] for answer in answers]
        golds += [answer.split(" and ") for answer in answers if " and " in answer]
        question = rest.rpartition("\nAnswer:")[0]
        yield _question(passage, question, golds, passage[:200].strip())
    else:
        yield _drop_question(row, str(row.values.get("section_id", "")))


def _drop_question(row: SourceRow, passage_id: str) -> dict[str, Any]:
    passage = row.text("passage")
    if "answers_spans" in row.values:
        golds = [[span] for span in row.get("answers_spans")["spans"]]
    else:
        answers = [row.get("answer"), *_validated(row.values.get("validated_answers") or [])]
        golds = [spans for answer in answers if (spans := _spans(answer))]
    if not golds:
        raise row.wrong("column 'answer' has neither a number nor a date nor spans")
    return _question(passage, row.text("question"), golds, passage_id or passage[:200])


def _question(
    passage: str, question: str, golds: list[list[str]], passage_id: str
) -> dict[str, Any]:
    unique = [list(spans) for spans in dict.fromkeys(tuple(spans) for spans in golds)]
    return {
        "passage_id": passage_id,
        "passage": passage.strip(),
        "question": question.strip(),
        "golds": unique,
        "target": f"The answer is {', '.join(unique[0])}.",
    }


def _validated(answers: Any) -> list[Mapping[str, Any]]:
    """List the further annotations: they are a list of answers, or columns on the hub."""
    if isinstance(answers, Mapping):
        columns = {k: v for k, v in answers.items() if isinstance(v, list)}
        length = max(map(len, columns.values()), default=0)
        return [{k: v[i] for k, v in columns.items() if i < len(v)} for i in range(length)]
    return list(answers)


def _spans(answer: Mapping[str, Any]) -> list[str]:
    """Read an annotated answer as the official evaluator does: number, spans, or date."""
    if answer.get("number") not in (None, ""):
        return [str(answer["number"])]
    if answer.get("spans"):
        return [str(span) for span in answer["spans"]]
    date = answer.get("date") or {}
    written = " ".join(str(date.get(k) or "") for k in ("day", "month", "year")).strip()
    return [" ".join(written.split())] if written else []


def xsum(row: SourceRow) -> Iterator[dict[str, Any]]:
    """Read XSum: a document and its summary in one sentence."""
    summary = row.text("summary").strip()
    yield {
        "id": row.text("id"),
        "document": row.text("document").strip(),
        "gold": summary,
        "target": summary,
    }
