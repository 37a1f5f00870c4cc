// The page that compares the trials of a sweep: its lines and its figures, under one selection.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const KINDS = ["curves", "scatter", "importance", "contour", "distribution", "pareto", "slice", "rungs", "timeline"];
  const FRONTS = [
    ["best:50", "best 50"],
    ["best:200", "best 200"],
    ["best:1000", "best 1,000"],
    ["sample", "a sample"],
    ["all", "all"],
  ];

  function parsed(text) {
    try {
      return JSON.parse(text || "{}");
    } catch {
      return {};
    }
  }

  class Page extends sweeper.SweepPage {
    constructor(root) {
      super(root);
      this.model = new sweeper.Model(this.name);
      this.brushes = new sweeper.Brushes();
      this.cards = [];
      this.renewFigures = sweeper.seldom(() => this.loadFigures(), () => this.pause(2500));
      this.renewLines = sweeper.seldom(() => this.lines.renew(), () => this.pause(900));
      this.keepBrushes = sweeper.seldom(() => sweeper.state.set({ brush: this.brushes.write() }), 250);
      this.chosen = parsed(sweeper.state.get("figures"));
    }

    // Drawing thousands of trials anew is worth it less often.
    pause(milliseconds) {
      return this.model.rows.size > 2000 ? milliseconds * 4 : milliseconds;
    }

    columns() {
      return sweeper.columnsOf(this.model);
    }

    async start() {
      this.model.take(await this.get("trials"));
      if (this.ended.signal.aborted) return;
      this.lines = new sweeper.Lines(this.model, this.brushes, parsed(sweeper.state.get("axes")));
      this.lines.picks = (number) => this.pick(number);
      this.lines.changed = (chosen) => sweeper.state.set({ axes: this.written(chosen) });
      this.brushes.read(sweeper.state.get("brush"));
      this.brushes.listen(() => this.brushed());
      this.lines.renew();
      this.brushed();
      this.lineTools();
      this.cards = KINDS.filter((kind) => document.querySelector(`[data-card-of="${kind}"]`)).map((kind) => new sweeper.Card(this, kind));
      this.jumps();
      await this.follow();
      this.watchSight();
      this.ready();
    }

    // Writes choices for the address, which leaves out what is as it always is.
    written(chosen) {
      const kept = Object.entries(chosen).filter(([, value]) => (typeof value === "string" ? value : Object.keys(value).length));
      return kept.length ? JSON.stringify(Object.fromEntries(kept)) : "";
    }

    filled() {
      this.root.dataset.filled = String(this.model.rows.size > 0);
      document.body.dataset.trials = String(this.model.rows.size);
    }

    lineTools() {
      const tools = document.querySelector('[data-card-of="lines"] .panel-tools');
      const control = { kind: "select", name: "front", label: "in front", options: () => FRONTS };
      const value = sweeper.state.get("front") || "best:200";
      const show = (front) => {
        const [which, best] = front.split(":");
        this.lines.show(which, Number(best) || 0);
      };
      const shown = sweeper.controls([control], { front: value }, (_, front) => {
        sweeper.state.set({ front: front === "best:200" ? "" : front });
        show(front);
      });
      show(value);
      const axes = sweeper.make("button", { type: "button", class: "control-switch", "aria-haspopup": "menu" }, "Axes");
      axes.addEventListener("click", () => sweeper.openMenu(axes, this.axesMenu()));
      const save = sweeper.saveButton("the lines", () => sweeper.exportsOfLines(this.lines));
      const hint = sweeper.make("span", { class: "soft hint" }, "drag along an axis to filter, a name to move it; shift-click a line to pick its trial");
      const [here, all] = [this.model.rows.size, this.model.total].map((count) => count.toLocaleString("en-US"));
      if (this.model.rows.size < this.model.total) hint.textContent = `${here} of ${all} trials: the best, and an even sample of the rest`;
      tools.replaceChildren(hint, ...shown, axes, save);
    }

    axesMenu() {
      const here = new Set(this.lines.axes.map((axis) => axis.id));
      const entries = this.lines.columns
        .filter((column) => column.id !== "number")
        .map((column) => [
          `${here.has(column.id) ? "✓" : "\u2003"} ${column.name}`,
          () => this.lines.choose({ show: { ...this.lines.chosen.show, [column.id]: !here.has(column.id) } }),
        ]);
      return [["As at first", () => this.lines.choose({ order: [], flip: {}, log: {}, show: {}, colour: "" })], ...entries];
    }

    // Puts the picked trials side by side; without any, the best four.
    offerDiff() {
      const place = document.getElementById("diff-chosen");
      const picked = sweeper.numbers.read(sweeper.state.get("pick"));
      place.textContent = picked.size > 1 ? `Diff ${Math.min(picked.size, 8)} picked` : "Diff the best four";
    }

    openDiff() {
      const picked = Array.from(sweeper.numbers.read(sweeper.state.get("pick")));
      const best = this.lines.matching().slice(0, 4).map((line) => line.row.number);
      sweeper.open(sweeper.diffAddress(this.name, picked.length > 1 ? picked : best));
    }

    async saveReport(button) {
      button.disabled = true;
      try {
        const response = await fetch(sweeper.api(this.name, "report"), { credentials: "same-origin", signal: this.ended.signal });
        if (!response.ok) return sweeper.say("The report could not be written.", true);
        sweeper.save(`${this.name.replace(/[^\w.-]+/g, "-")}.html`, await response.blob());
      } finally {
        button.disabled = false;
      }
    }

    jumps() {
      const diff = document.getElementById("diff-chosen");
      diff.addEventListener("click", () => this.openDiff(), { signal: this.ended.signal });
      this.offerDiff();
      const report = document.getElementById("report");
      report.title = "One HTML file that opens without a server";
      report.addEventListener("click", () => this.saveReport(report).catch(sweeper.quiet), { signal: this.ended.signal });
      for (const button of sweeper.all("[data-jump]")) {
        const place = document.querySelector(`[data-card-of="${button.dataset.jump}"]`);
        const go = () => place.scrollIntoView({ block: "start" });
        button.addEventListener("click", go, { signal: this.ended.signal });
      }
    }

    // Fetches a figure only once it is nearly in sight.
    watchSight() {
      this.sight = new IntersectionObserver(
        (entries) => {
          for (const entry of entries) {
            const card = this.cards.find((each) => each.panel === entry.target);
            card.seen = entry.isIntersecting;
            if (card.seen) card.load();
          }
        },
        { rootMargin: "250px" },
      );
      for (const card of this.cards) this.sight.observe(card.panel);
    }

    brushed() {
      sweeper.showChips(document.getElementById("brushes"), this.brushes, this.lines.columns || []);
      // What the server selected held for the brushes before.
      this.lines.meant = null;
      this.keepBrushes();
    }

    // The sweep or the selection has moved: takes the trials that changed, and draws anew.
    async moved(first) {
      const since = `changes?since=${this.model.rev}&status=${this.model.status}`;
      const answer = first ? null : await this.get(since);
      if (this.ended.signal.aborted) return;
      if (answer !== null) this.model.take(answer);
      const { numbers, error } = this.selected;
      this.lines.limit(error || numbers === null || numbers === undefined ? null : sweeper.numbers.read(numbers));
      this.filled();
      if (answer !== null) this.renewLines();
      this.renewFigures();
    }

    // What another page, a saved view or the address has changed.
    stateChanged(names) {
      if (names.includes("brush")) this.brushes.read(sweeper.state.get("brush"));
      if (names.includes("axes") && sweeper.state.get("axes") !== this.written(this.lines.chosen)) this.lines.take(parsed(sweeper.state.get("axes")));
      if (names.includes("front")) this.lineTools();
      if (names.includes("pick")) this.lines.draw(false);
      if (names.includes("pick")) this.offerDiff();
      if (names.includes("figures") && sweeper.state.get("figures") !== this.written(this.chosen)) {
        this.chosen = parsed(sweeper.state.get("figures"));
        for (const card of this.cards) card.takeChoices(this.choicesOf(card.kind));
      }
      super.stateChanged(names);
    }

    loadFigures() {
      if (this.selected && this.selected.error) return;
      for (const card of this.cards) card.load();
    }

    shared() {
      return sweeper.state.shared("q", "f", "brush", "hide", "only");
    }

    choicesOf(kind) {
      return { ...this.chosen[kind] };
    }

    chose(kind, choices) {
      this.chosen[kind] = choices;
      sweeper.state.set({ figures: this.written(this.chosen) });
    }

    pick(number) {
      const picked = sweeper.numbers.read(sweeper.state.get("pick"));
      if (!picked.delete(number)) picked.add(number);
      sweeper.state.set({ pick: sweeper.numbers.write(picked) });
    }

    lift(number) {
      this.lines.lift(number);
    }

    // Brushes the columns of a box's sides.
    brushBox(...sides) {
      const columns = new Map(this.columns().map((column) => [column.id, column]));
      for (const [id, ends] of sides) {
        const column = columns.get(id);
        if (!column || !ends) continue;
        const [low, high] = [Math.min(...ends), Math.max(...ends)];
        if (column.kind === "category") this.brushes.held.set(id, { in: column.options.filter((_, place) => place >= low && place <= high) });
        else this.brushes.held.set(id, { from: Number(low.toPrecision(6)), to: Number(high.toPrecision(6)) });
      }
      this.brushes.tell();
    }

    repaint() {
      if (this.lines) this.lines.draw(true);
      for (const card of this.cards) card.show();
    }

    clear() {
      this.brushes.clear();
      super.clear();
    }

    end() {
      this.renewFigures.cancel();
      this.renewLines.cancel();
      this.keepBrushes.cancel();
      if (this.sight) this.sight.disconnect();
      if (this.lines) this.lines.end();
      super.end();
    }
  }

  sweeper.pages.compare = (root) => sweeper.begin(new Page(root));
})();
