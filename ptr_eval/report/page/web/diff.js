// Differences between two texts: by words, by lines where that would take long, else none.

const MOST_CELLS = 4_000_000; // of the table of common subsequences: a few hundredths of a second
const MOST_CHARACTERS = 40_000;
const WORDS = /\s+|[\p{L}\p{M}\p{N}]+|[^\s\p{L}\p{M}\p{N}]/gu;
const LINES = /[^\n]*\n|[^\n]+$/g;

// Number pieces of text, with the same number for equal pieces.
function numbered(pieces, numbers) {
  return pieces.map((piece) => {
    if (!numbers.has(piece)) numbers.set(piece, numbers.size);
    return numbers.get(piece);
  });
}

// The lengths of the longest common subsequences of all pairs of endings of two sequences.
function commonLengths(before, after) {
  const width = after.length + 1;
  const lengths = new Uint16Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const at = i * width + j;
      lengths[at] =
        before[i] === after[j]
          ? lengths[at + width + 1] + 1
          : Math.max(lengths[at + width], lengths[at + 1]);
    }
  }
  return lengths;
}

// Walk along a longest common subsequence. Gives [kind, piece] pairs.
function walked(before, after, codesBefore, codesAfter) {
  const width = after.length + 1;
  const lengths = commonLengths(codesBefore, codesAfter);
  const parts = [];
  let i = 0;
  let j = 0;
  while (i < before.length && j < after.length) {
    const at = i * width + j;
    if (codesBefore[i] === codesAfter[j]) {
      parts.push(["same", after[j]]);
      i += 1;
      j += 1;
    } else if (lengths[at + width] >= lengths[at + 1]) {
      parts.push(["del", before[i]]);
      i += 1;
    } else {
      parts.push(["ins", after[j]]);
      j += 1;
    }
  }
  for (; i < before.length; i += 1) parts.push(["del", before[i]]);
  for (; j < after.length; j += 1) parts.push(["ins", after[j]]);
  return parts;
}

// How many pieces two sequences have in common at their start.
function commonStart(before, after) {
  const most = Math.min(before.length, after.length);
  let length = 0;
  while (length < most && before[length] === after[length]) length += 1;
  return length;
}

// Compare pieces; null if the table would be too large.
function compared(before, after) {
  const start = commonStart(before, after);
  const [restBefore, restAfter] = [before.slice(start), after.slice(start)];
  const end = commonStart([...restBefore].reverse(), [...restAfter].reverse());
  const middleBefore = restBefore.slice(0, restBefore.length - end);
  const middleAfter = restAfter.slice(0, restAfter.length - end);
  if ((middleBefore.length + 1) * (middleAfter.length + 1) > MOST_CELLS) return null;
  const numbers = new Map();
  const same = (piece) => ["same", piece];
  return [
    ...after.slice(0, start).map(same),
    ...walked(
      middleBefore,
      middleAfter,
      numbered(middleBefore, numbers),
      numbered(middleAfter, numbers),
    ),
    ...after.slice(after.length - end).map(same),
  ];
}

// Join neighbours of a kind. A space between two replaced words belongs to what is replaced.
function joined(parts) {
  const runs = [];
  let [removed, added, gap] = ["", "", ""];
  const flush = () => {
    if (removed) runs.push(["del", removed]);
    if (added) runs.push(["ins", added]);
    [removed, added] = ["", ""];
  };
  const keep = (text) => {
    if (runs.at(-1)?.[0] === "same") runs.at(-1)[1] += text;
    else if (text) runs.push(["same", text]);
  };
  for (const [kind, text] of parts) {
    if (kind !== "same") {
      removed += gap + (kind === "del" ? text : "");
      added += gap + (kind === "ins" ? text : "");
      gap = "";
    } else if (removed && added && /^[^\S\n]+$/.test(text)) {
      gap += text;
    } else {
      flush();
      keep(gap + text);
      gap = "";
    }
  }
  flush();
  keep(gap);
  return runs;
}

// Compare two texts. `level` says by what: "words", "lines" or "none".
function differences(before, after) {
  if (Math.max(before.length, after.length) <= MOST_CHARACTERS) {
    for (const [level, pattern] of [["words", WORDS], ["lines", LINES]]) {
      const parts = compared(before.match(pattern) ?? [], after.match(pattern) ?? []);
      if (parts) return { level, runs: level === "words" ? joined(parts) : parts };
    }
  }
  return { level: "none", runs: [["same", after]] };
}
