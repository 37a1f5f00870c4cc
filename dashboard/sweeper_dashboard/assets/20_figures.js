// Figures from the server, coloured for light or dark, put into their graphs.
(function () {
  "use strict";
  const sweeper = window.sweeper;

  const ROLES = ["completed", "pruned", "running", "failed", "best", "rest", "front1", "front2", "front3"];

  function colourTrace(trace) {
    const name = trace.meta && trace.meta.role;
    if (!ROLES.includes(name)) return trace;
    const colour = sweeper.colour(name);
    const marker = { ...trace.marker, color: colour };
    return { ...trace, line: { ...trace.line, color: colour }, marker };
  }

  function colourLayout(layout, log) {
    const made = { ...layout, font: { ...layout.font, color: sweeper.colour("ink") } };
    const paper = sweeper.colour("paper");
    made.hoverlabel = {
      bgcolor: paper,
      bordercolor: sweeper.colour("line"),
      font: { color: sweeper.colour("ink"), size: 12 },
    };
    for (const key of Object.keys(layout)) {
      if (!/^[xy]axis\d*$/.test(key)) continue;
      const grid = sweeper.colour("grid");
      made[key] = { ...layout[key], gridcolor: grid, zerolinecolor: grid };
      made[key].tickfont = { color: sweeper.colour("soft"), size: 11 };
    }
    if (window.innerWidth < 600) lowerLegend(made);
    if (log) made.yaxis = { ...made.yaxis, type: "log" };
    if (log) delete made.yaxis.range;
    return made;
  }

  // On a phone the legend stands below the figure, out of the way of its lines.
  function lowerLegend(made) {
    if (!made.showlegend) return;
    made.legend = { ...made.legend, yref: "container", y: 0, yanchor: "bottom", font: { size: 11 } };
    made.margin = { ...made.margin, b: 108 };
  }

  // Shows a figure; the same key keeps the reader's zoom, another one begins anew.
  sweeper.show = function (id, figure, options) {
    const log = Boolean(options && options.log);
    const data = (figure.data || []).map(colourTrace);
    const layout = colourLayout(figure.layout || {}, log);
    layout.uirevision = `${(options && options.key) || ""}:${log}`;
    if (layout.height) {
      const place = document.getElementById(id);
      if (place) place.style.height = `${layout.height}px`;
      delete layout.height;
    }
    window.dash_clientside.set_props(id, { figure: { data, layout } });
  };

  // Opens the trial of a clicked point.
  sweeper.openOnClick = async function (id, name) {
    const plot = await sweeper.until(() => document.querySelector(`#${id} .js-plotly-plot`));
    if (!plot.on || plot.sweeperOpens) return;
    plot.sweeperOpens = true;
    plot.on("plotly_click", (event) => {
      const point = event.points[0];
      if (Number.isInteger(point.customdata)) sweeper.open(sweeper.trialAddress(name, point.customdata));
    });
  };
})();
