// Drawing the parallel coordinates: faint lines behind, ranked lines in front, axes on top.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const BATCH = 200;
  const TOP = 62;
  const BOTTOM = 34;
  const SIDE = 46;
  const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

  // Viridis; its light end is cut off on a light page, its dark end on a dark one.
  const VIRIDIS = ["#440154", "#482878", "#3e4a89", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"];

  function channel(text, at) {
    return parseInt(text.slice(at, at + 2), 16);
  }

  // Gives the colour of a rank: 0 is the best, which stands out most from the page.
  sweeper.rankColour = function (rank, alpha) {
    const best = sweeper.dark() ? 1 : 0;
    const worst = sweeper.dark() ? 0.3 : 0.82;
    const at = (best + (worst - best) * rank) * (VIRIDIS.length - 1);
    const low = Math.min(Math.floor(at), VIRIDIS.length - 2);
    const mix = (offset) => {
      const from = channel(VIRIDIS[low], offset);
      return Math.round(from + (channel(VIRIDIS[low + 1], offset) - from) * (at - low));
    };
    return `rgba(${mix(1)},${mix(3)},${mix(5)},${alpha})`;
  };

  sweeper.frame = function (width, height, count) {
    const step = count > 1 ? (width - 2 * SIDE) / (count - 1) : 0;
    return {
      width,
      height,
      step,
      x: (index) => SIDE + index * step,
      y: (place) => (place === null ? height - 13 : TOP + (1 - place) * (height - TOP - BOTTOM)),
      place: (y) => Math.min(Math.max(1 - (y - TOP) / (height - TOP - BOTTOM), 0), 1),
      top: TOP,
      bottom: height - BOTTOM,
    };
  };

  sweeper.pen = function (canvas, frame) {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const width = Math.round(frame.width * ratio);
    const height = Math.round(frame.height * ratio);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, frame.width, frame.height);
    pen.lineJoin = "round";
    return pen;
  };

  function trace(pen, frame, places) {
    for (let index = 0; index < places.length; index += 1) {
      const x = frame.x(index);
      const y = frame.y(places[index]);
      if (index === 0) pen.moveTo(x, y);
      else pen.lineTo(x, y);
    }
  }

  // One path for many lines: overlaps within a batch do not add up, so that batches stay small.
  sweeper.drawFaint = function (pen, frame, lines) {
    pen.strokeStyle = sweeper.colour("faint-line");
    pen.globalAlpha = Math.min(0.5, Math.max(0.05, 60 / (lines.length + 1)));
    pen.lineWidth = 1;
    for (let first = 0; first < lines.length; first += BATCH) {
      pen.beginPath();
      for (const line of lines.slice(first, first + BATCH)) trace(pen, frame, line.places);
      pen.stroke();
    }
    pen.globalAlpha = 1;
  };

  // Lines come best first and are drawn worst first, so that the best lie on top.
  sweeper.drawRanked = function (pen, frame, lines) {
    const count = lines.length;
    const alpha = Math.min(0.85, Math.max(0.1, 110 / (count + 1)));
    for (let index = count - 1; index >= 0; index -= 1) {
      const leading = index < 10;
      pen.strokeStyle = sweeper.rankColour(count > 1 ? index / (count - 1) : 0, leading ? 0.95 : alpha);
      pen.lineWidth = index === 0 ? 3 : leading ? 1.8 : 1.1;
      if (index === 0) pen.strokeStyle = sweeper.colour("best");
      pen.beginPath();
      trace(pen, frame, lines[index].places);
      pen.stroke();
    }
  };

  function fitted(pen, text, width) {
    if (pen.measureText(text).width <= width) return text;
    let kept = text;
    while (kept.length > 1 && pen.measureText(`${kept}…`).width > width) kept = kept.slice(0, -1);
    return `${kept}…`;
  }

  function drawName(pen, frame, scale, index, count) {
    // Neighbours stand on two levels, so that each name has the room of two axes.
    const inner = frame.step * (frame.step < 150 ? 1.8 : 0.95);
    const outer = index === 0 || index === count - 1;
    const room = count === 1 ? frame.width : outer ? Math.min(inner, SIDE + frame.step) : inner;
    const x = frame.x(index);
    const text = fitted(pen, scale.name, room);
    const half = pen.measureText(text).width / 2;
    const lower = frame.step >= 150 || index % 2 === 0;
    pen.fillText(text, Math.min(Math.max(x, half + 2), frame.width - half - 2), lower ? 40 : 20);
  }

  function drawTicks(pen, frame, scale, index, count) {
    const x = frame.x(index);
    const last = index === count - 1 && count > 1;
    const room = index === 0 || last ? SIDE - 10 : frame.step - 14;
    pen.textAlign = last ? "left" : index === 0 ? "right" : "left";
    const side = index === 0 ? -6 : 6;
    for (const tick of scale.ticks()) {
      const y = frame.y(tick.place);
      const text = fitted(pen, tick.text, Math.max(room, 24));
      pen.lineWidth = 3.5;
      pen.strokeStyle = sweeper.colour("paper");
      pen.strokeText(text, x + side, y + 3.5);
      pen.fillText(text, x + side, y + 3.5);
      pen.fillRect(x - 3, y - 0.5, 6, 1);
    }
  }

  function drawBrush(pen, frame, index, brush) {
    const y = frame.y(brush[1]);
    const height = Math.max(frame.y(brush[0]) - y, 3);
    pen.fillStyle = sweeper.colour("brush");
    pen.fillRect(frame.x(index) - 9, y, 18, height);
    pen.strokeStyle = sweeper.colour("accent");
    pen.lineWidth = 1.5;
    pen.strokeRect(frame.x(index) - 9, y, 18, height);
  }

  sweeper.drawAxes = function (pen, frame, scales, brushes, missing) {
    pen.lineJoin = "round";
    scales.forEach((scale, index) => {
      pen.fillStyle = sweeper.colour("axis");
      pen.fillRect(frame.x(index) - 0.75, frame.top - 4, 1.5, frame.bottom - frame.top + 8);
      if (brushes.has(index)) drawBrush(pen, frame, index, brushes.get(index));
      pen.font = `11px ${FONT}`;
      pen.fillStyle = sweeper.colour("ink");
      drawTicks(pen, frame, scale, index, scales.length);
      pen.textAlign = "center";
      if (missing.has(index)) {
        pen.fillStyle = sweeper.colour("soft");
        pen.fillText("none", frame.x(index), frame.height - 2);
      }
      pen.font = `600 12px ${FONT}`;
      pen.fillStyle = sweeper.colour("ink");
      drawName(pen, frame, scale, index, scales.length);
    });
  };
})();
