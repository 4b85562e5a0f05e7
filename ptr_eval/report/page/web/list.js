// A list of any length, of which only the rows in sight are elements.

const ROW_HEIGHT = 52; // as in the style sheet
const ROWS_BEYOND = 6; // drawn above and below what is in sight

class ItemList {
  // `draw` fills a row, given a position; `choose` is told of a position the reader chose.
  constructor(box, draw, choose) {
    this.box = box;
    this.draw = draw;
    this.choose = choose;
    this.positions = [];
    this.current = 0; // an index into positions
    this.canvas = element("div", { className: "canvas", role: "presentation" });
    box.append(this.canvas);
    box.addEventListener("scroll", () => this.render(), { passive: true });
    box.addEventListener("keydown", (event) => this.pressed(event));
    new ResizeObserver(() => this.render()).observe(box);
  }

  // Show other positions; the chosen one stays so if it is among them, else the first is.
  show(positions) {
    const chosen = this.positions[this.current];
    this.positions = positions;
    this.current = Math.max(0, positions.indexOf(chosen));
    this.canvas.style.height = `${positions.length * ROW_HEIGHT}px`;
    this.reveal();
    this.render();
  }

  // Choose a row by its place in the list; beyond the ends, the first or last one.
  select(place) {
    if (!this.positions.length) return;
    this.current = Math.min(Math.max(place, 0), this.positions.length - 1);
    this.reveal();
    this.render();
    this.choose(this.positions[this.current]);
  }

  reveal() {
    const top = this.current * ROW_HEIGHT;
    const { scrollTop, clientHeight } = this.box;
    if (top < scrollTop) this.box.scrollTop = top;
    const least = top + ROW_HEIGHT - clientHeight;
    if (least > scrollTop) this.box.scrollTop = least;
  }

  render() {
    const { scrollTop, clientHeight } = this.box;
    const first = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT) - ROWS_BEYOND);
    const last = Math.ceil((scrollTop + clientHeight) / ROW_HEIGHT) + ROWS_BEYOND;
    const rows = this.positions.slice(first, last).map((position, at) => this.row(first + at));
    this.canvas.replaceChildren(...rows);
    const inSight = this.current >= first && this.current < first + rows.length;
    if (inSight) this.box.setAttribute("aria-activedescendant", `row-${this.current}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  row(place) {
    const made = element("div", { className: "row", role: "option" });
    made.style.top = `${place * ROW_HEIGHT}px`;
    made.id = `row-${place}`;
    made.ariaSelected = String(place === this.current);
    made.ariaSetSize = String(this.positions.length);
    made.ariaPosInSet = String(place + 1);
    made.append(...this.draw(this.positions[place]));
    made.addEventListener("click", () => this.select(place));
    return made;
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.box.clientHeight / ROW_HEIGHT) - 1);
    const places = {
      ArrowDown: this.current + 1,
      ArrowUp: this.current - 1,
      PageDown: this.current + page,
      PageUp: this.current - page,
      Home: 0,
      End: this.positions.length - 1,
    };
    if (!(event.key in places)) return;
    event.preventDefault();
    this.select(places[event.key]);
  }
}
