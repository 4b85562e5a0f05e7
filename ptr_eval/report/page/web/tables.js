// Tables: sorted by a click on a heading, filtered by a field above.

const NEXT_ORDER = {
  number: { none: "descending", descending: "ascending", ascending: "none" },
  words: { none: "ascending", ascending: "descending", descending: "none" },
};

// Numbers behind the cells if there are any, words else; what has no number comes last.
function comparison(column, numeric, order) {
  const sign = order === "ascending" ? 1 : -1;
  const number = (row) => parseFloat(row.cells[column].dataset.value ?? "NaN");
  const text = (row) => row.cells[column].textContent;
  return (one, other) => {
    if (!numeric) return sign * text(one).localeCompare(text(other), "en", { numeric: true });
    const [a, b] = [number(one), number(other)];
    if (isNaN(a) || isNaN(b)) return isNaN(a) - isNaN(b);
    return sign * (a - b);
  };
}

function makeSortable(table) {
  const body = table.tBodies[0];
  const original = [...body.rows];
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const numeric = heading.classList.contains("number");
    const button = element("button", { type: "button", className: "sort" }, heading.textContent);
    heading.replaceChildren(button);
    button.addEventListener("click", () => {
      const order = NEXT_ORDER[numeric ? "number" : "words"][heading.ariaSort ?? "none"];
      for (const each of headings) each.ariaSort = null;
      heading.ariaSort = order === "none" ? null : order;
      const sorted = [...original];
      if (order !== "none") sorted.sort(comparison(column, numeric, order));
      body.append(...sorted);
    });
  });
}

function makeFilterable(panel, table) {
  const rows = [...table.tBodies[0].rows];
  const field = panel.querySelector("input");
  const status = panel.querySelector("[role=status]");
  const texts = rows.map((row) => row.textContent.toLowerCase());
  panel.hidden = false;
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    rows.forEach((row, at) => {
      row.hidden = !words.every((word) => texts[at].includes(word));
    });
    const left = rows.filter((row) => !row.hidden).length;
    status.textContent = words.length ? `${left} of ${plural(rows.length, "row")}` : "";
  });
}

for (const holder of document.querySelectorAll("div.table")) {
  const table = holder.querySelector("table");
  const panel = holder.querySelector(".rows-filter");
  makeSortable(table);
  if (panel) makeFilterable(panel, table);
}
