// Figures from the server, coloured for light or dark, put into their graphs.
(function () {
  "use strict";
  const sweeper = window.sweeper;

  const ROLES = ["completed", "pruned", "running", "failed", "best", "rest", "front1", "front2", "front3", "front4"];

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

  // The graph component redraws after a zoom in a way that makes Plotly forget that it was the
  // reader's, so that uirevision alone would lose it at the next update.
  const zooms = new Map();

  function noteZoom(id, plot, changed) {
    const zoom = zooms.get(id);
    for (const name of Object.keys(changed)) {
      const axis = name.split(".")[0];
      if (!/^[xy]axis\d*$/.test(axis)) continue;
      if (changed[`${axis}.autorange`]) delete zoom.ranges[axis];
      else zoom.ranges[axis] = Array.from(plot.layout[axis].range);
    }
  }

  async function watchZoom(id) {
    const plot = await sweeper.until(() => document.querySelector(`#${id} .js-plotly-plot`));
    if (!plot.on || plot.sweeperWatches) return;
    plot.sweeperWatches = true;
    plot.on("plotly_relayout", (changed) => noteZoom(id, plot, changed));
  }

  function keepZoom(id, key, layout) {
    if (!zooms.has(id) || zooms.get(id).key !== key) zooms.set(id, { key, ranges: {} });
    for (const [axis, range] of Object.entries(zooms.get(id).ranges)) {
      if (layout[axis]) layout[axis] = { ...layout[axis], range: Array.from(range), autorange: false };
    }
  }

  // Shows a figure; the same key keeps the reader's zoom, another one begins anew.
  sweeper.show = function (id, figure, options) {
    const log = Boolean(options && options.log);
    const data = (figure.data || []).map(colourTrace);
    const layout = colourLayout(figure.layout || {}, log);
    layout.uirevision = `${window.location.pathname}:${(options && options.key) || ""}:${log}`;
    keepZoom(id, layout.uirevision, layout);
    watchZoom(id);
    if (layout.height) {
      const place = document.querySelector(`[data-graph="${id}"]`);
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
