// One item: its question, its reference answer, and all its rounds side by side.

const SHOWN_CHARACTERS = 40_000; // of a text, before the reader asks for the rest

const NOT_BY_WORDS = {
  lines: "Too long to compare by words: changed lines are marked.",
  none: "Too long to mark what changed.",
};

// Verdicts are told by symbol and word, not by colour alone.
function verdictBadge(verdict, text) {
  return element("span", { className: `verdict ${verdict}` }, text);
}

// The verdicts of all rounds in a few letters, for lists.
function verdictStrip(verdicts) {
  const marks = verdicts.map((verdict, at) => {
    const mark = verdictBadge(verdictName(verdict), verdictSymbol(verdict));
    mark.title = `round ${at + 1}: ${inWords(verdictName(verdict))}`;
    return mark;
  });
  const strip = element("span", { className: "strip", role: "img" }, ...marks);
  strip.ariaLabel = verdicts.map((verdict) => inWords(verdictName(verdict))).join(", then ");
  return strip;
}

// Fill an element with a text; if it is very long, with its start and a button for the rest.
// `span` says where the answer is in it, which is marked.
function fillWithText(holder, text, span) {
  const shown = (part) => markedRuns([["same", part]], span);
  holder.replaceChildren(...shown(text.slice(0, SHOWN_CHARACTERS)));
  if (text.length <= SHOWN_CHARACTERS) return;
  const label = `Show all ${count(text.length)} characters`;
  const more = element("button", { type: "button", className: "more" }, label);
  more.addEventListener("click", () => holder.replaceChildren(...shown(text)));
  holder.append("…\n", more);
}

// Mark the part of a text from `start` to `end`; both may be outside of it.
function withMark(text, start, end) {
  const before = text.slice(0, Math.max(start, 0));
  const answer = text.slice(before.length, Math.max(end, before.length));
  const after = text.slice(before.length + answer.length);
  const mark = answer && element("mark", { title: "the answer that was scored" }, answer);
  return [visible(before), mark, visible(after)].filter(Boolean);
}

// Make runs of a text into text and elements: what changed, and the answer that was scored.
function markedRuns(runs, [start, end] = [0, 0]) {
  let at = 0;
  return runs.flatMap(([kind, text]) => {
    if (kind === "del") return element("del", {}, text);
    const parts = withMark(text, start - at, end - at);
    at += text.length;
    return kind === "ins" ? element("ins", {}, ...parts) : parts;
  });
}

function facts(round) {
  const list = element("dl", { className: "facts" });
  const add = (name, ...value) =>
    list.append(element("div", {}, element("dt", {}, name), element("dd", {}, ...value)));
  const none = element("span", { className: "quiet" }, "none found");
  add("Answer", round.answer === null ? none : element("code", { dir: "auto" }, round.answer));
  if (round.kept) add("Bare confirmation", round.kept);
  if (round.score !== null) add("Score", String(Number(round.score.toFixed(4))));
  for (const [name, value] of round.measures || []) add(name, value);
  const tokens = [
    round.prompt_tokens === null ? null : `${count(round.prompt_tokens)} in`,
    round.generated_tokens === null ? null : `${count(round.generated_tokens)} out`,
  ].filter(Boolean);
  if (tokens.length) add("Tokens", tokens.join(", "));
  return list;
}

// One round. Where an earlier one is given, what changed since is marked.
function roundCard(round, number, before) {
  const name = round.name || `Round ${number}`;
  const code = VERDICTS.indexOf(round.verdict);
  const found = verdictName(code);
  const verdict = verdictBadge(found, `${verdictSymbol(code)} ${inWords(found)}`);
  const heading = element("h4", {}, name, verdict);
  const card = element("section", { className: "round" }, heading, facts(round));
  card.ariaLabel = name;
  if (round.cut) card.append(element("p", { className: "warning" }, "The prompt was cut to fit."));
  if (round.failed !== null) {
    card.append(element("p", { className: "warning" }, `The request failed: ${round.failed}`));
  }
  if (round.refused !== null) {
    card.append(element("p", { className: "warning" }, `The request was refused: ${round.refused}`));
  }
  for (const [kind, text] of round.unscored || []) card.append(unscoredTurn(kind, text));
  const response = element("pre", { className: "response", dir: "auto" });
  if (before && before.response === round.response && round.response) {
    card.append(element("p", { className: "note" }, "The same text as in the round before."));
    fillWithText(response, round.response, round.span);
  } else if (before) {
    const { level, runs } = differences(before.response, round.response);
    if (level !== "words") card.append(element("p", { className: "note" }, NOT_BY_WORDS[level]));
    if (level === "none") fillWithText(response, round.response, round.span);
    else response.append(...markedRuns(runs, round.span));
  } else {
    fillWithText(response, round.response, round.span);
  }
  if (!round.response) response.append(element("span", { className: "quiet" }, "(empty)"));
  card.append(response);
  return card;
}

// A turn of the round that is not scored, such as a critique: folded, below the facts.
function unscoredTurn(kind, text) {
  const holder = element("pre", { className: "given", dir: "auto" });
  fillWithText(holder, text);
  const heading = element("summary", {}, `${kind} (not scored)`);
  return element("details", { className: "unscored" }, heading, holder);
}

function textBlock(name, text) {
  const holder = element("pre", { className: "given", dir: "auto" });
  fillWithText(holder, text);
  return element("div", {}, element("h4", {}, name), holder);
}

// Everything about an item. `marked` says whether to mark what rounds changed.
function itemView(item, marked) {
  const given = element("div", { className: "question" }, textBlock("Question", item.question));
  if (item.gold) given.append(textBlock("Reference answer", item.gold));
  const cards = item.rounds.map((round, at) => {
    const before = at > 0 ? item.rounds[at - 1] : null;
    const both = before !== null && round.verdict !== null && before.verdict !== null;
    const follows = both && !round.beside && !before.beside;
    return roundCard(round, at + 1, marked && follows ? before : null);
  });
  const rounds = element("div", { className: "rounds", tabIndex: 0, role: "region" }, ...cards);
  rounds.ariaLabel = "Rounds";
  return [given, rounds];
}
