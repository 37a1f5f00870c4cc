// The page with the table of trials: its keyboard, what is picked, tags and notes, CSV.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const BELOW = 78;
  const LEAST = 420;
  const TYPING = "input, textarea, select, [role=textbox], [contenteditable]";

  class Page extends sweeper.SweepPage {
    async start() {
      this.matched = 0;
      const [described, api] = await Promise.all([this.get("columns"), window.dash_ag_grid.getApiAsync("trials")]);
      await this.follow();
      if (this.ended.signal.aborted) return;
      this.described = described;
      this.table = new sweeper.Table(this, api, described);
      this.refillColumns = sweeper.columnsMenu(this.table, this.ended.signal);
      this.showBulk();
      const once = { signal: this.ended.signal };
      document.addEventListener("keydown", (event) => this.key(event), once);
      document.getElementById("csv").addEventListener("click", () => this.csv(), once);
    }

    filled(answer) {
      this.matched = answer.matched;
      const empty = this.selected && this.selected.total === 0;
      this.root.dataset.filled = String(!empty);
      const place = document.getElementById("trials");
      place.hidden = !answer.matched;
      place.style.height = `${this.height(place, answer.matched)}px`;
      const none = document.getElementById("no-rows");
      none.hidden = Boolean(answer.matched);
      none.textContent = this.selected.error ? "The filter above is not understood." : empty ? "No trials yet: the first one will show here." : "No trial matches the filter.";
      document.body.dataset.trials = String(this.selected ? this.selected.total : 0);
      document.body.dataset.matched = String(answer.matched);
      // Only where it comes or goes: a button that is about to be pressed stays.
      if (this.table && this.isMeant() === document.getElementById("bulk").hidden) this.showBulk();
      this.ready();
    }

    // The table ends with the window, where that leaves it room; a short one has what it needs.
    height(place, rows) {
      const top = place.getBoundingClientRect().top + window.scrollY;
      return Math.min(84 + 34 * Math.max(rows, 4), Math.max(window.innerHeight - top - BELOW, LEAST));
    }

    async moved(first) {
      if (first || !this.table) return;
      if (this.selectionMoved) this.table.again();
      else this.table.renew();
      this.selectionMoved = false;
      if (this.header.live && this.selected.total <= 2) this.described = this.table.described = await this.get("columns");
    }

    stateChanged(names) {
      if (!this.table) return;
      if (names.some((name) => ["q", "f", "brush", "hide", "only"].includes(name))) this.selectionMoved = true;
      if (names.includes("f") && !sweeper.state.get("f")) this.table.api.setFilterModel(null);
      if (names.includes("pick")) this.table.repick();
      if (names.includes("cols") || names.includes("varying")) {
        this.table.lay();
        this.table.renew();
        this.refillColumns();
      }
      this.showBulk();
      super.stateChanged(names);
    }

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest && event.target.closest(TYPING) && event.target.type !== "checkbox") return;
      const number = this.table.underCursor();
      const acts = {
        j: () => this.table.move(1),
        k: () => this.table.move(-1),
        x: () => number !== null && this.table.pick(number),
        Enter: () => number !== null && !event.target.closest("button, a, summary") && this.table.open(number, event.shiftKey),
        "/": () => document.getElementById("query").focus(),
      };
      if (!Object.hasOwn(acts, event.key)) return;
      if (event.key !== "Enter") event.preventDefault();
      acts[event.key]();
    }

    csv() {
      const columns = encodeURIComponent(this.table.shown().all.join("\n"));
      const sort = encodeURIComponent(this.table.sorting().text);
      const link = sweeper.make("a", { href: sweeper.api(this.name, `csv?columns=${columns}&sort=${sort}&${sweeper.state.shared()}`), download: "" });
      link.click();
    }

    // Tells whether there are trials with which something can be done: picked ones, or a selection.
    isMeant() {
      const filtered = Boolean(sweeper.state.shared("q", "f", "brush", "hide", "only"));
      return this.table.picked.size > 0 || (filtered && this.matched > 0);
    }

    // Shows what can be done with the picked trials, else with all that match.
    showBulk() {
      const place = document.getElementById("bulk");
      const count = this.table.picked.size;
      place.hidden = !this.isMeant();
      if (place.hidden) return;
      const button = (text, act) => {
        const made = sweeper.make("button", { type: "button", class: "button" }, text);
        made.addEventListener("click", act);
        return made;
      };
      const what = count ? `${count.toLocaleString("en-US")} picked` : "all that match";
      const more = count
        ? [
            ...(count > 1 && count <= 8 ? [button("Diff", () => this.diff())] : []),
            button("Only these", () => sweeper.state.set({ only: sweeper.state.get("pick"), pick: "" })),
            button("Hide", () => this.hide()),
            button("Unpick", () => sweeper.state.set({ pick: "" })),
          ]
        : [button("Pick all", () => this.pickAll())];
      const writing = [button("Tag", () => this.tag()), button("Note", () => this.note())];
      for (const one of writing) one.dataset.operator = "";
      place.replaceChildren(sweeper.make("span", { class: "soft" }, `${what}:`), ...writing, ...more);
    }

    // Leads to the page that puts the picked trials side by side.
    diff() {
      sweeper.open(sweeper.diffAddress(this.name, this.table.picked));
    }

    hide() {
      const hidden = sweeper.numbers.read(sweeper.state.get("hide"));
      for (const number of this.table.picked) hidden.add(number);
      sweeper.state.set({ hide: sweeper.numbers.write(hidden), pick: "" });
    }

    async pickAll() {
      const { numbers, matched } = await this.get(`matching?${sweeper.state.shared()}`);
      if (numbers === null || matched > 2000) return sweeper.say("Too many to pick one by one; Tag and Note work on all that match.", true);
      sweeper.state.set({ pick: numbers });
    }

    // Says which trials are meant: those picked, else all that the address selects.
    meant() {
      if (this.table.picked.size) return { trials: sweeper.numbers.write(this.table.picked) };
      return { selection: Object.fromEntries(new URLSearchParams(sweeper.state.shared("q", "f", "brush", "hide", "only"))) };
    }

    async tag() {
      const text = await sweeper.ask("Tags, separated by spaces; a - before a tag takes it away", "");
      if (text === null) return;
      await this.mark("tags", sweeper.tagsOf(text));
    }

    async note() {
      const text = await sweeper.ask("Note; an empty one takes the note away", "");
      if (text !== null) await this.mark("note", { text });
    }

    async mark(path, given) {
      const { ok, answer } = await sweeper.post(sweeper.api(this.name, path), { ...this.meant(), ...given });
      if (!ok) return sweeper.say(`${answer.error}. ${answer.hint}`, true);
      sweeper.say(`Written on ${answer.trials.toLocaleString("en-US")} ${answer.trials === 1 ? "trial" : "trials"}.`);
      await this.ask();
    }
  }

  // Asks for a line of text in a dialog; null where it was dismissed.
  sweeper.ask = function (question, value) {
    return new Promise((resolve) => {
      const dialog = sweeper.make("dialog", { class: "ask" });
      const form = sweeper.make("form", { method: "dialog" });
      const label = sweeper.make("label", {}, question);
      const input = sweeper.make("input", { name: "text", autocomplete: "off" });
      input.value = value;
      const cancel = sweeper.make("button", { type: "button", class: "button" }, "Cancel");
      cancel.addEventListener("click", () => dialog.close());
      const row = sweeper.make("div", { class: "ask-row" });
      row.append(cancel, sweeper.make("button", { class: "button button-main", type: "submit", value: "ok" }, "OK"));
      label.append(input);
      form.append(label, row);
      dialog.append(form);
      dialog.addEventListener("close", () => {
        resolve(dialog.returnValue === "ok" ? input.value : null);
        dialog.remove();
      });
      document.body.append(dialog);
      dialog.showModal();
      input.focus();
    });
  };

  sweeper.pages.trials = (root) => sweeper.begin(new Page(root));
})();
