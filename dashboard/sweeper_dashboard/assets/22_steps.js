// Reading curves in step: where one is pointed at, the others say what they were at that place.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const REACH = 0.02;

  // Only what has a colour and a name of its own is read, not the many faint lines.
  const isRead = (trace) => /^(best|front\d)$/.test((trace.meta || {}).role || "") && !(trace.meta || {}).fill;

  // Gives the point of a curve at a place; null where it does not come there.
  function pointAt(points, x, reach) {
    let found = null;
    let far = reach;
    points.forEach((point, index) => {
      const away = Math.abs(point.x - x);
      if (away <= far) [found, far] = [index, away];
    });
    return found;
  }

  function show(plot, { curveNumber, pointNumber, x, xaxis }) {
    const { role } = plot.data[curveNumber].meta || {};
    if (typeof x !== "number" || (role !== "rest" && !isRead(plot.data[curveNumber]))) return;
    const ends = xaxis.range.map((end) => xaxis.r2c(end));
    const reach = Math.abs(ends[1] - ends[0]) * REACH;
    const beside = plot.data.flatMap((trace, curve) => {
      if (curve === curveNumber || !isRead(trace) || trace.visible === "legendonly") return [];
      const point = pointAt(plot.calcdata[curve], x, reach);
      return point === null ? [] : [{ curveNumber: curve, pointNumber: point }];
    });
    if (!beside.length) return;
    window.Plotly.Fx.hover(plot, [{ curveNumber, pointNumber }, ...beside], Object.keys(plot._fullLayout._plots), true);
  }

  sweeper.readInStep = async function (id) {
    const plot = await sweeper.until(() => document.querySelector(`#${id} .js-plotly-plot`));
    if (!plot.on || plot.sweeperSteps) return;
    plot.sweeperSteps = true;
    plot.on("plotly_hover", (event) => event.points.length === 1 && show(plot, event.points[0]));
  };
})();
