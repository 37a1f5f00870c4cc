// The parallel coordinates of a sweep: which lines stand in front, and which trials they match.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const FEWEST = 20;
  const SAMPLE = 1000;
  const MOST_FAINT = 4000;
  const WHILE_DRAGGING = 1000;
  const ROOM = 84;

  const USUAL = { order: [], flip: {}, log: {}, show: {}, colour: "" };

  function sampled(lines, most) {
    if (lines.length <= most) return lines;
    return Array.from({ length: most }, (_, index) => lines[Math.floor((index * lines.length) / most)]);
  }

  class Lines {
    // chosen holds what the reader made of the axes: order, flipped, log, hidden, shown, colour.
    constructor(model, brushes, chosen) {
      this.model = model;
      this.brushes = brushes;
      this.chosen = { ...USUAL, ...chosen };
      this.shown = "best";
      this.best = 200;
      this.lines = [];
      this.front = [];
      this.axes = [];
      this.meant = null;
      this.dragging = false;
      this.place();
      brushes.listen(() => this.draw(false));
    }

    place() {
      this.root = document.getElementById("lines");
      this.wide = this.root.querySelector(".lines-wide");
      this.layers = ["back", "front", "lifted", "axes"].map((name) => sweeper.make("canvas", { class: `lines-${name}` }));
      this.names = sweeper.make("div", { class: "lines-names" });
      this.wide.replaceChildren(...this.layers, this.names);
      sweeper.draggable(this.layers[3], this);
      this.hover = sweeper.hoverable(this.layers[3], this.layers[2], this);
      this.watch = new ResizeObserver(() => this.draw(true));
      this.watch.observe(this.wide);
      this.root.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && event.target === this.root) this.brushes.clear();
      });
    }

    // Chooses the columns that have an axis: searched ones that vary, and the objectives, last.
    visible(rows) {
      const shown = this.columns.filter((column) => {
        const asked = this.chosen.show[column.id];
        if (asked !== undefined) return asked;
        return column.goal || (column.group === "parameters" && (rows.length < 2 || sweeper.varies(column, rows)));
      });
      const order = new Map(this.chosen.order.map((id, index) => [id, index]));
      const place = (column, index) => order.get(column.id) ?? order.size + index;
      return shown
        .map((column, index) => [place(column, index), column])
        .sort((a, b) => a[0] - b[0])
        .map(([, column]) => column);
    }

    // Takes the model's rows anew; the brushes stay where they are.
    renew() {
      const rows = this.model.bestFirst();
      const named = this.axes.map((axis) => axis.id).join("\n");
      this.columns = sweeper.columnsOf(this.model);
      this.axes = this.visible(rows).map(
        (column) =>
          new sweeper.Axis(column, rows, { flip: this.chosen.flip[column.id], log: this.chosen.log[column.id], mode: this.model.mode }),
      );
      this.lines = rows.map((row) => ({ row, places: this.axes.map((axis) => axis.place(row)) }));
      if (named !== this.axes.map((axis) => axis.id).join("\n")) {
        sweeper.brushForm(document.getElementById("brush-form"), this);
        this.wide.style.minWidth = `${(this.axes.length + 1) * ROOM}px`;
      }
      this.missing = new Set();
      for (const line of this.lines) {
        line.places.forEach((place, index) => place === null && this.missing.add(index));
      }
      this.draw(true);
    }

    // Changes what the reader made of the axes.
    choose(changes) {
      Object.assign(this.chosen, changes);
      this.renew();
      if (this.changed) this.changed(this.chosen);
    }

    // Takes what an address says of the axes.
    take(chosen) {
      this.chosen = { ...USUAL, ...chosen };
      this.renew();
    }

    // Holds to the trials that another filter of the page lets through; null is all.
    limit(numbers) {
      this.meant = numbers;
      this.draw(false);
    }

    matching() {
      const passes = this.brushes.test(this.columns || []);
      return this.lines.filter((line) => (this.meant === null || this.meant.has(line.row.number)) && passes(line.row));
    }

    inFront() {
      const found = this.matching().filter((line) => line.row.value !== null || line.row.status === "completed");
      this.matched = found.length;
      if (this.shown === "all") return this.dragging ? sampled(found, WHILE_DRAGGING) : found;
      if (this.shown === "sample") return sampled(found, SAMPLE);
      return found.slice(0, Math.min(this.best, Math.max(FEWEST, Math.ceil(found.length / 5))));
    }

    draw(whole) {
      cancelAnimationFrame(this.asked);
      this.whole = this.whole || whole;
      this.asked = requestAnimationFrame(() => this.paint());
    }

    paint() {
      const box = this.wide.getBoundingClientRect();
      if (!box.width || !this.axes.length) return;
      const begun = performance.now();
      const frame = (this.frame = sweeper.frame(box.width, box.height, this.axes.length));
      const [back, front, , axes] = this.layers;
      if (this.whole) sweeper.drawFaint(sweeper.pen(back, frame), frame, sampled(this.lines, MOST_FAINT));
      if (this.whole) sweeper.axisNames(this.names, this);
      this.whole = false;
      const lines = (this.front = this.inFront());
      sweeper.drawRanked(sweeper.pen(front, frame), frame, lines, this.shadeOf());
      sweeper.drawAxes(sweeper.pen(axes, frame), frame, this.axes, this.brushes, { missing: this.missing, named: false });
      sweeper.drawPicked(this.layers[1].getContext("2d"), frame, this.pickedLines());
      this.hover.forget();
      this.describe(lines);
      document.body.dataset.lines = String(lines.length);
      document.body.dataset.painted = (performance.now() - begun).toFixed(1);
    }

    // Gives how a line is coloured where a column was chosen for it; ranks colour it otherwise.
    shadeOf() {
      const index = this.axes.findIndex((axis) => axis.id === this.chosen.colour);
      return index < 0 ? null : (line) => line.places[index] ?? 1;
    }

    // Lines of trials that the reader picked, here or in the table, stand out from all others.
    pickedLines() {
      const picked = sweeper.numbers.read(sweeper.state.get("pick"));
      return picked.size ? this.lines.filter((line) => picked.has(line.row.number)) : [];
    }

    describe(lines) {
      const best = lines.length ? `, the best is trial ${lines[0].row.number}` : "";
      const names = this.axes.map((axis) => axis.name).join(", ");
      const text = `Parallel coordinates over ${names}: ${lines.length} of ${this.lines.length} trials in front${best}. The table has the same trials.`;
      this.root.setAttribute("aria-label", text);
    }

    show(which, best) {
      this.shown = which;
      this.best = best || this.best;
      this.draw(false);
    }

    // Lifts the line of a trial out of the others; null lays it back.
    lift(number) {
      this.hover.lift(number === null ? null : this.lines.find((line) => line.row.number === number));
    }

    end() {
      this.watch.disconnect();
      cancelAnimationFrame(this.asked);
    }
  }

  sweeper.Lines = Lines;
})();
