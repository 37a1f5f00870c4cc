// The list of sweeps: searched, filtered and grouped, and some of them chosen to be compared.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const EVERY = 2000;
  const MOST = 8;
  const chosen = new Set();
  let page = null;

  function passes(row, words, status) {
    return words.every((word) => row.dataset.search.includes(word)) && (!status || row.dataset.status === status);
  }

  // Hides what does not match, and marks what is chosen.
  function sift() {
    const words = sweeper.state.get("search").toLowerCase().split(/\s+/).filter(Boolean);
    const status = sweeper.state.get("status");
    let shown = 0;
    for (const row of sweeper.all(".sweep-row")) {
      row.hidden = !passes(row, words, status);
      if (!row.hidden) shown += 1;
      row.querySelector(".sweep-pick").setAttribute("aria-pressed", String(chosen.has(row.dataset.name)));
    }
    for (const group of sweeper.all(".sweep-group")) group.hidden = !group.querySelector(".sweep-row:not([hidden])");
    const none = document.querySelector(".no-match");
    if (none) none.hidden = shown > 0;
  }

  function leading(text, address, kind) {
    const link = sweeper.make("a", { class: kind, href: address }, text);
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      sweeper.open(address);
    });
    return link;
  }

  function showChosen() {
    const place = document.getElementById("chosen-sweeps");
    place.hidden = chosen.size === 0;
    const of = encodeURIComponent(Array.from(chosen).join("\n"));
    const bests = encodeURIComponent(Array.from(chosen, (name) => `${encodeURIComponent(name)}:best`).join(","));
    const links = [leading("Compare", `/several?of=${of}`, "button button-main"), leading("Diff of the bests", `/diff?of=${bests}`, "button")];
    const none = sweeper.make("button", { type: "button", class: "button" }, "Choose none");
    none.addEventListener("click", () => (chosen.clear(), showChosen(), sift()));
    const hint = chosen.size === 1 ? "; choose another to compare them" : chosen.size > MOST ? `; ${MOST} at most can be compared` : "";
    const count = `${chosen.size} ${chosen.size === 1 ? "sweep" : "sweeps"} chosen${hint}`;
    place.replaceChildren(sweeper.make("span", {}, count), ...(chosen.size > 1 && chosen.size <= MOST ? links : []), none);
  }

  function choose(event) {
    const button = event.target.closest(".sweep-pick");
    if (!button) return;
    const { name } = button.closest(".sweep-row").dataset;
    if (!chosen.delete(name)) chosen.add(name);
    showChosen();
    sift();
  }

  class Page {
    constructor(root) {
      this.ended = new AbortController();
      this.digest = "";
      this.polls = 0;
      const once = { signal: this.ended.signal };
      document.getElementById("sweeps-search").addEventListener("input", (event) => sweeper.state.set({ search: event.target.value }), once);
      root.addEventListener("click", choose, once);
      sweeper.state.listen((names) => {
        sift();
        if (names.includes("group")) this.renew();
      }, this.ended.signal);
      this.watch = new MutationObserver(sift);
      this.watch.observe(document.getElementById("sweep-rows"), { childList: true, subtree: true });
      this.stop = sweeper.poll(() => this.ask(), EVERY);
      document.title = "sweeper";
      showChosen();
      sift();
      document.body.dataset.ready = "sweeps";
    }

    async ask() {
      const answer = await sweeper.get(`/api/changes?since=${this.digest}`, this.ended.signal);
      if (this.ended.signal.aborted) return;
      this.polls += 1;
      // The ages grow old even where nothing else changes.
      if (answer === null && this.polls % 15 !== 0) return;
      const first = this.digest === "";
      if (answer !== null) this.digest = answer.digest;
      if (!first) this.renew();
    }

    renew() {
      const group = sweeper.state.get("group");
      window.dash_clientside.set_props("sweeps-digest", { data: { group, at: `${this.digest}:${this.polls}:${group}` } });
    }

    end() {
      this.ended.abort();
      this.watch.disconnect();
      this.stop();
      page = null;
    }
  }

  sweeper.pages.sweeps = function (root) {
    page = new Page(root);
    return () => page && page.end();
  };

  sweeper.pages.several = function () {
    const ended = new AbortController();
    document.title = "sweeps side by side · sweeper";
    const address = () => `/api/several?of=${encodeURIComponent(sweeper.state.get("of"))}`;
    const show = (figure) => {
      sweeper.show("several", figure, { key: "several" });
      sweeper.offerSaving({ id: "several", sweep: "sweeps", kind: "best-so-far", figure: () => figure, table: () => `${address()}&format=csv` });
    };
    let figure = null;
    const keep = new MutationObserver(() => figure && show(figure));
    keep.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
    const load = async () => {
      if (document.getElementById("several")) {
        figure = await sweeper.get(address(), ended.signal);
        show(figure);
      }
      document.body.dataset.ready = "several";
    };
    load().catch(sweeper.quiet);
    return () => (ended.abort(), keep.disconnect());
  };

  // Called by the application when a reader uses the controls of the list.
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.sweeps = {
    filter(status, group) {
      if (page) sweeper.state.set({ status: status || "", group: group === "none" ? "" : group });
      return window.dash_clientside.no_update;
    },
  };
})();
