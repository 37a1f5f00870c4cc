// The names of the axes: dragged to another place, opened for a menu, moved with arrow keys.
(function () {
  "use strict";
  const sweeper = window.sweeper;

  function moved(lines, id, by) {
    const order = lines.axes.map((axis) => axis.id);
    const from = order.indexOf(id);
    const to = Math.min(Math.max(from + by, 0), order.length - 1);
    order.splice(to, 0, ...order.splice(from, 1));
    lines.choose({ order });
  }

  function menuOf(lines, axis) {
    const { flip, log, show, colour } = lines.chosen;
    const entries = [[axis.flipped ? "Turn back" : "Turn upside down", () => lines.choose({ flip: { ...flip, [axis.id]: !axis.flipped } })]];
    if (axis.mayLog) entries.push([axis.log ? "Linear scale" : "Log scale", () => lines.choose({ log: { ...log, [axis.id]: !axis.log } })]);
    const coloured = colour === axis.id;
    entries.push([coloured ? "Colour by rank" : "Colour by this", () => lines.choose({ colour: coloured ? "" : axis.id })]);
    entries.push(["Move left", () => moved(lines, axis.id, -1)], ["Move right", () => moved(lines, axis.id, 1)]);
    if (lines.brushes.held.has(axis.id)) entries.push(["Remove the filter", () => lines.brushes.set(axis.id, null)]);
    if (lines.axes.length > 2) entries.push(["Hide", () => lines.choose({ show: { ...show, [axis.id]: false } })]);
    return entries;
  }

  // Opens a menu below a button; it closes by Escape, by a choice or by a click elsewhere.
  sweeper.openMenu = function (button, entries) {
    for (const open of sweeper.all(".menu-open")) open.remove();
    const menu = sweeper.make("div", { class: "menu-open", role: "menu" });
    const away = new AbortController();
    const close = (back) => {
      menu.remove();
      away.abort();
      if (back) button.focus();
    };
    for (const [text, act] of entries) {
      const item = sweeper.make("button", { type: "button", role: "menuitem", class: "menu-item" }, text);
      item.addEventListener("click", () => {
        close(true);
        act();
      });
      menu.append(item);
    }
    document.body.append(menu);
    const box = button.getBoundingClientRect();
    const left = Math.min(box.left, window.innerWidth - menu.offsetWidth - 8);
    menu.style.left = `${Math.max(left, 8) + window.scrollX}px`;
    menu.style.top = `${box.bottom + 4 + window.scrollY}px`;
    menu.firstChild.focus();
    const items = Array.from(menu.children);
    menu.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
      if (step) event.preventDefault();
      if (event.key === "Escape") close(true);
    });
    const outside = (event) => !menu.contains(event.target) && event.target !== button && close(false);
    document.addEventListener("pointerdown", outside, { signal: away.signal });
  };

  function dragName(button, lines, axis) {
    let from = null;
    button.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      from = event.clientX;
      button.setPointerCapture(event.pointerId);
    });
    button.addEventListener("pointermove", (event) => {
      if (from === null || Math.abs(event.clientX - from) < 6) return;
      button.classList.add("dragged");
      button.style.transform = `translateX(calc(-50% + ${event.clientX - from}px))`;
    });
    const drop = (event) => {
      const by = from === null || !lines.frame.step ? 0 : Math.round((event.clientX - from) / lines.frame.step);
      const dragged = button.classList.contains("dragged");
      from = null;
      button.classList.remove("dragged");
      button.style.transform = "";
      button.dataset.wasDragged = String(dragged);
      if (dragged && by) moved(lines, axis.id, by);
    };
    button.addEventListener("pointerup", drop);
    button.addEventListener("pointercancel", drop);
  }

  function nameOf(lines, axis, index) {
    const signs = `${axis.log ? " · log" : ""}${axis.flipped ? " ↓" : ""}`;
    const button = sweeper.make("button", { type: "button", class: "axis-name", "data-axis": axis.id, "aria-haspopup": "menu" }, axis.name);
    button.title = `${axis.name}${signs}: drag to move, click for more`;
    if (axis.flipped) button.append(sweeper.make("span", { class: "axis-sign" }, " ↓"));
    if (lines.chosen.colour === axis.id) button.classList.add("coloured");
    const { frame } = lines;
    button.style.left = `${frame.x(index)}px`;
    button.style.top = `${frame.nameTop(index)}px`;
    button.style.maxWidth = `${frame.nameRoom(index, lines.axes.length)}px`;
    if (index === 0) button.classList.add("first");
    if (index === lines.axes.length - 1 && index) button.classList.add("last");
    dragName(button, lines, axis);
    button.addEventListener("click", () => button.dataset.wasDragged !== "true" && sweeper.openMenu(button, menuOf(lines, axis)));
    button.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      moved(lines, axis.id, by);
      lines.refocus = axis.id;
    });
    return button;
  }

  // Places a button with the name of each axis above it.
  sweeper.axisNames = function (place, lines) {
    place.replaceChildren(...lines.axes.map((axis, index) => nameOf(lines, axis, index)));
    const again = lines.refocus && sweeper.all(".axis-name", place).find((each) => each.dataset.axis === lines.refocus);
    lines.refocus = null;
    if (again) again.focus();
  };
})();
