// The choice of the table's columns: a menu, and its state in the address.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const PINNED = ["number", "status", "value"];
  const GROUPS = [["trial", "Trial"], ["parameter", "Parameters"], ["metric", "Metrics"]];

  const write = (keys) => keys.map(encodeURIComponent).join("~");
  const read = (text, known) => text.split("~").map(decodeURIComponent).filter((key) => known.has(key));

  // Gives the keys of the pinned columns and those of the others that are shown.
  sweeper.columnState = function (described, known) {
    const kept = sweeper.state.get("cols");
    const varying = sweeper.state.get("varying") === "1";
    const [pinned, rest] = kept
      ? kept.split("!").map((part) => read(part, known))
      : [PINNED, described.shown.filter((key) => !PINNED.includes(key) && known.has(key))];
    const seen = (key) => !varying || known.get(key).varies || key === "number" || key === "value";
    return [pinned.filter(seen), (rest || []).filter(seen)];
  };

  sweeper.keepColumns = function (described, pinned, rest) {
    const usual = described.shown.filter((key) => !PINNED.includes(key));
    const same = write(pinned) === write(PINNED) && write(rest) === write(usual);
    sweeper.state.set({ cols: same ? "" : `${write(pinned)}!${write(rest)}` });
  };

  function change(table, key, wanted) {
    const [pinned, rest] = sweeper.columnState(table.described, table.columns);
    const without = (keys) => keys.filter((each) => each !== key);
    const base = [without(pinned), without(rest)];
    if (wanted === "pin") base[0].push(key);
    if (wanted === "show") base[1].push(key);
    sweeper.keepColumns(table.described, ...base);
  }

  function line(table, column, pinned, shown) {
    const row = sweeper.make("li", { class: "column-row", "data-name": column.name.toLowerCase() });
    const label = sweeper.make("label", {});
    const box = sweeper.make("input", { type: "checkbox" });
    box.checked = shown || pinned;
    box.addEventListener("change", () => change(table, column.key, box.checked ? "show" : ""));
    label.append(box, sweeper.make("span", {}, column.name));
    const pin = sweeper.make("button", { type: "button", class: "column-pin", "aria-pressed": String(pinned), "aria-label": `Pin ${column.name}` }, "pin");
    pin.addEventListener("click", () => change(table, column.key, pinned ? "show" : "pin"));
    row.append(label, pin);
    return row;
  }

  function groups(table) {
    const [pinned, rest] = sweeper.columnState(table.described, table.columns);
    return GROUPS.flatMap(([group, title]) => {
      const of = table.described.columns.filter((column) => column.group === group);
      if (!of.length) return [];
      const list = sweeper.make("ul", { class: "column-list" });
      list.append(...of.map((column) => line(table, column, pinned.includes(column.key), rest.includes(column.key))));
      const head = sweeper.make("div", { class: "column-head" });
      head.append(sweeper.make("strong", {}, title));
      if (group !== "trial") head.append(...["all", "none"].map((which) => whole(table, of, which)));
      return [head, list];
    });
  }

  function whole(table, columns, which) {
    const button = sweeper.make("button", { type: "button", class: "column-pin" }, which);
    button.addEventListener("click", () => {
      const keys = columns.map((column) => column.key);
      const [pinned, rest] = sweeper.columnState(table.described, table.columns);
      const others = rest.filter((key) => !keys.includes(key));
      const added = which === "all" ? keys.filter((key) => !pinned.includes(key)) : [];
      sweeper.keepColumns(table.described, pinned, [...others, ...added]);
    });
    return button;
  }

  function fill(table, body) {
    const search = sweeper.make("input", { type: "search", placeholder: "Find a column", "aria-label": "Find a column", class: "column-search" });
    search.addEventListener("input", () => {
      const text = search.value.toLowerCase();
      for (const row of sweeper.all(".column-row", body)) row.hidden = !row.dataset.name.includes(text);
    });
    const varying = sweeper.make("label", { class: "column-varying" });
    const box = sweeper.make("input", { type: "checkbox" });
    box.checked = sweeper.state.get("varying") === "1";
    box.addEventListener("change", () => sweeper.state.set({ varying: box.checked ? "1" : "" }));
    varying.append(box, "Hide what does not vary");
    const usual = sweeper.make("button", { type: "button", class: "button" }, "As at first");
    usual.addEventListener("click", () => sweeper.state.set({ cols: "", varying: "" }));
    const scroll = sweeper.make("div", { class: "column-scroll" });
    scroll.append(...groups(table));
    body.replaceChildren(search, varying, scroll, usual);
  }

  sweeper.columnsMenu = function (table, signal) {
    const details = sweeper.make("details", { class: "dropdown" });
    const body = sweeper.make("div", { class: "dropdown-body columns-body" });
    details.append(sweeper.make("summary", { class: "button" }, "Columns"), body);
    details.addEventListener("toggle", () => details.open && fill(table, body));
    sweeper.closing(details, signal);
    document.getElementById("columns-menu").replaceChildren(details);
    // Keeps the place in the list while boxes are ticked.
    return function () {
      if (!details.open) return;
      const top = body.querySelector(".column-scroll").scrollTop;
      const text = body.querySelector(".column-search").value;
      fill(table, body);
      body.querySelector(".column-search").value = text;
      body.querySelector(".column-search").dispatchEvent(new Event("input"));
      body.querySelector(".column-scroll").scrollTop = top;
    };
  };
})();
