"""Conversations: what a model is shown, and how that becomes text.

A conversation is an opening (system prompt, few-shot examples, question), which is never
shortened, and the exchanges taken since. Protocols build conversations; rendering is either the
model's chat template or a plain transcript for models that have none.
"""

from dataclasses import dataclass, replace
from typing import Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the opening."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """An answer the model gave, and what the user said next."""

    answer: str
    request: str


@dataclass(frozen=True, slots=True)
class Quotation:
    """Texts shown below the question, and what is asked about them."""

    texts: tuple[str, ...]
    """The texts in the order in which they are shown."""
    request: str
    """What the user says after them."""
    budget: int
    """How many tokens all texts may take together; each may take an equal share."""
    label: str = "candidate"
    """What one of the texts is called, in one word."""

    @property
    def share(self) -> int:
        """How many tokens each text may take."""
        return self.budget // max(1, len(self.texts))

    def render(self) -> str:
        """Write the texts and the request out, to follow the question."""
        quoted = [
            f'<{self.label} number="{number}">\n{text}\n</{self.label}>'
            for number, text in enumerate(self.texts, start=1)
        ]
        return "\n\n".join([*quoted, self.request])


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the model is asked to continue."""

    opening: tuple[Message, ...]
    """System prompt, few-shot examples and question; ends with a user message."""
    exchanges: tuple[Exchange, ...] = ()
    """The exchanges since, oldest first."""
    quotation: Quotation | None = None
    """What the opening's last message quotes below the question, if anything."""

    @classmethod
    def ask(cls, question: str, system: str | None = None) -> "Conversation":
        """Open a conversation with one question."""
        head = (Message("system", system),) if system else ()
        return cls((*head, Message("user", question)))

    def then(self, answer: str, request: str) -> "Conversation":
        """Continue with the model's answer and the user's next request."""
        return replace(self, exchanges=(*self.exchanges, Exchange(answer, request)))

    def without_oldest_exchange(self) -> "Conversation":
        """Forget the oldest answer and the request that followed it."""
        return replace(self, exchanges=self.exchanges[1:])

    def messages(self) -> list[dict[str, str]]:
        """List the messages in the form chat templates and chat servers take."""
        listed = [{"role": m.role, "content": m.content} for m in self.opening]
        if self.quotation:
            listed[-1]["content"] += f"\n\n{self.quotation.render()}"
        for exchange in self.exchanges:
            listed.append({"role": "assistant", "content": exchange.answer})
            listed.append({"role": "user", "content": exchange.request})
        return listed


@dataclass(frozen=True, slots=True)
class Transcript:
    r"""How a conversation is written out for a model without a chat template.

    The two delimiters are those that lm-eval puts between few-shot examples, so every round
    reads like one more example. With the delimiters "\nAnswer: " and "\n\n":

        Question: 2+2?
        Answer: 5

        Look again.
        Answer:
    """

    before_answer: str = "\nAnswer: "
    """Between what the user says and the answer."""
    after_answer: str = "\n\n"
    """Between an answer and what the user says next."""

    def render(self, conversation: Conversation) -> str:
        """Write a conversation out, ending where the model's answer is to begin."""
        ends = {"system": self.after_answer, "user": self.before_answer}
        parts = []
        for message in conversation.messages():
            parts += [message["content"], ends.get(message["role"], self.after_answer)]
        # Models tokenise "Answer:" and " 5" apart, so no blank is left hanging.
        return "".join(parts).rstrip()
