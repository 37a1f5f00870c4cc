// Starts a page's script when its page appears, ends it when the page goes.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  let known = "";
  let end = null;

  function look() {
    const found = document.querySelector("[data-page]");
    const { page, sweep, trial } = found ? found.dataset : {};
    const name = JSON.stringify([page, sweep, trial]);
    if (name === known) return;
    if (end) end();
    end = null;
    known = name;
    delete document.body.dataset.ready;
    const start = found && sweeper.pages[found.dataset.page];
    if (start) end = start(found);
    else if (found) document.body.dataset.ready = found.dataset.page;
  }

  function scheme() {
    document.body.dataset.agThemeMode = sweeper.dark() ? "dark" : "light";
  }

  new MutationObserver(look).observe(document.body, {
    childList: true,
    subtree: true,
    attributeFilter: ["data-page", "data-sweep", "data-trial"],
  });
  new MutationObserver(scheme).observe(document.documentElement, {
    attributeFilter: ["data-mantine-color-scheme"],
  });
  scheme();
  look();
})();
