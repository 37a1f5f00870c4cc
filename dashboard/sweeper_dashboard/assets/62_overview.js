// The overview of a sweep: its history, and forms for what may be changed while it runs.
(function () {
  "use strict";
  const sweeper = window.sweeper;

  class Page extends sweeper.SweepPage {
    async start() {
      this.renew = sweeper.seldom(() => this.load().catch(sweeper.quiet), () => 2500);
      await this.follow();
      await this.load();
      sweeper.showControl(this);
      this.root.dataset.filled = String(this.selected.total > 0);
      this.ready();
    }

    async moved(first) {
      if (first) return;
      this.root.dataset.filled = String(this.selected.total > 0);
      window.dash_clientside.set_props("sweep-cursor", { data: this.cursor });
      sweeper.showControl(this);
      this.renew();
    }

    async load() {
      await this.loadFigure("history", "chart/history");
      const shown = this.figures.get("history");
      const note = this.root.querySelector(".panel-history .graph-note");
      if (!shown || !note) return;
      const said = (shown.figure.layout.meta || {}).note;
      note.textContent = said || "";
      note.hidden = !said;
    }

    end() {
      this.renew.cancel();
      super.end();
    }
  }

  sweeper.pages.overview = (root) => sweeper.begin(new Page(root));
})();
