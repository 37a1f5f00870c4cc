// The page that compares the trials of a sweep: its lines and its figures, under one filter.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  let page = null;

  class Page extends sweeper.SweepPage {
    constructor(root) {
      super(root);
      this.model = new sweeper.Model(this.name);
      this.chosen = { metric: null, top: "25", log: false };
      this.renewFigures = sweeper.seldom(() => this.loadFigures(), () => this.pause(2500));
      this.renewLines = sweeper.seldom(() => this.lines.renew(), () => this.pause(900));
      this.keepBrushes = sweeper.seldom(() => sweeper.state.set({ brush: this.lines.written() }), 250);
    }

    // Drawing thousands of trials anew is worth it less often.
    pause(milliseconds) {
      return this.model.rows.size > 2000 ? milliseconds * 4 : milliseconds;
    }

    async start() {
      this.model.take(await this.get("trials"));
      if (this.ended.signal.aborted) return;
      this.lines = new sweeper.Lines(this.model, () => this.keepBrushes());
      this.lines.renew();
      this.lines.take(sweeper.state.get("brush"));
      document.getElementById("slices-panel").addEventListener("toggle", () => this.loadFigures(), { signal: this.ended.signal });
      await this.follow();
      await this.loadFigures();
      this.filled();
      this.ready();
    }

    filled() {
      this.root.dataset.filled = String(this.model.rows.size > 0);
      document.body.dataset.trials = String(this.model.rows.size);
    }

    // The head has moved: takes the trials that changed, and draws what is selected.
    async moved(first) {
      const since = `changes?since=${this.model.rev}&status=${this.model.status}`;
      const answer = first ? null : await this.get(since);
      if (this.ended.signal.aborted) return;
      if (answer !== null) this.model.take(answer);
      this.lines.select(this.selected.error ? null : this.selected.numbers);
      this.filled();
      this.renewLines();
      this.renewFigures();
    }

    async loadFigures() {
      if (this.selected && this.selected.error) return;
      const metric = encodeURIComponent(this.chosen.metric || this.model.metric);
      const wanted = { curves: `chart/curves?metric=${metric}&top=${this.chosen.top}` };
      if (document.getElementById("slices-panel").open) wanted.slices = "chart/slice";
      await Promise.all(
        Object.entries(wanted).map(([id, rest]) => this.loadFigure(id, rest, this.options(id)).catch(sweeper.quiet)),
      );
    }

    options(id) {
      return { log: id === "curves" && this.chosen.log };
    }

    repaint() {
      if (this.lines) this.lines.draw(true);
      super.repaint();
    }

    choose(metric, top, log) {
      const same = this.chosen.metric === metric && this.chosen.top === top;
      const first = this.chosen.metric === null;
      this.chosen = { metric, top, log };
      if (first || !this.lines) return;
      if (!same || !this.figures.has("curves")) return void this.loadFigures();
      this.figures.get("curves").options = this.options("curves");
      this.showFigure("curves");
    }

    clear() {
      this.lines.clear();
      super.clear();
    }

    end() {
      this.renewFigures.cancel();
      this.renewLines.cancel();
      this.keepBrushes.cancel();
      if (this.lines) this.lines.end();
      super.end();
    }
  }

  sweeper.pages.compare = function (root) {
    page = new Page(root);
    return sweeper.begin(page);
  };

  // Called by the application when a reader uses the controls of the figures.
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.sweeper = {
    chooseCurves(metric, top, log) {
      if (page && metric) page.choose(metric, top, Boolean(log));
      return window.dash_clientside.no_update;
    },
    chooseLines(which) {
      if (page && page.lines && which) page.lines.show(which);
      return window.dash_clientside.no_update;
    },
  };
})();
