// Drawing the parallel coordinates: faint lines behind, ranked lines in front, axes on top.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const BATCH = 200;
  const MOST_PATHS = 1200;
  const TOP = 62;
  const BOTTOM = 34;
  const SIDE = 46;
  const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

  // Viridis; its light end is cut off on a light page, its dark end on a dark one.
  const VIRIDIS = ["#440154", "#482878", "#3e4a89", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"];

  function channel(text, at) {
    return parseInt(text.slice(at, at + 2), 16);
  }

  function mixed(at, alpha) {
    const place = at * (VIRIDIS.length - 1);
    const low = Math.min(Math.floor(place), VIRIDIS.length - 2);
    const mix = (offset) => {
      const from = channel(VIRIDIS[low], offset);
      return Math.round(from + (channel(VIRIDIS[low + 1], offset) - from) * (place - low));
    };
    return `rgba(${mix(1)},${mix(3)},${mix(5)},${alpha})`;
  }

  // Gives a colour of the scale from 0, which stands out most from the page, to 1.
  sweeper.rankColour = function (rank, alpha) {
    const [best, worst] = sweeper.dark() ? [1, 0.3] : [0, 0.82];
    return mixed(best + (worst - best) * rank, alpha);
  };

  // The same scale from small to large values, for figures of Plotly.
  sweeper.colourScale = function () {
    const [low, high] = sweeper.dark() ? [0.22, 1] : [0, 0.9];
    return Array.from({ length: 9 }, (_, index) => [index / 8, mixed(low + ((high - low) * index) / 8, 1)]);
  };

  sweeper.shade = (share) => {
    const [low, high] = sweeper.dark() ? [0.3, 1] : [0, 0.8];
    return mixed(low + (high - low) * share, 1);
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
      // Neighbours stand on two levels where they are close, so that each has the room of two.
      nameTop: (index) => (step >= 150 || index % 2 === 0 ? 25 : 3),
      nameRoom(index, count) {
        const inner = step * (step < 150 ? 1.8 : 0.95);
        const outer = index === 0 || index === count - 1;
        return count === 1 ? width : outer ? Math.min(inner, SIDE + step) : inner;
      },
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

  // Lines come best first and are drawn worst first, so that the best lie on top. Many lines of
  // nearly the same colour share a path: ten thousand strokes would take longer than a frame.
  sweeper.drawRanked = function (pen, frame, lines, shadeOf) {
    const count = lines.length;
    const alpha = Math.min(0.85, Math.max(0.1, 110 / (count + 1)));
    const lead = shadeOf ? 0 : Math.min(10, count);
    const batch = Math.max(1, Math.ceil(count / MOST_PATHS));
    const shades = shadeOf || ((_, index) => (count > 1 ? index / (count - 1) : 0));
    const rest = lines.slice(lead).map((line, index) => [shades(line, index + lead), line]);
    if (shadeOf) rest.sort((a, b) => a[0] - b[0]);
    pen.lineWidth = 1.1;
    for (let last = rest.length; last > 0; last -= batch) {
      const part = rest.slice(Math.max(last - batch, 0), last);
      pen.strokeStyle = sweeper.rankColour(part[0][0], alpha);
      pen.beginPath();
      for (const [, line] of part) trace(pen, frame, line.places);
      pen.stroke();
    }
    for (let index = lead - 1; index >= 0; index -= 1) {
      pen.strokeStyle = index ? sweeper.rankColour(count > 1 ? index / (count - 1) : 0, 0.95) : sweeper.colour("best");
      pen.lineWidth = index ? 1.8 : 3;
      pen.beginPath();
      trace(pen, frame, lines[index].places);
      pen.stroke();
    }
  };

  sweeper.drawPicked = function (pen, frame, lines) {
    for (const line of lines) {
      for (const [width, colour] of [[5, "paper"], [2.4, "accent"]]) {
        pen.strokeStyle = sweeper.colour(colour);
        pen.lineWidth = width;
        pen.beginPath();
        trace(pen, frame, line.places);
        pen.stroke();
      }
    }
  };

  function fitted(pen, text, width) {
    if (pen.measureText(text).width <= width) return text;
    let kept = text;
    while (kept.length > 1 && pen.measureText(`${kept}…`).width > width) kept = kept.slice(0, -1);
    return `${kept}…`;
  }

  function drawName(pen, frame, axis, index, count) {
    const room = frame.nameRoom(index, count);
    const text = fitted(pen, axis.name, room);
    const half = pen.measureText(text).width / 2;
    pen.fillText(text, Math.min(Math.max(frame.x(index), half + 2), frame.width - half - 2), frame.nameTop(index) + 15);
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

  function drawBrush(pen, frame, index, axis, brush) {
    for (const [low, high] of axis.stretches(brush)) {
      const y = frame.y(high);
      const height = Math.max(frame.y(low) - y, 3);
      pen.fillStyle = sweeper.colour("brush");
      pen.fillRect(frame.x(index) - 9, y, 18, height);
      pen.strokeStyle = sweeper.colour("accent");
      pen.lineWidth = 1.5;
      pen.strokeRect(frame.x(index) - 9, y, 18, height);
    }
  }

  // Draws axes with their ticks and brushes; names too where a picture has no buttons for them.
  sweeper.drawAxes = function (pen, frame, axes, brushes, { missing, named }) {
    pen.lineJoin = "round";
    axes.forEach((axis, index) => {
      pen.fillStyle = sweeper.colour("axis");
      pen.fillRect(frame.x(index) - 0.75, frame.top - 4, 1.5, frame.bottom - frame.top + 8);
      const brush = brushes.held.get(axis.id);
      if (brush) drawBrush(pen, frame, index, axis, brush);
      pen.font = `11px ${FONT}`;
      pen.fillStyle = sweeper.colour("ink");
      drawTicks(pen, frame, axis, index, axes.length);
      pen.textAlign = "center";
      if (missing.has(index)) {
        pen.fillStyle = sweeper.colour("soft");
        pen.fillText("none", frame.x(index), frame.height - 2);
      }
      if (!named) return;
      pen.font = `600 12px ${FONT}`;
      pen.fillStyle = sweeper.colour("ink");
      drawName(pen, frame, axis, index, axes.length);
    });
  };
})();
