// Brushes on the axes: dragged with a pointer or typed into a form, shown as chips.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const REACH = 22;

  function nearest(frame, count, x) {
    const index = Math.round(frame.step ? (x - frame.x(0)) / frame.step : 0);
    const inside = index >= 0 && index < count && Math.abs(frame.x(index) - x) <= REACH;
    return inside ? index : null;
  }

  // Lets a pointer drag brushes on a layer; lines is the component that owns them.
  sweeper.draggable = function (layer, lines) {
    let drag = null;
    const at = (event) => {
      const box = layer.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const down = (event) => {
      const [x, y] = at(event);
      const index = nearest(lines.frame, lines.scales.length, x);
      if (index === null || event.button !== 0) return;
      const place = lines.frame.place(y);
      const brush = lines.brushes.get(index);
      const moves = brush && place >= brush[0] && place <= brush[1];
      drag = { index, from: place, brush: moves ? brush : null, y };
      layer.setPointerCapture(event.pointerId);
      event.preventDefault();
    };
    const move = (event) => {
      const [x, y] = at(event);
      if (!drag) {
        layer.style.cursor = nearest(lines.frame, lines.scales.length, x) === null ? "default" : "ns-resize";
        return;
      }
      lines.brush(drag.index, dragged(drag, lines.frame.place(y)));
    };
    const up = (event) => {
      if (!drag) return;
      if (Math.abs(at(event)[1] - drag.y) < 4) lines.brush(drag.index, null);
      drag = null;
    };
    layer.addEventListener("pointerdown", down);
    layer.addEventListener("pointermove", move);
    layer.addEventListener("pointerup", up);
    layer.addEventListener("pointercancel", () => (drag = null));
  };

  function dragged(drag, place) {
    if (!drag.brush) return [Math.min(drag.from, place), Math.max(drag.from, place)];
    const [low, high] = drag.brush;
    const by = Math.min(Math.max(place - drag.from, -low), 1 - high);
    return [low + by, high + by];
  }

  function rangeText(scale, brush) {
    if (scale.within) return scale.within(brush[0], brush[1]).join(", ") || "nothing";
    return `${scale.text(brush[0])} to ${scale.text(brush[1])}`;
  }

  sweeper.showChips = function (place, lines) {
    place.replaceChildren(
      ...Array.from(lines.brushes, ([index, brush]) => {
        const scale = lines.scales[index];
        const chip = sweeper.make("button", { class: "chip", type: "button" });
        chip.append(`${scale.name}: ${rangeText(scale, brush)}`, sweeper.make("span", { class: "chip-cross" }, "×"));
        chip.setAttribute("aria-label", `Remove the filter on ${scale.name}`);
        chip.addEventListener("click", () => lines.brush(index, null));
        return chip;
      }),
    );
  };

  function field(label, name) {
    const made = sweeper.make("label", { class: "brush-field" }, label);
    made.append(sweeper.make("input", { name, type: "text", inputmode: "decimal", autocomplete: "off" }));
    return made;
  }

  function typed(scale, text, otherwise) {
    if (!text.trim()) return otherwise;
    const value = Number(text);
    if (!scale.within) return Number.isFinite(value) ? scale.place(value) : otherwise;
    const option = scale.options.find((each) => String(each) === text.trim());
    return option === undefined ? otherwise : scale.place(option);
  }

  // The same filters without a pointer: choose an axis, type from and to.
  sweeper.brushForm = function (place, lines) {
    const form = sweeper.make("form", { class: "brush-inputs" });
    const choose = sweeper.make("select", { name: "axis" });
    lines.scales.forEach((scale, index) => choose.append(sweeper.make("option", { value: index }, scale.name)));
    const label = sweeper.make("label", { class: "brush-field" }, "Axis");
    label.append(choose);
    form.append(label, field("from", "from"), field("to", "to"), sweeper.make("button", { class: "button", type: "submit" }, "Filter"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const index = Number(choose.value);
      const given = new FormData(form);
      const ends = [typed(lines.scales[index], given.get("from"), 0), typed(lines.scales[index], given.get("to"), 1)];
      const slack = lines.scales[index].within ? 0.01 : 0;
      lines.brush(index, [Math.min(...ends) - slack, Math.max(...ends) + slack]);
    });
    const details = sweeper.make("details", {});
    details.append(sweeper.make("summary", {}, "Filter by typing"), form);
    place.replaceChildren(details);
  };
})();
