r"""The shipped forms: ours, and those of published judges.

The marks of a verdict, the names of the two answers and the headings around them are the official
ones, and so is the division into a system prompt and what the user says. What is asked is said in
our own words. Whoever wants an official text to the byte puts it into a file of their own.

- `rm-r1-instruct`, `rm-r1-reasoning`: RM-R1 (arXiv 2505.02387, github.com/RM-R1-UIUC/RM-R1,
  `demo/demo.ipynb`), its template for models trained from instruction models, which first tells
  chat from reasoning, and the one for models distilled from reasoning models. Verdict:
  `<answer>[[A]]</answer>` or B; no ties.
- `rrm`: reward reasoning models (arXiv 2505.14674, huggingface.co/Reward-Reasoning/RRM-7B,
  `example.py`). Verdict: `\boxed{Assistant 1}` or 2; no ties.
- `arena-hard`: Arena-Hard-Auto (github.com/lmarena/arena-hard-auto). Verdict: one of five grades,
  from `[[A>>B]]` to `[[B>>A]]`. The judge writes an answer of its own first.
- `mt-bench`: MT-Bench (arXiv 2306.05685, github.com/lm-sys/FastChat, `pair-v2` in
  `fastchat/llm_judge/data/judge_prompts.jsonl`). Verdict: `[[A]]`, `[[B]]`, or `[[C]]` for a tie.
"""

from ptr_eval.judge.form import JudgeForm, Verdict

_PLAIN = """\
Two assistants answered the same request. Decide which answer serves the person who asked better: \
is it right, does it cover what was asked, is it clear? Length alone is no merit, nor is the order \
in which the answers stand.

Request:
{question}

Answer A:
{first}

Answer B:
{second}

Give your reasons in a few sentences. Then end with one line: "Verdict: A", "Verdict: B" or \
"Verdict: tie"."""

_CORRECTNESS = """\
Is the answer to this request correct? Work out yourself what a correct answer must say, and \
compare. A wrong result is wrong, however well it is argued.

Request:
{question}
{reference}
Answer:
{answer}

Give your reasons in a few sentences. Then end with one line: "Verdict: correct" or \
"Verdict: wrong"."""

_CHECKLIST = """\
Does the answer to this request meet the requirement? Look at this requirement alone, and at what \
the answer says, not at what it might have meant.

Request:
{question}

Answer:
{answer}

Requirement:
{item}

Give your reasons in a few sentences. Then end with one line: "Verdict: yes" or "Verdict: no"."""

_RM_R1_SHOWN = """\
[Client Question]
{question}

[The Start of Chatbot A's Response]
{first}
[The End of Chatbot A's Response]

[The Start of Chatbot B's Response]
{second}
[The End of Chatbot B's Response]"""

_RM_R1_SYSTEM = """\
You are an impartial judge of the responses that two AI chatbots gave to a client's question, \
which are shown below.

Begin with the kind of task: <type>Reasoning</type> if it is mathematics or code, or needs \
knowledge of a field, several steps or logic; <type>Chat</type> if it is open conversation, facts, \
style, safety or general help.

For a task of the kind Reasoning:
1. Solve it yourself, and write your result inside <solution>...</solution>.
2. Compare both responses with your solution: are they correct, complete and well reasoned? Write \
this inside <eval>...</eval>. Put what you quote of Chatbot A inside <quote_A>...</quote_A> and \
what you summarize of it inside <summary_A>...</summary_A>; for Chatbot B use \
<quote_B>...</quote_B> and <summary_B>...</summary_B>.
3. End with your judgment: <answer>[[A]]</answer> or <answer>[[B]]</answer>

For a task of the kind Chat:
1. Write criteria that fit this question, each with a weight, inside <rubric>...</rubric>, and in \
it say inside <justify>...</justify> why you chose them.
2. Compare both responses by these criteria inside <eval>...</eval>, with the same tags for quotes \
and summaries.
3. End with your judgment: <answer>[[A]]</answer> or <answer>[[B]]</answer>

Judge only what the responses say. Neither their order nor their length nor the chatbots' names \
may count. Keep to the format of the kind of task."""

_RM_R1_REASONING = f"""\
Act as an impartial judge: two AI chatbots responded to the client question below. Evaluate the \
quality of both responses.

{_RM_R1_SHOWN}

At last output your final verdict in exactly this format: '<answer>[[A]]</answer>' if Chatbot A is \
better, or '<answer>[[B]]</answer>' if Chatbot B is better."""

_RRM_SYSTEM = """\
You help to evaluate responses to an instruction. Select the one that is better, \
of Assistant 1 or Assistant 2; they are two different AI assistants. Do not say that both or \
neither are good.

Rules:
(1) Unless the instruction is harmful, see first whether a response carries it out honestly, \
precisely and closely; then whether it is helpful, accurate, detailed and harmless.
(2) If the instruction is harmful, the harmless response is better.
(3) A response should contain no more and no less than the instruction asks for.
(4) Be objective. The order of the responses must not matter: both are equally likely to be the \
better one. A longer response is not better for its length; ask whether its length is right.
(5) Output only '\\boxed{Assistant 1}' if assistant 1 is better, or '\\boxed{Assistant 2}' if \
assistant 2 is better."""

_RRM = """\
## Query

{question}

## Assistant responses

### Assistant 1

{first}


### Assistant 2

{second}

## Analysis

Analyze step by step which assistant is better, and then answer \\boxed{Assistant 1} or \
\\boxed{Assistant 2}."""

_ARENA_SYSTEM = """\
You are an impartial judge of the answers that two AI assistants, A and B, gave to the user prompt \
below. Decide which answer is better.

Begin with an answer of your own to the prompt; write it before you judge. Then compare both \
answers with yours, and name and correct mistakes and inaccurate statements. Consider whether the \
answers are helpful (they do what the prompt asks; where it can be read in several ways, asking \
back is more helpful than guessing), relevant (every part belongs to what was asked) and concise \
(clear, and not wordy). Where it matters, consider creativity and novelty. Last, say what \
important information the answers lack.

After your explanation, output only one of these choices as your final verdict, with its label:

1. Assistant A is significantly better: [[A>>B]]
2. Assistant A is slightly better: [[A>B]]
3. Tie, relatively the same: [[A=B]]
4. Assistant B is slightly better: [[B>A]]
5. Assistant B is significantly better: [[B>>A]]

Example output: "My final verdict is tie: [[A=B]]"."""

_ARENA = """\
<|User Prompt|>
{question}

<|The Start of Assistant A's Answer|>
{first}
<|The End of Assistant A's Answer|>

<|The Start of Assistant B's Answer|>
{second}
<|The End of Assistant B's Answer|>"""

_MT_BENCH_SYSTEM = """\
You are an impartial judge of the responses that two AI assistants gave to the user question \
below. Choose the assistant that follows the user's instructions and answers the question better. \
Consider how helpful, relevant, accurate, deep, creative and detailed the responses are. Begin by \
comparing both responses in a short explanation. Neither the order nor the length of the responses \
nor the names of the assistants may influence you. Be as objective as possible. After your \
explanation, output your final verdict in exactly this format: "[[A]]" if assistant A is better, \
"[[B]]" if assistant B is better, and "[[C]]" for a tie."""

_MT_BENCH = """\
[User Question]
{question}

[The Start of Assistant A's Answer]
{first}
[The End of Assistant A's Answer]

[The Start of Assistant B's Answer]
{second}
[The End of Assistant B's Answer]"""

_START = r"verdict[*_\s]{0,4}[:=]\s*[\W_]{0,8}"
_END = r"(?![^\W_])"
_NO_CHOICE = r"(?!\s{0,3}(?:[/|,]|or\b|and\b|vs\b)\W{0,4}(?:(?:answer|verdict:)\s)?"
_PLAIN_VERDICT = (
    _START + r"(?:an?\s+(?=tie))?(?:answer\s+)?"
    # In lower case, "a" may be an article: "verdict: a close call".
    r"(tie|(?-i:A)|b|a(?=\s+(?:is|wins)\b|[\W_]{0,8}(?:$|\n)))"
    + _END
    + _NO_CHOICE
    + r"(?:[ab]|tie)\b)(?!\s+is\s+(?:not|wrong|worse|incorrect)\b)"
)
_CORRECTNESS_VERDICT = _START + r"(correct|wrong)" + _END + _NO_CHOICE + r"(?:correct|wrong)\b)"
_YES_OR_NO = _START + r"(yes|no)" + _END + _NO_CHOICE + r"(?:yes|no)\b)"
_OPEN, _CLOSE = r"\\?\[\\?\[[*_\s]{0,4}", r"[*_\s]{0,4}\\?\]\\?\]"
_LETTERS: dict[str, Verdict] = {"a": "A", "b": "B", "c": "tie"}
_GRADES: dict[str, Verdict] = {
    "a>>b": "A", "a>b": "A", "a=b": "tie", "b>a": "B", "b>>a": "B",
    "b<<a": "A", "b<a": "A", "b=a": "tie", "a<b": "B", "a<<b": "B",
}  # fmt: skip
_RM_R1_VERDICT = rf"<answer>[*_\s]{{0,6}}{_OPEN}([AB]){_CLOSE}[*_\s]{{0,6}}(?:</answer>)?"
_WITHOUT_TIES: dict[str, Verdict] = {"a": "A", "b": "B"}

PLAIN = JudgeForm(
    name="plain",
    prompt=_PLAIN,
    verdict=_PLAIN_VERDICT,
    means={"a": "A", "b": "B", "tie": "tie"},
)
"""Our own comparison of two answers."""

CORRECTNESS = JudgeForm(
    name="plain",
    prompt=_CORRECTNESS,
    verdict=_CORRECTNESS_VERDICT,
    means={"correct": "correct", "wrong": "wrong"},
)
"""Our own question whether an answer is correct."""

CHECKLIST = JudgeForm(
    name="checklist",
    prompt=_CHECKLIST,
    verdict=_YES_OR_NO,
    means={"yes": "yes", "no": "no"},
)
"""Our own question whether an answer meets an item of a checklist."""

PAIR_FORMS = {
    form.name: form
    for form in (
        PLAIN,
        JudgeForm(
            name="rm-r1-instruct",
            system=_RM_R1_SYSTEM,
            prompt=_RM_R1_SHOWN,
            verdict=_RM_R1_VERDICT,
            means=_WITHOUT_TIES,
        ),
        JudgeForm(
            name="rm-r1-reasoning",
            prompt=_RM_R1_REASONING,
            verdict=_RM_R1_VERDICT,
            means=_WITHOUT_TIES,
        ),
        JudgeForm(
            name="rrm",
            system=_RRM_SYSTEM,
            prompt=_RRM,
            verdict=r"\\+boxed\s{0,2}\{\s{0,2}(?:\\text(?:bf|rm)?\s{0,2}\{)?"
            r"\s{0,2}assistant[\s~]{0,2}([12])\s{0,2}\}",
            means={"1": "A", "2": "B"},
        ),
        JudgeForm(
            name="arena-hard",
            system=_ARENA_SYSTEM,
            prompt=_ARENA,
            # The official reader takes single brackets, too.
            verdict=r"\[[*_\s]{0,4}([AB]\s?(?:>{1,2}|<{1,2}|=)\s?[AB])[*_\s]{0,4}\\?\]",
            means=_GRADES,
        ),
        JudgeForm(
            name="mt-bench",
            system=_MT_BENCH_SYSTEM,
            prompt=_MT_BENCH,
            verdict=rf"{_OPEN}([ABC]){_CLOSE}",
            means=_LETTERS,
        ),
    )
}
"""The shipped forms that compare two answers, by name."""

SINGLE_FORMS = {CORRECTNESS.name: CORRECTNESS}
"""The shipped forms about one answer, by name."""
