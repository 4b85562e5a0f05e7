"""Reading responses that were made elsewhere, to be scored."""

from pathlib import Path

from ptr_eval.budget import estimate_tokens
from ptr_eval.errors import UserError
from ptr_eval.protocols import Reply
from ptr_eval.readers import read_rows
from ptr_eval.thinking import visible_answer

NOT_RECORDED = "no answer is recorded for this round"


def writable(text: str) -> str:
    """Replace lone surrogates, which neither tokenizers nor samples files take.

    Args:
        text: A response; a server's JSON may hold anything.

    Returns:
        Text that is valid in UTF-8.
    """
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def recorded_reply(response: str | None) -> Reply:
    """Make a reply of a recorded response.

    Args:
        response: The text; None if the model gave none, which is an empty answer.

    Returns:
        The reply, its length estimated as UTF-8 bytes / 4.
    """
    if response is None:
        return Reply("", visible_tokens=0)
    response = writable(response)
    return Reply(
        response,
        generated_tokens=estimate_tokens(response),
        visible_tokens=estimate_tokens(visible_answer(response)),
    )


def read_responses(path: Path) -> dict[int, list[Reply]]:
    """Read responses that were made elsewhere.

    Args:
        path: JSON Lines of `{"doc_id": 0, "responses": ["round 1", "round 2"]}`; null for a round
            in which the model gave none.

    Returns:
        The replies by question, in the order of the file.

    Raises:
        UserError: If the file or a row is not of that form.
    """
    if not path.is_file():
        raise UserError(f"--responses {path}: no such file.")
    answers: dict[int, list[Reply]] = {}
    for row in read_rows(path):
        doc_id, responses = row.values.get("doc_id"), row.values.get("responses")
        where = f"{path}, row {row.number}"
        if isinstance(doc_id, bool) or not isinstance(doc_id, int):
            raise UserError(f"{where}: 'doc_id' must be a whole number, not {doc_id!r}.")
        if doc_id in answers:
            raise UserError(f"{where}: document {doc_id} is in the file twice; keep one row.")
        if not isinstance(responses, list) or not responses:
            raise UserError(f"{where}: 'responses' must be a list of texts, one a round.")
        if not all(r is None or isinstance(r, str) for r in responses):
            raise UserError(f"{where}: every one of 'responses' must be a text or null.")
        answers[doc_id] = [recorded_reply(r) for r in responses]
    if not answers:
        raise UserError(f"{path} holds no rows.")
    return answers
