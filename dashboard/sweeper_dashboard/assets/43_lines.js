// The parallel coordinates of a sweep: which lines stand in front, and which trials they match.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const BEST = 200;
  const FEWEST = 20;
  const SAMPLE = 1000;
  const MOST_FAINT = 4000;

  function sampled(lines, most) {
    if (lines.length <= most) return lines;
    return Array.from({ length: most }, (_, index) => lines[Math.floor((index * lines.length) / most)]);
  }

  class Lines {
    constructor(model, matched) {
      this.model = model;
      this.matched = matched;
      this.brushes = new Map();
      this.shown = "best";
      this.lines = [];
      this.front = [];
      this.scales = [];
      this.drawn = 0;
      this.place();
    }

    place() {
      this.root = document.getElementById("lines");
      this.wide = this.root.querySelector(".lines-wide");
      this.layers = ["back", "front", "lifted", "axes"].map((name) => sweeper.make("canvas", { class: `lines-${name}` }));
      this.wide.append(...this.layers);
      sweeper.draggable(this.layers[3], this);
      this.forget = sweeper.hoverable(this.layers[3], this.layers[2], this);
      this.watch = new ResizeObserver(() => this.draw(true));
      this.watch.observe(this.wide);
      this.root.addEventListener("keydown", (event) => {
        if (event.key === "Escape") this.clear();
      });
    }

    // Takes the brushes of an address: {"p:lr": {"from": 0.001, "to": 0.1}, "p:act": {"in": ["relu"]}}.
    take(text) {
      this.brushes.clear();
      let given = {};
      try {
        given = JSON.parse(text || "{}");
      } catch {
        // The server says what is wrong with the address.
      }
      for (const [name, brush] of Object.entries(given)) {
        const index = this.scales.findIndex((_, at) => this.id(at) === name);
        if (index >= 0) this.brushes.set(index, this.scales[index].within ? this.around(index, brush.in || []) : [this.end(index, brush.from, 0), this.end(index, brush.to, 1)]);
      }
      this.draw(false);
      sweeper.showChips(document.getElementById("brushes"), this);
    }

    end(index, value, otherwise) {
      const place = typeof value === "number" ? this.scales[index].place(value) : null;
      return place === null ? otherwise : place;
    }

    // The column's key on the server.
    id(index) {
      return index === this.scales.length - 1 ? "value" : `p:${this.scales[index].name}`;
    }

    around(index, options) {
      const places = options.map((option) => this.scales[index].place(option)).filter((place) => place !== null);
      return places.length ? [Math.min(...places) - 0.01, Math.max(...places) + 0.01] : [0, 1];
    }

    // Writes the brushes for the address. A brush to the end of an axis has no end.
    written() {
      const found = {};
      for (const [index, [low, high]] of this.brushes) {
        const scale = this.scales[index];
        if (scale.within) found[this.id(index)] = { in: scale.within(low, high) };
        else found[this.id(index)] = { ...(low > 0 && { from: scale.value(low) }), ...(high < 1 && { to: scale.value(high) }) };
      }
      return Object.keys(found).length ? JSON.stringify(found) : "";
    }

    // Lets only some trials stand in front, written as 0-4,9; null lets all.
    select(numbers) {
      this.selected = numbers === null || numbers === undefined ? null : sweeper.numbers.read(numbers);
    }

    // Takes the model's rows anew; the brushes stay where they are.
    renew() {
      const rows = this.model.bestFirst();
      const named = this.scales.map((scale) => scale.name).join("\n");
      this.scales = sweeper.scales(this.model, rows);
      const last = this.scales.length - 1;
      this.lines = rows.map((row) => ({
        row,
        places: this.scales.map((scale, index) => scale.place(index === last ? row.value : row.params[index])),
      }));
      if (named !== this.scales.map((scale) => scale.name).join("\n")) {
        sweeper.brushForm(document.getElementById("brush-form"), this);
      }
      this.missing = new Set();
      for (const line of this.lines) {
        line.places.forEach((place, index) => place === null && this.missing.add(index));
      }
      this.draw(true);
      sweeper.showChips(document.getElementById("brushes"), this);
    }

    passes(line) {
      if (this.selected && !this.selected.has(line.row.number)) return false;
      for (const [index, brush] of this.brushes) {
        const place = line.places[index];
        if (place === null || place < brush[0] || place > brush[1]) return false;
      }
      return true;
    }

    inFront() {
      const valued = this.lines.filter((line) => line.row.value !== null && this.passes(line));
      if (this.shown === "all") return valued;
      const best = Math.min(BEST, Math.max(FEWEST, Math.ceil(valued.length / 5)));
      return this.shown === "best" ? valued.slice(0, best) : sampled(valued, SAMPLE);
    }

    draw(whole) {
      cancelAnimationFrame(this.asked);
      this.whole = this.whole || whole;
      this.asked = requestAnimationFrame(() => this.paint());
    }

    paint() {
      const box = this.wide.getBoundingClientRect();
      if (!box.width || !this.scales.length) return;
      const frame = (this.frame = sweeper.frame(box.width, box.height, this.scales.length));
      const [back, front, , axes] = this.layers;
      if (this.whole) sweeper.drawFaint(sweeper.pen(back, frame), frame, sampled(this.lines, MOST_FAINT));
      this.whole = false;
      const lines = (this.front = this.inFront());
      sweeper.drawRanked(sweeper.pen(front, frame), frame, lines);
      sweeper.drawAxes(sweeper.pen(axes, frame), frame, this.scales, this.brushes, this.missing);
      this.forget();
      this.describe(lines);
      document.body.dataset.lines = String(lines.length);
    }

    describe(lines) {
      const best = lines.length ? `, the best is trial ${lines[0].row.number}` : "";
      const names = this.scales.map((scale) => scale.name).join(", ");
      const text = `Parallel coordinates over ${names}: ${lines.length} of ${this.lines.length} trials in front${best}. The table below has the same trials.`;
      this.root.setAttribute("aria-label", text);
    }

    brush(index, ends) {
      if (ends === null) this.brushes.delete(index);
      else this.brushes.set(index, ends);
      this.draw(false);
      this.tell();
    }

    clear() {
      this.brushes.clear();
      this.draw(false);
      this.tell();
    }

    tell() {
      sweeper.showChips(document.getElementById("brushes"), this);
      // What the server selected held for the brushes before.
      this.selected = null;
      this.matched();
    }

    show(which) {
      this.shown = which;
      this.draw(false);
    }

    end() {
      this.watch.disconnect();
      cancelAnimationFrame(this.asked);
    }
  }

  sweeper.Lines = Lines;
})();
