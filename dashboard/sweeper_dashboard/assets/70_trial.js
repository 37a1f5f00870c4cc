// The page of one trial: follows its row and figures, and what may be wished of it.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const EVERY = 1500;
  const FIGURES = { metrics: "chart", usage: "usage" };

  const columns = () => (window.innerWidth < 600 ? 1 : window.innerWidth < 2000 ? 2 : 3);

  class Page {
    constructor(root) {
      this.name = root.dataset.sweep;
      this.number = Number(root.dataset.trial);
      this.rev = Number(root.dataset.rev);
      this.ended = new AbortController();
      this.log = new sweeper.Log((rest) => this.get(rest), this.ended.signal);
      this.keep = new MutationObserver(() => this.figures && this.showFigures());
      this.keep.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
      this.renewFigure = sweeper.seldom(() => this.loadFigure().catch(sweeper.quiet), 2500);
    }

    get(rest) {
      return sweeper.get(sweeper.api(this.name, `trial/${this.number}/${rest}`), this.ended.signal);
    }

    async start() {
      document.title = `trial ${this.number} · ${this.name} · sweeper`;
      this.listen();
      await Promise.all([this.loadFigure(), this.ask()]);
      this.stop = sweeper.poll(() => this.ask(), EVERY);
      document.body.dataset.ready = `trial:${this.number}`;
    }

    async ask() {
      const answer = await this.get(`changes?since=${this.rev}&after=${this.log.after}`);
      if (this.ended.signal.aborted || answer === null) return;
      this.log.take(answer);
      this.showWishes(answer);
      if (answer.rev !== this.rev) {
        this.rev = answer.rev;
        this.renewBody();
        this.renewFigure();
      }
      // A storm of lines comes in pieces, one after the other.
      if (answer.more) return this.ask();
    }

    renewBody() {
      // Any new value makes the body be laid out again.
      window.dash_clientside.set_props("trial-rev", { data: `${this.rev}:${Date.now()}` });
    }

    async loadFigure() {
      const asked = Object.entries(FIGURES).map(async ([id, path]) => [id, await this.get(`${path}?columns=${columns()}`)]);
      this.figures = Object.fromEntries(await Promise.all(asked));
      if (!this.ended.signal.aborted) this.showFigures();
    }

    showFigures() {
      for (const [id, figure] of Object.entries(this.figures)) {
        sweeper.show(id, figure, { key: `${this.name}/${this.number}` });
        const table = () => sweeper.api(this.name, `trial/${this.number}/${FIGURES[id]}?format=csv`);
        if (id === "metrics") sweeper.readInStep(id);
        sweeper.offerSaving({ id, sweep: `${this.name}-${this.number}`, kind: id, figure: () => this.figures[id], table });
      }
    }

    // Offers to stop a trial that has not ended, and to try a copy of it with another value.
    showWishes({ driven, status, searched, params }) {
      const place = document.getElementById("trial-wishes");
      const key = `${driven}:${status}`;
      if (place.dataset.key === key) return;
      place.dataset.key = key;
      place.hidden = !driven;
      if (!driven) return place.replaceChildren();
      const parts = [];
      if (["running", "waiting", "paused"].includes(status)) {
        const stop = sweeper.make("button", { type: "button", class: "button wish-stop" }, "Stop this trial");
        stop.addEventListener("click", () => window.confirm(`Stop trial ${this.number}?`) && this.wish({ kind: "stop", trial: this.number }, stop));
        parts.push(stop);
      }
      const copy = sweeper.make("details", { class: "dropdown" });
      const body = sweeper.make("div", { class: "dropdown-body copy-body" });
      body.append(sweeper.make("p", { class: "soft" }, "The same parameters, with what you change:"), sweeper.queueForm(this, searched, params));
      copy.append(sweeper.make("summary", { class: "button" }, "Queue a copy"), body);
      sweeper.closing(copy, this.ended.signal);
      place.replaceChildren(...parts, copy);
    }

    wish(wanted, button) {
      return sweeper.SweepPage.prototype.wish.call(this, wanted, button);
    }

    listen() {
      const once = { signal: this.ended.signal };
      document.addEventListener("click", (event) => this.click(event), once);
      document.addEventListener("keydown", (event) => this.step(event), once);
      document.addEventListener("toggle", (event) => sweeper.showArtifact(event.target), { ...once, capture: true });
    }

    click(event) {
      const button = event.target.closest && event.target.closest("button");
      if (!button) return;
      if (button.dataset.copies) this.copy(button);
      else if (button.id === "trial-tag") this.tag();
      else if (button.id === "trial-write") this.note();
    }

    async tag() {
      const text = await sweeper.ask("Tags, separated by spaces; a - before a tag takes it away", "");
      if (text !== null) await this.mark("tags", sweeper.tagsOf(text));
    }

    async note() {
      const text = await sweeper.ask("Note; an empty one takes the note away", document.getElementById("trial-note").textContent);
      if (text !== null) await this.mark("note", { text });
    }

    async mark(path, given) {
      const { ok, answer } = await sweeper.post(sweeper.api(this.name, path), { trials: String(this.number), ...given });
      if (!ok) return sweeper.say(`${answer.error}. ${answer.hint}`, true);
      this.renewBody();
    }

    async copy(button) {
      const place = document.getElementById(button.dataset.copies);
      // A page that came over plain HTTP from another machine has no clipboard.
      if (!navigator.clipboard) return void window.getSelection().selectAllChildren(place);
      await navigator.clipboard.writeText(place.textContent);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 1500);
    }

    step(event) {
      if (event.target.closest("input, textarea, select, [role=textbox], dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
      const id = { j: "trial-next", k: "trial-previous" }[event.key];
      const link = id && document.getElementById(id);
      if (link) link.click();
    }

    end() {
      this.ended.abort();
      this.keep.disconnect();
      this.renewFigure.cancel();
      if (this.stop) this.stop();
    }
  }

  sweeper.tagsOf = function (text) {
    const words = text.split(/\s+/).filter(Boolean);
    return { add: words.filter((word) => !word.startsWith("-")), remove: words.filter((word) => word.startsWith("-")).map((word) => word.slice(1)) };
  };

  sweeper.pages.trial = function (root) {
    const page = new Page(root);
    page.start().catch(sweeper.quiet);
    return () => page.end();
  };
})();
