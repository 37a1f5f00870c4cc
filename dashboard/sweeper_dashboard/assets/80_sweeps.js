// The list of sweeps: searches it and asks for a new one when a sweep moves.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const EVERY = 2000;

  function search() {
    const box = document.getElementById("sweeps-search");
    const words = (box ? box.value : "").toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of sweeper.all(".sweep-row")) {
      row.hidden = !words.every((word) => row.dataset.search.includes(word));
      if (!row.hidden) shown += 1;
    }
    const none = document.querySelector(".no-match");
    if (none) none.hidden = shown > 0;
  }

  sweeper.pages.sweeps = function (root) {
    const ended = new AbortController();
    let digest = "";
    let polls = 0;
    document.title = "sweeper";
    const ask = async () => {
      const answer = await sweeper.get(`/api/sweeps?since=${digest}`, ended.signal);
      if (ended.signal.aborted) return;
      polls += 1;
      // The ages grow old even where nothing else changes.
      const stale = polls % 15 === 0;
      if (answer === null && !stale) return;
      const first = digest === "";
      if (answer !== null) digest = answer.digest;
      if (!first) window.dash_clientside.set_props("sweeps-digest", { data: `${digest}:${polls}` });
    };
    root.addEventListener("input", search, { signal: ended.signal });
    const watch = new MutationObserver(search);
    watch.observe(document.getElementById("sweep-rows"), { childList: true, subtree: true });
    const stop = sweeper.poll(ask, EVERY);
    document.body.dataset.ready = "sweeps";
    return () => {
      ended.abort();
      watch.disconnect();
      stop();
    };
  };
})();
