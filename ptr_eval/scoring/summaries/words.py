"""The words by which a model speaks about its own text.

All are in small letters, with a straight apostrophe. To know another word, add it to a list.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.split(","))


TEXTS = _words(
    "summary summaries summarization summarisation summarised summarized summarise summarize tldr "
    "answer answers version response reply rewrite rewriting revision refinement wording phrasing "
    "rephrasing draft attempt paraphrase sentence"
)
"""What a model may call its text."""

OTHER_TEXTS = _words("statement text one way take")
"""The same, where the text is called new or earlier besides."""

NEW = _words(
    "refined refine refining refinement revised revise revising revision updated update improved "
    "improve corrected correct final new better polished rewritten rewrite rewrote rephrased "
    "rephrase reworded reword reworked restated amended enhanced modified adjusted edited fixed "
    "clearer clear shorter tighter sharper stronger precise precisely concise concisely accurate "
    "accurately brief more second another alternative latest current complete full fuller specific"
)
"""What the text is called that replaces an earlier one."""

EARLIER = _words(
    "previous previously earlier original originally old older prior first initial initially "
    "former last existing preceding before above"
)
"""What the text is called that is replaced."""

LABELS = _words(
    "refined revised updated improved corrected rewritten rephrased reworded polished final new "
    "after again previous previously original earlier initial old before draft tldr output "
    "result round assistant ai"
)
"""Labels that need no name of a text beside them: "Refined:"."""

ASIDES = _words(
    "change changes changed explanation explain note notes reason reasons reasoning rationale why "
    "analysis evaluation assessment improvements refinements revisions corrections modifications "
    "adjustments edits difference differences critique feedback comment comments justification "
    "confidence thoughts observations remarks verification check checks mistakes errors count"
)
"""What a model writes beside its text."""

SOURCES = _words("article passage document")
"""What the text is about, if a model repeats it."""

GLUE = _words(
    "a an the my our your this that it is are was be can could would should i i've we have made "
    "make put say phrase express gave wrote read reads found what where why how as follows "
    "following again now once most much even slightly highly bit little other some same single "
    "two long detailed good possible perhaps key main round number no word words in of for to on "
    "with and or from form by than also were model step"
)
"""What else a title may have: "My refined summary of the article is as follows"."""

POINTERS = _phrases(
    "here is, here are, below is, below are, see below, let me, let us, i have, i would, "
    "i will, i can"
)
"""How a sentence begins that points to the text."""

BARE_POINTERS = _phrases("here it is, here you go, here you are, here goes")
"""The same, where the text need not be named."""

SUGGESTIONS = _phrases(
    "how about, try this, i propose, i suggest, i'd suggest, i would suggest, i'd say, i would say"
)
"""The same, where a colon follows."""

I = _words("i i've i'd i'll i'm my we've let's here's")  # noqa: E741
"""How a sentence begins in which the model speaks of itself."""

ABOUT = (
    *_phrases("summar, answer, version, wording, phras, reword, rewrit, refin, revis, draft"),
    *_phrases("precis, concis, accura, specific, original, clearer, clarity, readab, redundan"),
    *_phrases("shorter, shorten, tighter, brevity, wordy, vague, detail, omit, captur, convey"),
    *_phrases("sentence, article"),
)
"""Beginnings of words for what only a text is, has, or does."""

DOES = _words(
    "adds corrects names includes removes keeps mentions clarifies makes focuses uses replaces "
    "drops fixes improves now gives states highlights"
)
"""What a text does that a model has just changed."""

EDITED = _words(
    "removed added changed change alter replaced kept corrected clarified specified shortened "
    "rephrased reworded rewrote included condensed tightened dropped trimmed fixed simplified "
    "improved refined revised omitted combined deleted cut adjusted updated made checked reviewed "
    "mentioned chose left opted tried aimed focused ensured used wrote"
)
"""What a model has done to its text."""

LOOKED = _words(
    "misread missed overlooked forgot omitted checked reviewed read reread went looked compared "
    "verified noticed found realized realised made"
)
"""What a model has done before it writes its text."""

ONLY_TEXTS = _words("summary wording phrasing conciseness brevity readability")
"""A paragraph below a summary that has one of these speaks about it."""

OFFERS = (
    *_phrases("let me know, please let me, feel free, please feel, would you like, do you want"),
    *_phrases("is there anything, if you need, if you want, if you'd like, if you would like"),
    *_phrases("if you have any, i can help, i would be happy, i'd be happy, i'm happy to"),
    *_phrases("i am happy to, happy to, i hope this, i hope that, i hope it, hope this"),
    *_phrases("hope that helps, thank you, thanks for, thanks again, you're welcome"),
    *_phrases("you are right, you're right, you're absolutely, good point, good catch"),
    *_phrases("great question, i apologize, i apologise, my apologies, sorry for, sorry about"),
    *_phrases("i'm sorry for, does this work, does this help, does this look, how does this"),
    *_phrases("how does that, what do you think, please tell me, how is this, how's this"),
    *_phrases("is this better, keep thinking, end of summary, end of answer"),
)
"""How a sentence begins that speaks to the reader."""

COMMENTS = (
    *_phrases("it now, it is now, it still, this is more, this is a, that is more, this makes"),
    *_phrases("this ensures, this keeps, this way, this change, these changes, this adds"),
    *_phrases("this captures, this reflects, this conveys"),
    *_phrases("this removes, this improves, the change, the main change, the key change"),
    *_phrases("the only change, the changes, changes made, changes include, the edits"),
    *_phrases("the revision, note that, please note, as you can see"),
)
"""How a line may begin that comments on the text above it."""

NO = _words("no none nothing")
NOT = _words("not don't didn't doesn't wouldn't won't")

CHANGE = _words(
    "change changes changed changing edit edits revision revisions correction corrections "
    "modifications refinement refinements improvement improvements adjustments mistake mistakes "
    "error errors bug bugs issue issues"
)
"""What a confirmation says is not there."""

CHANGING = CHANGE | _words("need needs needed necessary required add improve refine revise")

STAYING = _words(
    "unchanged same stand stands keep keeping remain remains stays stick sticking standing holds "
    "confirm confirmed maintain correct accurate precise concise faithful fine works satisfied"
)
"""What a confirmation says of the answer."""

CONFIRMATION = (
    NO
    | NOT
    | CHANGING
    | STAYING
    | _words(
        "i i've i'm i'll i'd it it's its my the this that there there's a an as at be been am is "
        "are was were has have had will would do does so to and or of for in on by with up here "
        "further more other else rest additional any anything everything significant reason sure "
        "yes okay think believe find found see make made making review reviewed reviewing check "
        "checked checking read reread rechecked re double compared verified confident reflection "
        "after upon again carefully against both previous previously earlier original first before "
        "above already still all well enough possible current summary answer version sentence "
        "response article text every figure step fact facts detail details matches supported "
        "captures main key point points exactly written stated given good complete clear perfect "
        "final code solution function program implementation version output tests passes bug bugs "
        "issue issues"
    )
)
"""A confirmation has no words but these: it says nothing that a summary could say."""

COUNTED = _words("word words count")
