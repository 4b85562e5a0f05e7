"""The wordings compared: by kind of task, the last line of the prompt, below question and options.

Each is a Jinja template of the question's fields, as a task's `doc_to_text` is.
"""

_OPTIONS = '{{labels[:-1] | join(", ")}} or {{labels[-1]}}'

_LABEL = '{{"number" if labels[0].isdigit() else "letter"}}'
"""Some questions of ARC number their options."""

CHOICE = {
    "words": 'Reason briefly, then give the letter of the best option after the words "The answer '
    'is".',
    "which": f"Which option is best: {_OPTIONS}? Reason briefly, and finish with the words "
    '"The answer is" and one of these letters.',
    "letter_reason": "Answer with the letter of the best option and a short reason.",
    "which_letter": f"Which option is best: {_OPTIONS}? Answer with its letter and a short reason.",
    "letter_first": f"Begin with the letter of the best option ({_OPTIONS}). Then explain in one "
    "or two sentences why it is the best.",
    "reason_letter": "Explain in one or two sentences which option is best, and end with its "
    "letter.",
    "text_reason": "Choose the best option. Write its letter and its text, then a short reason.",
    "answer_is": 'Choose the best option. Begin with "The answer is" and its letter, then give a '
    "short reason.",
    "one_option": "Choose one option. Answer with its letter and a short reason.",
    "sentence": "Which option is best? Answer in one or two sentences, and name the option by its "
    "letter.",
    "reason_then": "Reason briefly about the question, then say which one option is best, by its "
    "letter.",
    "only_one": "Only one option is right. Write its letter, then explain briefly why it is right.",
    "answer_letter": "What is the answer? Give the letter of one option, and a short reason.",
    "one_best": f"Choose the one best option. Answer with its {_LABEL} and a short reason.",
    "one_exactly": "Choose exactly one option. Answer with its letter and a short reason.",
    "one_reason": "Choose one option. Reason briefly, then answer with its letter.",
    "one_is": "Choose one option. Reason briefly, then give its letter after the words "
    '"The answer is".',
    "letter_one": "Answer with the letter of the one best option and a short reason.",
    "letter_exactly": "Answer with the letter of exactly one option and a short reason.",
    "read_all": "Read all options first. Then answer with the letter of the one best option and a "
    "short reason.",
    "one_right": "Exactly one option is right. Answer with its letter and a short reason.",
    "text": "Answer with the text of the option that is right.",
    "copy": "Copy the right option.",
    "reply": "Which of these options is right? Reply with that option.",
    "one_text": "Choose the one best option. Answer with its text and a short reason.",
    "one_itself": "Choose the one best option. Answer with that option and a short reason.",
    "exactly_text": "Choose exactly one option. Answer with its text and a short reason.",
    "exactly_itself": "Choose exactly one option. Answer with that option and a short reason.",
    "exactly_full": "Choose exactly one option. Write it out in full, and give a short reason.",
    "option_text": "Choose one option. Answer with its text and a short reason.",
    "letter_text": "Choose the one best option. Answer with its letter, its text and a short "
    "reason.",
    "text_letter": "Choose the one best option. Answer with its text, its letter and a short "
    "reason.",
    "one_copy": "Choose the one best option. Copy its text, without its letter, and give a short "
    "reason.",
    "own_words": "Answer the question in one sentence, with the words of the best option.",
}
"""For multiple choice."""

NUMBER = {
    "words": 'Work it out step by step, then give the number asked for after the words "The '
    'answer is".',
    "last_line": "Work it out step by step. On the last line, write the final answer alone, as a "
    "number.",
}
"""For GSM8K."""

SPANS = {
    "words": 'Reason briefly, then give the answer after the words "The answer is": a number, a '
    "date, or words of the passage (several with commas between them).",
    "short": "Answer with a number, a date, or words of the passage (several with commas between "
    "them), and a short reason.",
    "one_sentence": "Answer from the passage, in one short sentence that begins with the words "
    '"The answer is". If there are several answers, put commas between them.',
    "shortest": "Give the answer as briefly as you can, then a short reason. If there are several "
    "answers, put commas between them.",
    "words_short": "Reason briefly, then give the answer, as short as it can be, after the words "
    '"The answer is". If there are several answers, put commas between them.',
}
"""For DROP."""

WORDINGS = {"choice": CHOICE, "number": NUMBER, "spans": SPANS}
"""All of them; `v1`, the former wording of each task, is in the task's file."""
