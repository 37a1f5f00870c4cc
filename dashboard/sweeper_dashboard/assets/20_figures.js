// Figures from the server, coloured for light or dark, put into their graphs.
(function () {
  "use strict";
  const sweeper = window.sweeper;

  const ROLES = ["completed", "pruned", "running", "failed", "best", "rest", "front1", "front2", "front3", "front4"];

  const BLANK = 84;

  // A trace says what it shows; its colour follows from that and from light or dark.
  function colourOf({ role, at }) {
    if (role === "shade") return sweeper.shade(at);
    return ROLES.includes(role) || /^kind\d$/.test(role) ? sweeper.colour(role) : null;
  }

  function colourTrace(trace) {
    const meta = trace.meta || {};
    if (meta.role === "scale") return scaled(trace);
    const colour = colourOf(meta);
    if (!colour) return trace;
    if (meta.fill) return { ...trace, fillcolor: seeThrough(colour, meta.fill), line: { ...trace.line, color: colour } };
    const marker = { ...trace.marker, color: colour };
    if (trace.type === "bar") return { ...trace, marker };
    return { ...trace, line: { ...trace.line, color: colour }, marker };
  }

  function scaled(trace) {
    const made = { colorscale: sweeper.colourScale() };
    // The best stands out most: dark on a light page, bright on a dark one.
    const { best } = trace.meta;
    if (best) made.reversescale = (best === "low") === sweeper.dark();
    if (trace.type === "heatmap") return { ...trace, ...made };
    return { ...trace, marker: { ...trace.marker, ...made } };
  }

  function seeThrough(colour, share) {
    const [red, green, blue] = colour.startsWith("#")
      ? [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16))
      : colour.match(/\d+/g);
    return `rgba(${red},${green},${blue},${share})`;
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
    made.modebar = { bgcolor: "rgba(0,0,0,0)", color: sweeper.colour("soft"), activecolor: sweeper.colour("accent") };
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
  let revision = 0;

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

  // Gives a figure its colours, its zoom and, on a phone, another place for its legend.
  function dressed(figure, log) {
    return { data: (figure.data || []).map(colourTrace), layout: colourLayout(figure.layout || {}, log) };
  }

  sweeper.dressed = (figure) => dressed(figure, false);

  // A figure of nothing has only the height of its words.
  function size(id, data, layout) {
    const place = document.querySelector(`[data-graph="${id}"]`);
    const height = data.length ? layout.height : Math.min(layout.height || BLANK, BLANK);
    if (place) place.style.height = height ? `${height}px` : "";
    delete layout.height;
  }

  // Shows a figure; the same key keeps the reader's zoom, another one begins anew.
  sweeper.show = function (id, figure, options) {
    const log = Boolean(options && options.log);
    const { data, layout } = dressed(figure, log);
    layout.uirevision = `${window.location.pathname}:${(options && options.key) || ""}:${log}`;
    // Plotly takes arrays that come as bytes for unchanged otherwise.
    layout.datarevision = revision += 1;
    // What was selected is a brush by now, and no box within the figure.
    layout.selectionrevision = revision;
    keepZoom(id, layout.uirevision, layout);
    watchZoom(id);
    size(id, data, layout);
    window.dash_clientside.set_props(id, { figure: { data, layout } });
  };

  sweeper.trialOf = function (point) {
    const given = Array.isArray(point.customdata) ? point.customdata[0] : point.customdata;
    return Number.isInteger(given) && given >= 0 ? given : null;
  };

  // Opens the trial of a clicked point.
  sweeper.openOnClick = async function (id, name) {
    const plot = await sweeper.until(() => document.querySelector(`#${id} .js-plotly-plot`));
    if (!plot.on || plot.sweeperOpens) return;
    plot.sweeperOpens = true;
    plot.on("plotly_click", (event) => {
      const trial = sweeper.trialOf(event.points[0]);
      const picks = event.event && event.event.shiftKey && plot.sweeperPicks;
      if (trial !== null && picks) return picks(trial);
      if (trial !== null) sweeper.open(sweeper.trialAddress(name, trial));
    });
  };
})();
