// The line under the pointer: lifted out of the others, named, and opened by a click.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const REACH = 6;
  const NEAR_AXIS = 22;

  function nearest(lines, x, y) {
    const frame = lines.frame;
    const segment = Math.floor((x - frame.x(0)) / frame.step);
    if (!frame.step || segment < 0 || segment >= lines.axes.length - 1) return null;
    const share = (x - frame.x(segment)) / frame.step;
    let found = null;
    let reach = REACH;
    for (const line of lines.front) {
      const from = frame.y(line.places[segment]);
      const far = Math.abs(from + (frame.y(line.places[segment + 1]) - from) * share - y);
      if (far < reach) [found, reach] = [line, far];
    }
    return found;
  }

  function besideAxis(lines, x) {
    const index = Math.round((x - lines.frame.x(0)) / (lines.frame.step || 1));
    return Math.abs(lines.frame.x(index) - x) <= NEAR_AXIS;
  }

  function lift(lines, canvas, line) {
    const pen = sweeper.pen(canvas, lines.frame);
    if (!line) return;
    for (const [width, colour] of [[7, "paper"], [3, "accent"]]) {
      pen.lineWidth = width;
      pen.strokeStyle = sweeper.colour(colour);
      pen.beginPath();
      line.places.forEach((place, index) => pen.lineTo(lines.frame.x(index), lines.frame.y(place)));
      pen.stroke();
    }
  }

  // Follows the pointer over a layer; the canvas below it shows the lifted line.
  sweeper.hoverable = function (layer, canvas, lines) {
    const name = sweeper.make("div", { class: "line-name", hidden: "" });
    layer.parentElement.append(name);
    let line = null;
    let down = null;

    function show(found, x, y) {
      if (found !== line) lift(lines, canvas, found);
      line = found;
      name.hidden = !found;
      if (!found) return;
      name.textContent = `trial ${found.row.number} · ${sweeper.number(found.row.value)}`;
      name.style.left = `${Math.min(x + 14, lines.frame.width - name.offsetWidth - 4)}px`;
      name.style.top = `${Math.max(y - 34, 2)}px`;
    }

    function move(event) {
      const box = layer.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      const still = event.buttons === 0 && lines.frame && !besideAxis(lines, x);
      show(still ? nearest(lines, x, y) : null, x, y);
      if (still) layer.style.cursor = line ? "pointer" : "default";
    }

    layer.addEventListener("pointermove", move);
    layer.addEventListener("pointerleave", () => lines.frame && show(null));
    layer.addEventListener("pointerdown", () => (down = line));
    layer.addEventListener("click", (event) => {
      if (line && line === down && event.shiftKey) return lines.picks(line.row.number);
      if (line && line === down) sweeper.open(sweeper.trialAddress(lines.model.name, line.row.number));
    });
    return { forget: () => show(null), lift: (found) => lines.frame && lift(lines, canvas, found) };
  };
})();
