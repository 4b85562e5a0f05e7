"use strict";
const all = Array.from(document.querySelectorAll("fieldset"));

function choice(match) {
  const chosen = match.querySelector("input:checked");
  return chosen ? chosen.value : "";
}

function count() {
  const done = all.filter((match) => choice(match)).length;
  document.getElementById("done").textContent = `${done} of ${all.length}`;
}

function save() {
  const rows = all.map((match) => `${match.dataset.match},${choice(match)}`);
  const text = ["match,choice", ...rows, ""].join("\r\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = "choices.csv";
  link.click();
}

document.addEventListener("change", count);
document.getElementById("save").addEventListener("click", save);
count();
