// The page of trials side by side: its curves; and the ways that lead there.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const MOST = 8;

  // Writes the address that puts trials of one sweep side by side.
  sweeper.diffAddress = function (name, numbers) {
    const part = (number) => `${encodeURIComponent(name)}:${number}`;
    const of = Array.from(numbers).slice(0, MOST).map(part).join(",");
    return `/diff?of=${encodeURIComponent(of)}`;
  };

  const columns = () => (window.innerWidth < 700 ? 1 : window.innerWidth < 2000 ? 2 : 3);

  class Page {
    constructor(root) {
      this.of = root.dataset.of;
      this.ended = new AbortController();
      this.keep = new MutationObserver(() => this.show());
      this.keep.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
    }

    async start() {
      document.title = "diff · sweeper";
      if (document.getElementById("beside")) {
        const asked = new URLSearchParams({ of: this.of, columns: columns() });
        this.figure = await sweeper.get(`/api/diff/chart?${asked}`, this.ended.signal);
        this.show();
      }
      document.body.dataset.ready = "diff";
    }

    show() {
      if (!this.figure || this.ended.signal.aborted) return;
      sweeper.show("beside", this.figure, { key: this.of });
      const table = () => `/api/diff/chart?${new URLSearchParams({ of: this.of, format: "csv" })}`;
      sweeper.offerSaving({ id: "beside", sweep: "diff", kind: "curves", figure: () => this.figure, table });
    }

    end() {
      this.ended.abort();
      this.keep.disconnect();
    }
  }

  sweeper.pages.diff = function (root) {
    const page = new Page(root);
    page.start().catch(sweeper.quiet);
    return () => page.end();
  };
})();
