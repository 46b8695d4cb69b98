
// The list of examples, its filters and its keys.

const rowHeight = 62;

class Explorer {
  constructor() {
    this.list = document.getElementById("list");
    this.article = document.getElementById("example");
    this.count = document.getElementById("count");
    this.rows = make("div", { class: "rows", role: "presentation" });
    this.list.append(this.rows);
    this.places = [];
    this.chosen = 0;
    this.fillFilters();
    this.list.addEventListener("scroll", () => this.drawRows());
    this.list.addEventListener("keydown", (event) => this.pressed(event));
    this.list.addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row) this.choose(Number(row.dataset.place));
    });
    document.addEventListener("keydown", (event) => this.pressedAnywhere(event));
    const form = document.getElementById("filters");
    form.addEventListener("input", () => this.refresh());
    form.addEventListener("submit", (event) => event.preventDefault());
    document.getElementById("explorer").hidden = false;
    this.refresh();
  }

  /** Offers the values that there are; a filter without a choice is hidden. */
  fillFilters() {
    const fill = (id, first, values) => {
      const select = document.getElementById(id);
      select.replaceChildren(make("option", { value: "" }, first), ...values.map(([value, text]) => make("option", { value: value }, text)));
      select.closest("label").hidden = values.length === 0;
    };
    const distinct = (read) => {
      const values = new Set();
      for (const example of report.examples) {
        const value = read(example);
        if (value) values.add(value);
      }
      const sorted = [...values].sort((one, other) => one.localeCompare(other, "en", { numeric: true }));
      return sorted.length > 1 && sorted.length <= 400 ? sorted.map((value) => [value, value]) : [];
    };
    fill("by-culprit", "all", distinct(culpritOf));
    fill("by-group", "all", distinct((example) => example.g));
    fill("by-label", "all", distinct((example) => example.l));
    const hasAnswers = report.examples.some((example) => example.r !== undefined);
    document.getElementById("by-answer").closest("label").hidden = !hasAnswers;
    const orders = report.modalities.map((modality, place) => [String(place), "largest effect of " + modality.name]);
    const hasEffects = report.examples.some((example) => example.parts.some((part) => part.m && part.m.length));
    const hasVerdicts = report.examples.some((example) => culpritOf(example));
    fill("order", "as in the results", [...(hasVerdicts ? [["confidence", "surest verdict"]] : []), ...(hasEffects ? orders : [])]);
  }

  refresh() {
    const value = (id) => document.getElementById(id).value;
    const shownExample = this.places[this.chosen];
    this.places = chosenExamples({
      search: value("search"),
      answer: value("by-answer"),
      culprit: value("by-culprit"),
      group: value("by-group"),
      label: value("by-label"),
      order: value("order"),
    });
    this.rows.style.height = this.places.length * rowHeight + "px";
    const again = this.places.indexOf(shownExample);
    this.choose(again >= 0 ? again : 0);
  }

  /** Only the rows that can be seen are there. */
  drawRows() {
    const first = Math.max(0, Math.floor(this.list.scrollTop / rowHeight) - 4);
    const last = Math.min(this.places.length, Math.ceil((this.list.scrollTop + this.list.clientHeight) / rowHeight) + 4);
    const rows = [];
    for (let place = first; place < last; ++place) rows.push(this.rowOf(place));
    this.rows.replaceChildren(...rows);
  }

  rowOf(place) {
    const example = report.examples[this.places[place]];
    const picture = (example.pic || [])[0];
    const answer = example.p === undefined ? example.l || "" : example.r === false ? example.l + " → " + example.p : example.p;
    const text = (example.t || []).map((entry) => entry[1]).join(" · ");
    const verdict = culpritOf(example);
    const state = example.r === false ? make("span", { class: "bad" }, " wrong") : null;
    const second = [text, text ? "" : example.g, verdict ? "verdict: " + verdict : ""].filter((part) => part).join(" · ");
    const row = make(
      "div",
      {
        class: "row",
        role: "option",
        id: "row-" + place,
        "data-place": place,
        "aria-selected": place === this.chosen ? "true" : "false",
        "aria-setsize": this.places.length,
        "aria-posinset": place + 1,
      },
      picture ? make("img", { src: pictureOf(picture[1]), alt: "", class: isSmall(report.pictures[picture[1]]) ? "small" : null }) : null,
      make("div", {}, make("p", {}, make("bdi", {}, example.id), answer ? ": " : "", make("bdi", {}, answer), state), make("p", {}, make("bdi", {}, second))),
    );
    row.style.top = place * rowHeight + "px";
    return row;
  }

  choose(place) {
    this.chosen = Math.max(0, Math.min(place, this.places.length - 1));
    const top = this.chosen * rowHeight;
    const bottom = top + rowHeight - this.list.clientHeight;
    if (this.list.scrollTop > top) this.list.scrollTop = top;
    if (this.list.scrollTop < bottom) this.list.scrollTop = bottom;
    this.drawRows();
    const total = report.examples.length;
    const number = (value) => value.toLocaleString("en");
    if (!this.places.length) {
      this.list.removeAttribute("aria-activedescendant");
      this.count.textContent = "No example passes the filters, of " + number(total) + ".";
      this.article.replaceChildren(make("p", {}, "Nothing to show."));
      return;
    }
    const example = report.examples[this.places[this.chosen]];
    this.list.setAttribute("aria-activedescendant", "row-" + this.chosen);
    const all = this.places.length === total ? number(total) + (total === 1 ? " example" : " examples") : number(this.places.length) + " of " + number(total) + " examples";
    this.count.textContent = all + "; shown: " + example.id + ". Arrow keys go to the next one.";
    this.article.replaceChildren(this.moves(), exampleView(example));
  }

  moves() {
    const move = (text, step, last) => {
      const button = make("button", { type: "button", disabled: this.chosen === last }, text);
      button.addEventListener("click", () => {
        this.choose(this.chosen + step);
        const again = this.article.querySelector(step < 0 ? ".moves button:first-child" : ".moves button:last-child");
        (again.disabled ? this.list : again).focus({ preventScroll: true });
      });
      return button;
    };
    return make("div", { class: "moves" }, move("Previous", -1, 0), move("Next", 1, this.places.length - 1));
  }

  pressed(event) {
    const page = Math.max(1, Math.floor(this.list.clientHeight / rowHeight) - 1);
    const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.choose(this.chosen + step);
  }

  /** Left and right go through the examples wherever they mean nothing else. */
  pressedAnywhere(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    if (event.target.closest("input, select, textarea, .scroll, pre")) return;
    this.choose(this.chosen + (event.key === "ArrowRight" ? 1 : -1));
  }
}
