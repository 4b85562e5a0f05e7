// The viewer of single answers: filters, search, list and the chosen item.

const TYPING_PAUSE = 250; // milliseconds before a search in texts begins

const filterForm = byId("filters");
const controls = filterForm.elements;
let index = null;
let list = null;
let shown = -1; // the position of the item on show
let searches = 0; // counts searches, so that an older one ends when a newer begins

function filters() {
  return Object.fromEntries(new FormData(filterForm));
}

function fillOptions(select, options) {
  const chosen = select.value;
  select.replaceChildren(...options.map(([value, text]) => element("option", { value }, text)));
  if (options.some(([value]) => value === chosen)) select.value = chosen;
}

function numberedNames(column) {
  return index.names[column].map((name, number) => [String(number), name || "(none)"]);
}

// Only subjects that the chosen task has.
function fillSubjects() {
  const { task, subject } = index.columns;
  const wanted = controls.task.value;
  const found = new Set(subject.filter((_, at) => wanted === "" || task[at] === Number(wanted)));
  const names = numberedNames("subject").filter(([number]) => found.has(Number(number)));
  fillOptions(controls.subject, [["", "all subjects"], ...names]);
  controls.subject.closest("label").hidden = names.length < 2;
}

function fillFilters() {
  fillOptions(controls.run, [["", "all runs"], ...numberedNames("run")]);
  fillOptions(controls.task, [["", "all tasks"], ...numberedNames("task")]);
  fillSubjects();
  const numbers = Array.from({ length: index.rounds }, (_, at) => [String(at + 1), String(at + 1)]);
  fillOptions(controls.from_round, numbers);
  fillOptions(controls.to_round, [["last", "last"], ...numbers]);
  for (const name of ["from_verdict", "to_verdict"]) {
    fillOptions(controls[name], Object.keys(WANTED_VERDICTS).map((verdict) => [verdict, inWords(verdict)]));
  }
}

function report(found, ending = "") {
  byId("count").textContent = `${count(found)} of ${plural(index.size, "item")}${ending}`;
}

// Show what the filters leave; where texts are searched, that takes a while.
async function refresh() {
  searches += 1;
  byId("progress").hidden = true;
  const wanted = filters();
  const positions = matches(index, wanted);
  const words = wanted.text.trim().toLowerCase();
  if (wanted.where === "text" && words) await search(positions, words, searches);
  else settle(positions);
}

// Show these items in the list, and one of them beside it.
function settle(positions) {
  report(positions.length);
  list.show(positions);
  if (!positions.length) shown = -1;
  else display(positions[list.current]);
  byId("item").hidden = !positions.length;
}

function contains(item, words) {
  const texts = [item.question, item.gold, ...item.rounds.flatMap((r) => [r.response, r.answer])];
  return texts.some((text) => text?.toLowerCase().includes(words));
}

// Look through the blocks of some items, one by one, and show what is found as it is found.
async function search(positions, words, own) {
  const { block, place } = index.columns;
  const bar = byId("progress");
  const found = [];
  bar.max = positions.length;
  bar.hidden = false;
  for (let at = 0; at < positions.length; ) {
    const number = block[positions[at]];
    const items = await readBlock(number);
    if (own !== searches) return;
    for (; at < positions.length && block[positions[at]] === number; at += 1) {
      if (contains(items[place[positions[at]]], words)) found.push(positions[at]);
    }
    bar.value = at;
    report(found.length, ", searching …");
  }
  bar.hidden = true;
  settle(found);
}

function choose(position) {
  history.replaceState(null, "", `#${address(index, position)}`);
  display(position);
}

function rowContent(position) {
  const { columns } = index;
  const title = element("span", { className: "title" }, `Item ${columns.item[position]}`);
  const names = ["task", "subject", "run"].map((name) => nameOf(index, name, position));
  if (columns.sample[position]) names.push(`sample ${columns.sample[position]}`);
  const about = element("span", { className: "about" }, names.filter(Boolean).join(" · "));
  about.title = about.textContent;
  return [title, verdictStrip(columns.verdicts[position]), about];
}

function describeItem(position) {
  const { item, sample } = index.columns;
  const names = ["run", "task", "subject"].map((name) => nameOf(index, name, position));
  byId("item-title").textContent = `Item ${item[position]}`;
  byId("item-about").textContent = [...names.filter(Boolean), `sample ${sample[position]}`]
    .map(visible)
    .join(" · ");
  byId("previous").disabled = list.current === 0;
  byId("next").disabled = list.current === list.positions.length - 1;
}

// Show an item; a block that arrives after the reader has gone on is ignored.
async function display(position) {
  shown = position;
  const { block, place } = index.columns;
  const items = await readBlock(block[position]);
  if (shown !== position) return;
  describeItem(position);
  const marked = byId("marking").checked;
  byId("item-body").replaceChildren(...itemView(items[place[position]], marked));
}

function clearFilters() {
  filterForm.reset();
  fillSubjects();
  refresh();
}

// Go to the item in the address, if there is one.
function followAddress() {
  const text = location.hash.slice(1);
  if (!text.startsWith("item=")) return;
  const position = positionOf(index, text);
  clearFilters();
  if (position < 0) report(index.size, "; the item of this link is not among them");
  else list.select(position);
  byId("browser").scrollIntoView();
}

// j and k work wherever nothing is being typed.
function pressedAnywhere(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea")) return;
  const step = { j: 1, k: -1 }[event.key];
  if (step === undefined || !list.positions.length) return;
  list.select(list.current + step);
  byId("browser").scrollIntoView({ block: "nearest" });
}

function describe() {
  const { names } = index;
  const held = `${plural(index.size, "item")} of ${plural(names.run.length, "run")}`;
  const tasks = `${plural(names.task.length, "task")}, each with all its rounds.`;
  const left = index.left_out ? ` ${plural(index.left_out, "further item")} left out.` : "";
  byId("about").textContent = index.size
    ? `${held} and ${tasks}${left}`
    : `This report holds no single answers.${left}`;
}

function listen() {
  let pause = 0;
  filterForm.addEventListener("submit", (event) => event.preventDefault());
  filterForm.addEventListener("change", (event) => {
    if (event.target === controls.text) return;
    if (event.target === controls.task) fillSubjects();
    refresh();
  });
  controls.text.addEventListener("input", () => {
    clearTimeout(pause);
    if (controls.where.value === "text") pause = setTimeout(refresh, TYPING_PAUSE);
    else refresh();
  });
  byId("clear").addEventListener("click", clearFilters);
  byId("previous").addEventListener("click", () => list.select(list.current - 1));
  byId("next").addEventListener("click", () => list.select(list.current + 1));
  byId("marking").addEventListener("change", () => display(shown));
  document.addEventListener("keydown", pressedAnywhere);
  addEventListener("hashchange", followAddress);
}

async function start() {
  if (!("DecompressionStream" in window)) {
    byId("about").textContent = "Reading single answers needs a browser of 2024 or later.";
    return;
  }
  index = completed(await unpack(byId("index")));
  describe();
  if (!index.size) return;
  filterForm.hidden = false;
  byId("browser").hidden = false;
  fillFilters();
  list = new ItemList(byId("list"), rowContent, choose);
  listen();
  refresh();
  followAddress();
  performance.mark("answers ready");
}

await start();
