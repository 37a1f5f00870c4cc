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

  function grabbed(axis, brush, place) {
    if (!brush || axis.category) return null;
    return axis.stretches(brush).find(([low, high]) => place >= low && place <= high) || null;
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
      if (!lines.frame) return;
      const index = nearest(lines.frame, lines.axes.length, x);
      if (index === null || event.button !== 0) return;
      const axis = lines.axes[index];
      const place = lines.frame.place(y);
      drag = { axis, from: place, held: grabbed(axis, lines.brushes.held.get(axis.id), place), y };
      lines.dragging = true;
      layer.setPointerCapture(event.pointerId);
      event.preventDefault();
    };
    const move = (event) => {
      const [x, y] = at(event);
      if (!lines.frame) return;
      if (!drag) {
        layer.style.cursor = nearest(lines.frame, lines.axes.length, x) === null ? "default" : "ns-resize";
        return;
      }
      if (Math.abs(y - drag.y) < 4 && !drag.moved) return;
      drag.moved = true;
      lines.brushes.set(drag.axis.id, drag.axis.brush(...dragged(drag, lines.frame.place(y))));
    };
    const up = () => {
      if (!drag) return;
      const { axis, moved } = drag;
      drag = null;
      lines.dragging = false;
      if (moved) lines.brushes.tell();
      else lines.brushes.set(axis.id, null);
    };
    layer.addEventListener("pointerdown", down);
    layer.addEventListener("pointermove", move);
    layer.addEventListener("pointerup", up);
    layer.addEventListener("pointercancel", () => {
      drag = null;
      lines.dragging = false;
    });
  };

  function dragged(drag, place) {
    if (!drag.held) return [Math.min(drag.from, place), Math.max(drag.from, place)];
    const [low, high] = drag.held;
    const by = Math.min(Math.max(place - drag.from, -low), 1 - high);
    return [low + by, high + by];
  }

  sweeper.showChips = function (place, brushes, columns) {
    const names = new Map(columns.map((column) => [column.id, column.name]));
    place.replaceChildren(
      ...Array.from(brushes.held, ([id, brush]) => {
        const name = names.get(id) || id;
        const chip = sweeper.make("button", { class: "chip", type: "button" });
        chip.append(`${name}: ${sweeper.brushText(brush)}`, sweeper.make("span", { class: "chip-cross" }, "×"));
        chip.setAttribute("aria-label", `Remove the filter on ${name}`);
        chip.addEventListener("click", () => brushes.set(id, null));
        return chip;
      }),
    );
  };

  function field(label, name) {
    const made = sweeper.make("label", { class: "brush-field" }, label);
    made.append(sweeper.make("input", { name, type: "text", autocomplete: "off" }));
    return made;
  }

  function typed(column, from, to) {
    if (column.kind === "category") {
      const ends = [from, to].map((text) => column.options.findIndex((each) => String(each) === text.trim()));
      const known = ends.filter((place) => place >= 0);
      const first = known.length ? Math.min(...known) : 0;
      const last = known.length ? Math.max(...known) : column.options.length - 1;
      return { in: column.options.slice(first, last + 1) };
    }
    const ends = [from, to].map((text) => (text.trim() && Number.isFinite(Number(text)) ? Number(text) : null));
    if (ends[0] !== null && ends[1] !== null) ends.sort((a, b) => a - b);
    const made = {};
    if (ends[0] !== null) made.from = ends[0];
    if (ends[1] !== null) made.to = ends[1];
    return Object.keys(made).length ? made : null;
  }

  // The same filters without a pointer: choose an axis, type from and to.
  sweeper.brushForm = function (place, lines) {
    const form = sweeper.make("form", { class: "brush-inputs" });
    const choose = sweeper.make("select", { name: "axis" });
    for (const axis of lines.axes) choose.append(sweeper.make("option", { value: axis.id }, axis.name));
    const label = sweeper.make("label", { class: "brush-field" }, "Axis");
    label.append(choose);
    form.append(label, field("from", "from"), field("to", "to"), sweeper.make("button", { class: "button", type: "submit" }, "Filter"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const axis = lines.axes.find((each) => each.id === choose.value);
      const given = new FormData(form);
      if (axis) lines.brushes.set(axis.id, typed(axis.column, given.get("from"), given.get("to")));
    });
    const details = sweeper.make("details", {});
    details.append(sweeper.make("summary", {}, "Filter by typing"), form);
    place.replaceChildren(details);
  };
})();
