// Making elements out of text that may say anything. Nothing here or elsewhere parses it.

const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g;

// Name characters that cannot be seen or would turn their neighbours around.
function visible(text) {
  return text.replace(/\r\n?/g, "\n").replace(UNSEEN, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? "\u2421" : `[U+${code.toString(16).toUpperCase()}]`;
  });
}

// Make an element. Children are elements or text.
function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.map((child) => (typeof child === "string" ? visible(child) : child)));
  return made;
}

function byId(id) {
  return document.getElementById(id);
}

// Write a number for reading: 14,000.
function count(number) {
  return number.toLocaleString("en");
}

function plural(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}
