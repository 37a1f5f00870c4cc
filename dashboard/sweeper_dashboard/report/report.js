// Draws a report from the data that stands in it.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const root = document.documentElement;

  // A file on a disk has no other pages, and an address that holds nothing.
  sweeper.open = () => {};
  sweeper.state.set = () => {};

  const CONFIG = { displaylogo: false, showSendToCloud: false, responsive: true };

  function drawFigures() {
    for (const place of document.querySelectorAll("[data-figure]")) {
      const { data: traces, layout } = sweeper.dressed(data.figures[place.dataset.figure]);
      if (layout.height) place.style.height = `${layout.height}px`;
      window.Plotly.react(place, traces, layout, CONFIG);
    }
  }

  const model = new sweeper.Model(data.name);
  model.take(data.answer);
  const brushes = new sweeper.Brushes();
  const lines = new sweeper.Lines(model, brushes);

  function brushed() {
    sweeper.showChips(document.getElementById("brushes"), brushes, lines.columns);
    const [found, all] = [lines.matching().length, lines.lines.length].map((count) => count.toLocaleString("en-US"));
    document.getElementById("matching").textContent = brushes.size ? `${found} of ${all} match` : `${all} trials`;
    document.getElementById("report-clear").hidden = !brushes.size;
  }

  function paint(scheme) {
    root.dataset.mantineColorScheme = scheme;
    lines.draw(true);
    drawFigures();
  }

  brushes.listen(brushed);
  lines.renew();
  brushed();
  document.getElementById("report-clear").addEventListener("click", () => brushes.clear());
  document.getElementById("report-scheme").addEventListener("click", () => paint(sweeper.dark() ? "light" : "dark"));
  paint(window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  document.body.dataset.ready = "report";
})();
