// The index of all items, and which of them a set of filters leaves.

const VERDICTS = ["correct", "wrong", "unparsed"];
const SYMBOLS = ["✓", "✗", "?"];
const verdictName = (number) => VERDICTS[number] ?? "missing";
const verdictSymbol = (number) => SYMBOLS[number] ?? "∅";
const inWords = (verdict) =>
  ({ unparsed: "no answer", missing: "failed or refused" })[verdict] ?? verdict;
const CORRECT = 0;
const WAS_CUT = 1;
const HAS_FAILED = 2;
const WAS_REFUSED = 4;
const HAS_NO_TEXT = 8;
const MISSING = -1; // of a request that failed or was refused

const WANTED_VERDICTS = {
  any: () => true,
  correct: (verdict) => verdict === CORRECT,
  "not correct": (verdict) => verdict > CORRECT,
  wrong: (verdict) => verdict === 1,
  unparsed: (verdict) => verdict === 2,
  missing: (verdict) => verdict === MISSING,
};

const isCorrect = (verdict) => verdict === CORRECT;
const existing = (verdicts) => verdicts.filter((verdict) => verdict !== MISSING);

// What an item's verdicts, answers and flags must be like.
const PRESETS = {
  lost: (verdicts) => isCorrect(verdicts[0]) && verdicts.at(-1) > CORRECT,
  won: (verdicts) => verdicts[0] > CORRECT && isCorrect(verdicts.at(-1)),
  never: (verdicts) => existing(verdicts).length > 0 && !verdicts.some(isCorrect),
  always: (verdicts) => existing(verdicts).length > 0 && existing(verdicts).every(isCorrect),
  wavering: (verdicts) => verdicts.some(isCorrect) && !existing(verdicts).every(isCorrect),
  changed: (verdicts, answers) => {
    const given = answers.filter((_, at) => verdicts[at] !== MISSING);
    return given.some((answer) => answer !== given[0]);
  },
  cut: (verdicts, answers, flags) => (flags & WAS_CUT) !== 0,
  failed: (verdicts, answers, flags) => (flags & HAS_FAILED) !== 0,
  refused: (verdicts, answers, flags) => (flags & WAS_REFUSED) !== 0,
  notext: (verdicts, answers, flags) => (flags & HAS_NO_TEXT) !== 0,
};

// Add to an index where each item is in its block, and how many items and rounds there are.
function completed(index) {
  const { block, verdicts } = index.columns;
  let first = 0;
  index.columns.place = block.map((number, at) => {
    if (number !== block[first]) first = at;
    return at - first;
  });
  index.size = block.length;
  index.rounds = verdicts.reduce((most, each) => Math.max(most, each.length), 0);
  return index;
}

function roundTest(columns, round, wanted) {
  if (wanted === "any") return null;
  const test = WANTED_VERDICTS[wanted];
  const at = round === "last" ? -1 : Number(round) - 1;
  return (item) => test(columns.verdicts[item].at(at));
}

function itemNumbers(text) {
  const numbers = text.split(/[\s,]+/).filter(Boolean).map(Number);
  return new Set(numbers);
}

// The tests that filters ask of an item, each a function of its position.
function tests(columns, filters) {
  const found = [];
  for (const name of ["run", "task", "subject"]) {
    const wanted = Number(filters[name]);
    if (filters[name] !== "") found.push((item) => columns[name][item] === wanted);
  }
  if (filters.preset) {
    const fits = PRESETS[filters.preset];
    const { verdicts, answers, flags } = columns;
    found.push((item) => fits(verdicts[item], answers[item], flags[item]));
  }
  found.push(roundTest(columns, filters.from_round, filters.from_verdict));
  found.push(roundTest(columns, filters.to_round, filters.to_verdict));
  if (filters.where === "item" && filters.text.trim()) {
    const numbers = itemNumbers(filters.text);
    found.push((item) => numbers.has(columns.item[item]));
  }
  return found.filter(Boolean);
}

// The positions of the items that pass all filters but the search in texts.
function matches(index, filters) {
  const asked = tests(index.columns, filters);
  const positions = [];
  for (let item = 0; item < index.size; item += 1) {
    if (asked.every((test) => test(item))) positions.push(item);
  }
  return positions;
}

function nameOf(index, column, position) {
  return index.names[column][index.columns[column][position]];
}

// Where an item is, in the address: survives a new report of the same runs.
function address(index, position) {
  const { item, sample } = index.columns;
  return new URLSearchParams({
    item: item[position],
    sample: sample[position],
    task: nameOf(index, "task", position),
    run: nameOf(index, "run", position),
  }).toString();
}

// The position an address names; -1 if it names none. A link may leave out all but the item.
function positionOf(index, text) {
  const wanted = new URLSearchParams(text);
  const { item, sample } = index.columns;
  const fits = (name, value) => !wanted.has(name) || wanted.get(name) === String(value);
  return item.findIndex(
    (number, at) =>
      fits("item", number) &&
      fits("sample", sample[at]) &&
      fits("task", nameOf(index, "task", at)) &&
      fits("run", nameOf(index, "run", at)),
  );
}
