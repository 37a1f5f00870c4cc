// The page of one trial: follows its log, its figures and its row.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const EVERY = 1500;
  const MOST_LINES = 20000;
  const PIECES = 2000;

  const columns = () => (window.innerWidth < 600 ? 1 : window.innerWidth < 2000 ? 2 : 3);

  class Page {
    constructor(root) {
      this.name = root.dataset.sweep;
      this.number = Number(root.dataset.trial);
      this.rev = Number(root.dataset.rev);
      this.after = 0;
      this.ended = new AbortController();
      this.log = document.getElementById("log");
      this.log.replaceChildren();
      this.follows = true;
      this.keep = new MutationObserver(() => this.figure && this.showFigure());
      this.keep.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
      this.renewFigure = sweeper.seldom(() => this.loadFigure().catch(sweeper.quiet), 2500);
    }

    address(rest) {
      return sweeper.api(this.name, `trial/${this.number}/${rest}`);
    }

    async start() {
      document.title = `trial ${this.number} · ${this.name} · sweeper`;
      this.listen();
      await Promise.all([this.loadFigure(), this.ask()]);
      this.stop = sweeper.poll(() => this.ask(), EVERY);
      document.body.dataset.ready = `trial:${this.number}`;
    }

    async ask() {
      const rest = `changes?since=${this.rev}&after=${this.after}`;
      const answer = await sweeper.get(this.address(rest), this.ended.signal);
      if (this.ended.signal.aborted) return;
      if (answer !== null) this.take(answer);
      // A long log comes in pieces, one after the other.
      if (answer !== null && answer.logs.length >= PIECES) return this.ask();
      document.getElementById("log-empty").hidden = this.after > 0;
      this.log.hidden = this.after === 0;
    }

    take(answer) {
      if (answer.logs.length) this.write(answer.logs);
      if (answer.rev === this.rev) return;
      this.rev = answer.rev;
      window.dash_clientside.set_props("trial-rev", { data: answer.rev });
      this.renewFigure();
    }

    write(pieces) {
      const made = document.createDocumentFragment();
      for (const [id, attempt, stream, , text] of pieces) {
        if (attempt !== this.attempt) {
          made.append(sweeper.make("div", { class: "log-attempt" }, `attempt ${attempt}`));
          this.attempt = attempt;
        }
        const kind = stream === "stderr" ? "log-stderr" : "log-stdout";
        made.append(sweeper.make("span", { class: kind, title: stream }, text));
        this.after = id;
      }
      this.log.hidden = false;
      this.log.append(made);
      while (this.log.childElementCount > MOST_LINES) this.log.firstChild.remove();
      if (this.follows) this.log.scrollTop = this.log.scrollHeight;
    }

    async loadFigure() {
      this.figure = await sweeper.get(this.address(`chart?columns=${columns()}`), this.ended.signal);
      if (!this.ended.signal.aborted) this.showFigure();
    }

    showFigure() {
      sweeper.show("metrics", this.figure, { key: this.address("") });
    }

    listen() {
      const once = { signal: this.ended.signal };
      const button = document.getElementById("log-follow");
      const follow = (on) => {
        this.follows = on;
        button.setAttribute("aria-pressed", String(on));
        button.textContent = on ? "Following" : "Follow";
        if (on) this.log.scrollTop = this.log.scrollHeight;
      };
      follow(true);
      button.addEventListener("click", () => follow(!this.follows), once);
      this.log.addEventListener("wheel", (event) => event.deltaY < 0 && follow(false), { ...once, passive: true });
      document.addEventListener("click", (event) => this.copy(event), once);
      document.addEventListener("keydown", (event) => this.step(event), once);
    }

    async copy(event) {
      const button = event.target.closest && event.target.closest("[data-copies]");
      if (!button) return;
      const place = document.getElementById(button.dataset.copies);
      // A page that came over plain HTTP from another machine has no clipboard.
      if (!navigator.clipboard) return void window.getSelection().selectAllChildren(place);
      await navigator.clipboard.writeText(place.textContent);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 1500);
    }

    step(event) {
      if (event.target.closest("input, textarea, select, [role=textbox]") || event.ctrlKey || event.metaKey || event.altKey) return;
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

  sweeper.pages.trial = function (root) {
    const page = new Page(root);
    page.start().catch(sweeper.quiet);
    return () => page.end();
  };
})();
