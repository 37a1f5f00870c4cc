// The page of one sweep: loads it, follows it, and joins lines, table and figures.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const EVERY = 1200;
  let page = null;

  function showHeader(header) {
    for (const [key, text] of Object.entries(header.cards)) {
      for (const place of sweeper.all(`[data-card="${key}"]`)) {
        place.textContent = text;
        place.dataset.none = String(text === "0" || text === sweeper.MISSING);
      }
    }
    const status = document.getElementById("sweep-status");
    status.textContent = header.status;
    status.className = `badge badge-${header.status}`;
    const bar = document.querySelector('[data-bar="progress"]');
    bar.setAttribute("aria-valuenow", Math.round(header.progress * 100));
    bar.firstChild.style.width = `${header.progress * 100}%`;
    const reason = document.getElementById("reason");
    reason.textContent = header.reason || "";
    reason.hidden = !header.reason;
    document.getElementById("wishes").hidden = !header.live;
    document.getElementById("wishes").dataset.status = header.status;
    showLive(header);
  }

  function showLive(header) {
    const live = document.getElementById("live");
    live.hidden = !header.live;
    live.textContent = header.status === "running" ? "live" : header.status;
    document.title = `${header.status === "running" ? "▸ " : ""}${page.model.name} · sweeper`;
  }

  class Page {
    constructor(root) {
      this.root = root;
      this.model = new sweeper.Model(root.dataset.sweep);
      this.ended = new AbortController();
      this.chosen = { metric: null, top: "25", log: false };
      this.figures = new Map();
      this.renewFigures = sweeper.seldom(() => this.loadFigures(), () => this.pause(2500));
      this.renewLines = sweeper.seldom(() => this.lines.renew(), () => this.pause(900));
      this.keep = new MutationObserver(() => this.repaint());
      this.keep.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
    }

    // Drawing thousands of trials anew is worth it less often.
    pause(milliseconds) {
      return this.model.rows.size > 2000 ? milliseconds * 4 : milliseconds;
    }

    async start() {
      const [answer, api] = await Promise.all([
        sweeper.get(sweeper.api(this.model.name, "trials"), this.ended.signal),
        window.dash_ag_grid.getApiAsync("trials"),
      ]);
      if (this.ended.signal.aborted) return;
      this.model.take(answer);
      this.table = new sweeper.Table(this.model, api);
      this.table.fill();
      this.lines = new sweeper.Lines(this.model, (numbers) => this.table.match(numbers));
      showHeader(answer.header);
      this.lines.renew();
      this.listen();
      await this.loadFigures();
      this.stop = sweeper.poll(() => this.ask(), EVERY);
      this.ready();
    }

    ready() {
      document.body.dataset.ready = `sweep:${this.model.name}`;
      document.body.dataset.rev = String(this.model.rev);
      this.root.dataset.filled = String(this.model.rows.size > 0);
      document.body.dataset.trials = String(this.model.rows.size);
    }

    async ask() {
      const since = `changes?since=${this.model.rev}&status=${this.model.status}`;
      const answer = await sweeper.get(sweeper.api(this.model.name, since), this.ended.signal);
      if (answer === null || this.ended.signal.aborted) return;
      const changed = this.model.take(answer);
      this.table.renew(changed);
      showHeader(answer.header);
      this.renewLines();
      this.renewFigures();
      this.ready();
    }

    async loadFigures() {
      const metric = encodeURIComponent(this.chosen.metric || this.model.metric);
      const wanted = { history: "chart/history", curves: `chart/curves?metric=${metric}&top=${this.chosen.top}` };
      if (document.getElementById("slices-panel").open) wanted.slices = "chart/slice";
      await Promise.all(Object.entries(wanted).map(([id, rest]) => this.loadFigure(id, rest).catch(sweeper.quiet)));
    }

    async loadFigure(id, rest) {
      const figure = await sweeper.get(sweeper.api(this.model.name, rest), this.ended.signal);
      if (this.ended.signal.aborted) return;
      this.figures.set(id, { figure, key: rest });
      this.showFigure(id);
      await sweeper.openOnClick(id, this.model.name);
    }

    showFigure(id) {
      const { figure, key } = this.figures.get(id);
      sweeper.show(id, figure, { key, log: id === "curves" && this.chosen.log });
    }

    repaint() {
      if (this.lines) this.lines.draw(true);
      for (const id of this.figures.keys()) this.showFigure(id);
    }

    choose(metric, top, log) {
      const same = this.chosen.metric === metric && this.chosen.top === top;
      const first = this.chosen.metric === null;
      this.chosen = { metric, top, log };
      if (first || !this.lines) return;
      if (same && this.figures.has("curves")) this.showFigure("curves");
      else this.loadFigures();
    }

    listen() {
      const once = { signal: this.ended.signal };
      document.getElementById("trials-search").addEventListener("input", (event) => this.table.search(event.target.value), once);
      document.getElementById("clear-filters").addEventListener("click", () => this.clear(), once);
      document.getElementById("slices-panel").addEventListener("toggle", () => this.loadFigures(), once);
      for (const button of sweeper.all("[data-wish]")) {
        button.addEventListener("click", () => this.wish(button), once);
      }
    }

    clear() {
      this.lines.clear();
      this.table.api.setFilterModel(null);
      const search = document.getElementById("trials-search");
      search.value = "";
      this.table.search("");
      window.dash_clientside.set_props("trials-search", { value: "" });
    }

    async wish(button) {
      const kind = button.dataset.wish;
      if (kind === "stop" && !window.confirm(`Stop the sweep ${this.model.name}?`)) return;
      button.disabled = true;
      const { ok, answer } = await sweeper.post(sweeper.api(this.model.name, "wishes"), { kind });
      button.disabled = false;
      const reason = document.getElementById("reason");
      reason.hidden = false;
      reason.textContent = ok ? `Asked the controller to ${kind}.` : answer.error || "That was refused.";
    }

    end() {
      this.ended.abort();
      this.keep.disconnect();
      this.renewFigures.cancel();
      this.renewLines.cancel();
      if (this.stop) this.stop();
      if (this.lines) this.lines.end();
      document.getElementById("live").hidden = true;
    }
  }

  sweeper.pages.sweep = function (root) {
    page = new Page(root);
    page.start().catch((error) => {
      if (error.name === "AbortError") return;
      document.getElementById("matching").textContent = "This sweep could not be loaded; reload the page.";
      throw error;
    });
    return () => page.end();
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
