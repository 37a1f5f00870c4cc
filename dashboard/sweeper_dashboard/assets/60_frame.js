// What all pages of a sweep share: the head that follows the store, the query line, the wishes.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const EVERY = 1200;

  sweeper.showHeader = function (name, header) {
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
    const live = document.getElementById("live");
    live.hidden = !header.live;
    live.textContent = header.status === "running" ? "live" : header.status;
    document.title = `${header.status === "running" ? "▸ " : ""}${name} · sweeper`;
  };

  function showSelected(selected) {
    const place = document.getElementById("matching");
    if (!place) return;
    const error = document.getElementById("query-error");
    const line = document.getElementById("query");
    error.hidden = !selected.error;
    error.textContent = selected.error ? `${selected.error}. ${selected.hint}` : "";
    line.setAttribute("aria-invalid", String(Boolean(selected.error)));
    const texts = [selected.matched, selected.total].map((count) => (count || 0).toLocaleString("en-US"));
    const all = selected.matched === selected.total;
    place.hidden = Boolean(selected.error);
    place.textContent = all ? `${texts[1]} ${selected.total === 1 ? "trial" : "trials"}` : `${texts[0]} of ${texts[1]} match`;
    document.getElementById("clear-filters").hidden = !sweeper.state.shared("q", "f", "brush", "hide", "only");
  }

  // A page of a sweep; a subclass says what to do when the sweep or the selection moved.
  sweeper.SweepPage = class {
    constructor(root) {
      this.root = root;
      this.name = root.dataset.sweep;
      this.ended = new AbortController();
      this.cursor = "";
      this.figures = new Map();
      this.keep = new MutationObserver(() => this.repaint());
      this.keep.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
    }

    get(rest) {
      return sweeper.get(sweeper.api(this.name, rest), this.ended.signal);
    }

    // Asks for the head once, and again and again from then on.
    async follow() {
      this.listenFrame();
      sweeper.state.listen((names) => this.stateChanged(names), this.ended.signal);
      await this.ask();
      this.stop = sweeper.poll(() => this.ask(), EVERY);
      sweeper.showViews(this);
    }

    async ask() {
      const shared = sweeper.state.shared();
      const answer = await this.get(`header?since=${encodeURIComponent(this.cursor)}&${shared}`);
      if (answer === null || this.ended.signal.aborted) return;
      const first = !this.begun;
      this.begun = true;
      this.cursor = answer.cursor;
      this.header = answer.header;
      this.selected = answer.selected;
      sweeper.showHeader(this.name, answer.header);
      showSelected(answer.selected);
      await this.moved(first);
      document.body.dataset.rev = answer.cursor.split(".")[1];
    }

    stateChanged(names) {
      if (names.includes("q")) window.dash_clientside.set_props("query", { value: sweeper.state.get("q") });
      if (!names.some((name) => ["q", "f", "brush", "hide", "only"].includes(name))) return;
      this.cursor = "";
      this.ask().catch(sweeper.quiet);
    }

    async moved() {}

    listenFrame() {
      const once = { signal: this.ended.signal };
      for (const button of sweeper.all("[data-wish]")) {
        button.addEventListener("click", () => this.ends(button), once);
      }
      const line = document.getElementById("query");
      if (!line) return;
      const apply = () => sweeper.state.set({ q: line.value.trim() });
      line.addEventListener("keydown", (event) => {
        if (event.key === "Enter") apply();
        if (event.key === "Escape") line.blur();
      }, once);
      line.addEventListener("blur", apply, once);
      document.getElementById("clear-filters").addEventListener("click", () => this.clear(), once);
    }

    clear() {
      sweeper.state.set({ q: "", f: "", brush: "", hide: "", only: "" });
    }

    ends(button) {
      const kind = button.dataset.wish;
      if (kind === "stop" && !window.confirm(`Stop the sweep ${this.name}?`)) return;
      this.wish({ kind }, button);
    }

    // Sends a wish and says what became of it; the controller's answer comes with the head.
    async wish(wanted, button) {
      if (button) button.disabled = true;
      const { ok, answer } = await sweeper.post(`/api/sweeps/${encodeURIComponent(this.name)}/wishes`, wanted);
      if (button) button.disabled = false;
      const said = ok ? `Asked the controller to ${wanted.kind}.` : `${answer.error || "That was refused"}. ${answer.hint || ""}`;
      sweeper.say(said, !ok);
      return ok;
    }

    async loadFigure(id, rest, options) {
      const shared = sweeper.state.shared();
      const asked = shared ? `${rest}${rest.includes("?") ? "&" : "?"}${shared}` : rest;
      const figure = await this.get(asked);
      if (this.ended.signal.aborted) return;
      this.figures.set(id, { figure, key: rest, options });
      this.showFigure(id);
      await sweeper.openOnClick(id, this.name);
    }

    showFigure(id) {
      const { figure, key, options } = this.figures.get(id);
      sweeper.show(id, figure, { key, ...options });
      sweeper.offerSaving({ id, sweep: this.name, kind: id, figure: () => this.figures.get(id).figure, table: () => this.tableOf(key) });
    }

    // The address of what a figure shows, as a table.
    tableOf(rest) {
      const asked = [rest.split("?")[1], "format=csv", sweeper.state.shared()].filter(Boolean).join("&");
      return sweeper.api(this.name, `${rest.split("?")[0]}?${asked}`);
    }

    repaint() {
      for (const id of this.figures.keys()) this.showFigure(id);
    }

    ready() {
      document.body.dataset.ready = `${this.root.dataset.page}:${this.name}`;
    }

    end() {
      this.ended.abort();
      this.keep.disconnect();
      if (this.stop) this.stop();
      document.getElementById("live").hidden = true;
    }
  };

  // Starts a page; a failure to load is said where people look.
  sweeper.begin = function (page) {
    page.start().catch((error) => {
      if (error.name === "AbortError") return;
      sweeper.say("This page could not be loaded; reload it.", true);
      if (!error.status) throw error;
    });
    return () => page.end();
  };

  // Says something for a moment, for eyes and screen readers.
  sweeper.say = function (text, bad) {
    const place = document.getElementById("said");
    place.textContent = text;
    place.className = bad ? "said said-bad" : "said";
    place.hidden = false;
    clearTimeout(sweeper.saying);
    sweeper.saying = setTimeout(() => (place.hidden = true), bad ? 9000 : 4000);
  };
})();
