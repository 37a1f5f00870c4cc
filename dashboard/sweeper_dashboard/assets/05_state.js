// The state of a page in its address: what a shared link opens, and what all pages hold to.
(function () {
  "use strict";
  const sweeper = window.sweeper;

  // Filters and choices that hold on all pages of a sweep and in all that is asked of the server:
  // q the query line, f the filters of the table's columns (JSON), brush ranges by parameter (JSON),
  // hide, only and pick trial numbers (0-4,9).
  const SHARED = ["q", "f", "brush", "hide", "only", "pick"];
  const listeners = new Set();

  const read = () => new URLSearchParams(window.location.search);

  function kept(names) {
    const found = new URLSearchParams();
    for (const name of names) if (read().get(name)) found.set(name, read().get(name));
    return found.toString();
  }

  function tell(names) {
    for (const link of sweeper.all("a[data-keeps]")) link.setAttribute("href", sweeper.state.kept(link.dataset.keeps));
    for (const listener of listeners) listener(names);
  }

  sweeper.state = {
    get: (name) => read().get(name) || "",

    // Changes some values; an empty one leaves the address. Listeners hear which names changed.
    set(changes) {
      const values = read();
      const changed = [];
      for (const [name, value] of Object.entries(changes)) {
        const text = value === null || value === undefined || value === false ? "" : String(value);
        if ((values.get(name) || "") === text) continue;
        changed.push(name);
        if (text) values.set(name, text);
        else values.delete(name);
      }
      if (!changed.length) return;
      const query = values.toString();
      window.history.replaceState(window.history.state, "", window.location.pathname + (query ? `?${query}` : ""));
      tell(changed);
    },

    // Calls listener(names) after every change, until the signal says that the page is gone.
    listen(listener, signal) {
      listeners.add(listener);
      signal.addEventListener("abort", () => listeners.delete(listener));
    },

    // The shared part as a query string, without a question mark.
    shared: (...names) => kept(names.length ? names : SHARED),

    // An address of the same sweep that keeps the shared part.
    kept(address) {
      const query = kept(SHARED);
      return query ? `${address}?${query}` : address;
    },
  };

  // Trial numbers, written short: 0-4,9.
  sweeper.numbers = {
    write(numbers) {
      const sorted = Array.from(new Set(numbers)).sort((a, b) => a - b);
      const runs = [];
      for (const number of sorted) {
        const last = runs[runs.length - 1];
        if (last && last[1] === number - 1) last[1] = number;
        else runs.push([number, number]);
      }
      return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
    },
    read(text) {
      const found = new Set();
      for (const part of (text || "").split(",")) {
        const [, from, to] = part.match(/^(\d{1,9})(?:-(\d{1,9}))?$/) || [];
        if (from === undefined) continue;
        for (let number = Number(from); number <= Number(to || from) && found.size < 200000; number += 1) found.add(number);
      }
      return found;
    },
  };

  // A filter of a page that is left for another sweep is no filter of that one.
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[data-keeps]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    sweeper.open(sweeper.state.kept(link.dataset.keeps));
  });
  window.addEventListener("popstate", () => tell(SHARED));
})();
