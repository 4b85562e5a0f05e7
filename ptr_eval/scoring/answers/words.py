"""The words by which texts speak about an answer, in English and in other languages.

A table has phrases by kind, separated by commas; a phrase in `ENGLISH` wins over the same in
`OTHER_LANGUAGES`.
"""

from collections.abc import Mapping

from ptr_eval.scoring.answers.vocabulary import Kind, Vocabulary

ENGLISH = {
    Kind.ANSWER: "answer, answers, ans",
    Kind.FINAL: (
        "result, final, finally, revised, refined, corrected, updated, new, improved, actual, "
        "revision, refinement, on reflection, after checking, after rechecking, after review, "
        "now, after, current, amended, reconsidered, upon review, ultimate"
    ),
    Kind.EARLIER: (
        "previous, previously, earlier, old, initial, initially, original, originally, first, "
        "at first, prior, former, draft, before, past, last time, in round one, in round 1, "
        "in the first round, mistakenly, wrongly, incorrectly, formerly, beforehand, used to, "
        "ago, last round, last message, last answer, last response, last attempt, my last, "
        "preceding, above, i had, had been, which was, that was"
    ),
    Kind.OTHER: (
        "agent, agents, attempt, attempts, reviewer, classmate, candidate, candidates, "
        "student, student's, students, majority, alternative, opposite, "
        "runner-up, distractor, trap, other, others, another, someone, anyone, people, many, "
        "most people, most students, most would, some, next best, second best, second-best, "
        "next-best, tempting, tempted, plausible but wrong, one might, one could, one may, "
        "many would, some would, those who, whoever, few, temptation, speaker, alternatively, "
        "most common, common mistake, popular, user, closest alternative, only other, vote, "
        "votes, voters"
    ),
    Kind.LINK: (
        "have been, has been, have to be, has to be, is, are, was, were, be, been, being, "
        "remains, remain, stays, stay, becomes, become, to be, equals, 's, 're, 'm, am, seems, "
        "seem, appears, lies, works out to, comes to, comes out to, comes out as, turns out, "
        "amounts to, corresponds to"
    ),
    Kind.NOT: (
        "no way, unable, unable to, unknown, unclear, undetermined, missing, ambiguous, "
        "indeterminate, unavailable, not, n't, never, cannot, neither, nor, doubt, unlikely, "
        "no longer, hardly, rule out, ruled out, eliminate, eliminated, exclude, excluded, "
        "reject, rejected, avoid, impossible, disagree with, everything but, anything but, "
        "everything except, all but, withdraw, retract, isn't, without, discard, discarded, "
        "far from, other than"
    ),
    Kind.MAYBE: (
        "might, may, could, perhaps, maybe, possibly, conceivably, possible that, "
        "conceivable that, "
    ),
    Kind.WOULD: "would, 'd",
    Kind.IF: (
        "otherwise, let 's say, let us say, on one reading, "
        "on another, on the other reading, "
        "why, how, "
        "if, suppose, supposing, assume, assuming, whether, unless, imagine, what if, had i, "
        "had they, had the, had it, pretend, were it, let us assume, in the case of, in case"
    ),
    Kind.SAID: (
        "says, claims, argues, said, stated, thought, wrote, answered, gave, given, claimed, "
        "assumed, concluded, "
        "suggested, proposed, mistook, reported, believed, guessed"
    ),
    Kind.CHOOSE: (
        "choose, chose, chosen, pick, picked, select, selected, choosing, picking, selecting, "
        "go with, going with, go for, going for, opt for, opting for, vote for, settle on, "
        "settle for, settling on, settling for, lean towards, leaning towards, prefer, "
        "lock in, locking in, 'll say, would say, 'd say, would answer, 'd answer, i answer, "
        "would guess, must say, should say, guess, say, mark"
    ),
    Kind.CONFIRM: (
        "move away from, depart from, change from, stand by, stick with, sticking with, "
        "stick to, maintain, keep, keeping, confirm, "
        "confirmed, reaffirm, reaffirming, confirming, agree with, agree on, retain, "
        "continue to believe, remain with, deviate from, stay with, staying with, hold on to, "
        "affirm, insist on, remain convinced of, same answer, support"
    ),
    Kind.CHANGE: (
        "goes down, goes up, goes, drops, rises, moves, change, changed, changes, changing, "
        "switch, switched, switching, revise, revising, update, updating, correct it, "
        "correct this, correct my, correct the, make that, make it, amend"
    ),
    Kind.TO: "to, into, as, towards",
    Kind.GOOD: (
        "holds up, correct, right, accurate, true, best, holds, most appropriate, valid, proper, "
        "most suitable, most plausible, most accurate, most logical, sensible, "
        "most reasonable, plausible, reasonable, appropriate, suitable, fitting, closest, "
        "logical, most fitting, consistent"
    ),
    Kind.BAD: (
        "wrong, incorrect, false, mistaken, mistake, error, erroneous, flawed, overlooked, "
        "overlooks, invalid, inaccurate, outdated, a trap, incorrectly so, fails, "
        "inconsistent, untrue, excluded out"
    ),
    Kind.REMARK: (
        "check, verify, recheck, verified, checked, double-checked, probability, found, "
        "stated in, supported, based, derived, clear, obvious, explained, helpful, complete, "
        "confirmed by, in the passage, in paragraph, determined, not given, mentioned, "
        "located, impossible to, certainty, likelihood, justification, explanation, rationale, "
        "in the text, in the first, in line, well, confidence, not in, not among, hidden, "
        "identical, different, similar, reached, obtained by, within, too, given in, given by, "
        "shown, presented, provided"
    ),
    Kind.SAME: (
        "nothing has changed, nothing changed, unaffected, unchanged, no change, no changes, "
        "not changed, not change, as before, stands, "
        "no need to change, no reason to change, no errors, no error, no mistakes, no mistake, "
        "no correction, no corrections, no revision, no revisions, no modification, "
        "no modifications, no further changes, no refinement, no refinement needed, "
        "no adjustments, no issues, no need for changes, n't need any change, n't change, "
        "not need any change, same as before, n't changed, nothing to change, nothing changes, "
        "nothing to revise, nothing to correct, nothing to fix, as it was, as it is, as is, "
        "like before, as in my previous response, as in the previous round, no problems, "
        "no reason to revise, no need to revise, no update, no updates, does hold, no flaws, "
        "no flaw"
    ),
    Kind.DECIDE: (
        "determine, know, tell, decide, sure, certain, convinced, provide, give, settle, "
        "resolve, able to, information, agree"
    ),
    Kind.UNDECIDED: (
        "torn, undecided, unsure, equally likely, both possible, impossible to determine, "
        "impossible to say, is one possibility, unable to answer, choose between, "
        "decide between, torn between, is a possible, is one possible, be determined"
    ),
    Kind.AGAIN: "same, still, again, once more",
    Kind.BUT: ("but, however, instead, rather, yet, although, though, while, whereas, except that"),
    Kind.INSTEAD_OF: "instead of, rather than, in place of",
    Kind.SO: (
        "∴, so, therefore, thus, hence, in conclusion, consequently, accordingly, conclusion, "
        "overall, in summary, by elimination, by process of elimination, ergo, then, "
        "this means, so then"
    ),
    Kind.BECAUSE: "because, since, due to, given that",
    Kind.WAIT: (
        "disagree, wait, actually, hmm, hmmm, correction, "
        "on second thought, oops, on second thoughts, sorry, hold on, no wait, "
        "apologies, i apologize, i apologise, let me reconsider, reconsidering, "
        "on closer inspection, looking again, upon reflection, on checking, "
        "let me double check, let me double-check, let me recheck, i made a mistake, "
        "i made an error, after reconsidering, i see a mistake, i see an error"
    ),
    Kind.RETRACT: "scratch that, strike that, take that back, take it back",
    Kind.HOPE: "i hope, hope, hopefully, please",
    Kind.YES: "yes, yep, yeah, indeed yes",
    Kind.NO: "no, nope",
    Kind.IT: "it, that, this, which, these",
    Kind.ME: "you, i, we, let's, let, me, us",
    Kind.THE: "the, my, our, your, a, an, its, their, his, her",
    Kind.ADVERB: (
        "most likely, likely, very likely, definitely, clearly, simply, probably, indeed, "
        "certainly, surely, both, either, approximately, about, roughly, exactly, "
        "none other than, as follows, should, must, will, can, no doubt, without doubt, "
        "without a doubt, in fact, if i had to guess, if i had to choose, if i must choose, "
        "if i had to pick, also, ultimately, if forced to choose, obviously, by far, at last, "
        "yes indeed, i.e., thought to be, said to be, going, believed to be, considered, "
        "simply put, out, do, does, evidently, most"
    ),
    Kind.POINT: (
        "closest to, leaves, leaving, leaves us with, left with, leads to, points to, match, "
        "matches, corresponds with, corresponding to, gives, yields, equivalent to, "
        "aligns with, consistent with, matching, supports, namely, means, makes, making, "
        "represented by, described by, leaves only, fill in, filled with, refers to, refer to, "
        "conclude that it is, conclude"
    ),
    Kind.WINS: (
        "is what it, is what i, is what we, is what the, 是对的, 是正确的, the one, wins, "
        "survives, prevails, fits best, fits better, "
        "best fits, best describes, best matches, best answers, best completes, "
        "best represents, best explains, makes the most sense, makes sense, makes more sense, "
        "stands out, fits, works, applies, qualifies, describes, completes, explains"
    ),
    Kind.ONLY: "only, just",
    Kind.OF: "of",
    Kind.AND: "and, plus",
    Kind.OR: "or",
    Kind.MARK: "####",
    Kind.WORD: (
        "same form as before, same format as before, same style as before, same way as before"
    ),
}
"""What a Kind's words are in English."""

CHOICE_NOUNS = (
    "solution, response, choice, option, letter, selection, my pick, our pick, verdict, "
    "decision, prediction, "
    "my guess, best guess, conclusion"
)
"""Nouns that mean the answer of a multiple-choice question."""

OTHER_LANGUAGES = {
    Kind.ANSWER: (
        "選択肢, вариант, yanıt, odpowiedź, 答案, 正解, 答え, 回答, 정답, 답, 正确选项, "
        "正確選項, respuesta, réponse, reponse, antwort, resposta, risposta, ответ, jawaban, "
        "antwoord, cevap, الإجابة, الجواب, उत्तर, đáp án, câu trả lời, svar, απάντηση, "
        "jawabannya"
    ),
    Kind.LINK: (
        "era, 是, 为, 為, は, が, 은, 는, es, est, ist, é, è, lautet, هي, هو, là, 選, jest, "
        "är, er, adalah, dir, 应该是, 應該是, 应为, 应该选, 等于"
    ),
    Kind.CHOOSE: (
        "正しくは, 更正为, 改为, 应选, 我选择, 故选, 因此选, 所以选, 选择, 我选, 应该选择, "
        "选出, elijo, je choisis, ich wähle, escolho, scelgo, выбираю, 选"
    ),
    Kind.CONFIRM: (
        "坚持, 维持, 保持, mantengo, je maintiens, ich bleibe bei, mantenho, подтверждаю"
    ),
    Kind.EARLIER: (
        "之前, 先前, 原来, 最初, 以前, anterior, précédente, précédent, vorherige, frühere, "
        "precedente, предыдущий, 이전, 前の, inicial, initiale, ursprüngliche, erste, "
        "original de, primera, première, primeira"
    ),
    Kind.FINAL: (
        "现在, 最终, 最後の, 修正后, 更正, 修正, definitiva, definitive, endgültige, "
        "finale, corrigée, revidierte, korrigierte, corregida, corrigida, corretta, "
        "окончательный, итоговый, исправленный, 최종, 最終"
    ),
    Kind.GOOD: (
        "正确, 对的, 正しい, 맞습니다, 올바른, correcta, correcte, richtige, richtig, correta, "
        "giusta, justa, bonne, правильный, верный, правильно, الصحيحة, đúng, doğru, exacta, "
        "juste, सही"
    ),
    Kind.BAD: (
        "错误, 不正确, 错, 错的, 有误, 間違い, 틀렸습니다, incorrecta, incorrecte, falsch, "
        "incorreta, errata, неверно, неправильно, неправильный, falsa, fausse, yanlış, गलत, "
        "不准确"
    ),
    Kind.NOT: (
        "不是, 不, 并非, ではありません, 가 아닙니다, 이 아닙니다, 아닙니다, nicht, não, не, "
        "नहीं, değil, không phải, no es, non è, n'est pas, não é, nicht die, keine"
    ),
    Kind.BUT: (
        "지만, mà là, mà, 但是, 但, 而是, 而, しかし, 하지만, pero, mais, aber, mas, ma, но, "
        "sino, sondern, а, "
        "ama, लेकिन, nhưng"
    ),
    Kind.SO: (
        "因此, 所以, 故, 综上所述, したがって, よって, 따라서, por lo tanto, donc, also, "
        "daher, portanto, quindi, следовательно, поэтому"
    ),
    Kind.ADVERB: (
        "l'option, quella, alternativa, la, le, el, die, der, das, a, il, lo, les, los, las, "
        "o, os, l', une, un, una, mi, meine, minha, mia, мой, votre, 只有, letra, lettre, "
        "buchstabe, lettera, буква, opción, option, 选项, 选項, 項, 项, 项是"
    ),
    Kind.IF: "如果, 假设, もし, 만약, si, wenn, se, если, falls",
    Kind.SAME: (
        "不变, 仍然, 依然, 保持不变, unverändert, sin cambios, inchangée, sem alterações, "
        "без изменений, 変わりません, toujours, weiterhin, sigue, siendo"
    ),
    Kind.MAYBE: (
        "可能, 也许, もしかしたら, 아마, quizás, tal vez, peut-être, vielleicht, talvez, "
        "forse, возможно"
    ),
    Kind.END: "है, です, 입니다, である, だ, 이다",
    Kind.WAIT: "等等, 不对, espera, attendez, moment, warte, espere, подождите",
    Kind.SAID: "dije, a dit, sagte, disse, сказал, habe gesagt, j'avais",
}
"""The words without which an answer in one of these languages is not found, or misread."""

SUFFIXES = ("'dir", "'dır", "'dur", "'dür", "'tir", "'tır")
"""What some languages append to an answer, to say "is"."""


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.split(",") if phrase.strip())


def _table(*tables: Mapping[Kind, str]) -> dict[str, Kind]:
    return {
        phrase: kind
        for table in tables
        for kind, text in table.items()
        for phrase in _phrases(text)
    }


COMMON = Vocabulary({**_table(OTHER_LANGUAGES), **_table(ENGLISH)})
"""English, and the words for an answer in other languages."""

CHOICES = COMMON.extended(
    {
        Kind.CHOICE: _phrases(CHOICE_NOUNS),
        Kind.FINAL: ("round",),
        Kind.POINT: ("i.e.",),
    }
)
"""With the nouns that mean the answer of a multiple-choice question."""
