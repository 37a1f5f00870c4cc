// The table of trials: its columns, its order with empty cells last, its filters.
(function () {
  "use strict";
  const sweeper = window.sweeper;

  // AG Grid turns the answer around when descending; empty cells stay last all the same.
  sweeper.emptyLast = function (a, b, nodeA, nodeB, descending) {
    const emptyA = a === null || a === undefined;
    const emptyB = b === null || b === undefined;
    if (emptyA || emptyB) return emptyA && emptyB ? 0 : (emptyA ? 1 : -1) * (descending ? -1 : 1);
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), "en", { numeric: true });
  };

  function numeric(id, name, value, more) {
    return {
      colId: id,
      headerName: name,
      headerTooltip: name,
      valueGetter: (params) => value(params.data),
      valueFormatter: (params) => sweeper.number(params.value),
      tooltipValueGetter: (params) => (params.value === null || params.value === undefined ? "" : String(params.value)),
      comparator: sweeper.emptyLast,
      filter: "agNumberColumnFilter",
      type: "rightAligned",
      initialWidth: Math.min(Math.max(96, 46 + name.length * 8), 190),
      ...more,
    };
  }

  function textual(id, name, value, more) {
    const plain = { type: undefined, filter: "agTextColumnFilter", valueFormatter: undefined };
    return numeric(id, name, value, { ...plain, ...more });
  }

  function ofParam(axis, index) {
    const value = (row) => row.params[index];
    const words = axis.kind === "category" && axis.options.some((option) => typeof option === "string");
    const made = (words ? textual : numeric)(`p:${axis.name}`, axis.name, value);
    if (words) made.valueFormatter = (params) => params.value ?? "—";
    return made;
  }

  sweeper.statusCell = (params) => {
    if (params.value === null || params.value === undefined) return null;
    return window.React.createElement("span", { className: `badge badge-${params.value}` }, params.value);
  };

  function columns(model) {
    const pinned = window.innerWidth > 700 ? "left" : undefined;
    const metrics = model.metrics
      .map((name, index) => numeric(`m:${name}`, name, (row) => row.metrics[index]))
      .filter((column) => column.headerName !== model.metric);
    return [
      numeric("number", "#", (row) => row.number, {
        initialWidth: pinned ? 84 : 66,
        initialPinned: pinned,
        cellClass: ["number-cell", "ag-right-aligned-cell"],
        valueFormatter: (params) => String(params.value),
      }),
      textual("status", "status", (row) => row.status, {
        initialWidth: pinned ? 128 : 134,
        initialPinned: pinned,
        cellRenderer: sweeper.statusCell,
        tooltipValueGetter: (params) => params.data.error || params.value,
      }),
      numeric("value", model.metric, (row) => row.value, {
        initialPinned: pinned,
        initialWidth: Math.min(Math.max(pinned ? 136 : 110, 78 + model.metric.length * 8), 180),
        initialSort: model.mode === "min" ? "asc" : "desc",
        cellClass: ["value-cell", "ag-right-aligned-cell"],
      }),
      ...model.axes.map(ofParam),
      ...metrics,
      numeric("duration", "duration", (row) => row.duration || null, {
        valueFormatter: (params) => sweeper.duration(params.value),
        tooltipValueGetter: (params) => (params.value ? `${params.value} s` : ""),
      }),
      numeric("steps", "steps", (row) => row.steps),
      numeric("attempts", "attempts", (row) => row.attempts),
      textual("error", "error", (row) => row.error, { initialWidth: 320, valueFormatter: (params) => params.value ?? "" }),
    ];
  }

  class Table {
    constructor(model, api) {
      this.model = model;
      this.api = api;
      this.matches = null;
      api.setGridOption("isExternalFilterPresent", () => this.matches !== null);
      api.setGridOption("doesExternalFilterPass", (node) => this.matches.has(node.data.number));
      api.setGridOption("defaultColDef", { sortable: true, resizable: true, sortingOrder: ["asc", "desc", null], minWidth: 70 });
      api.addEventListener("rowClicked", (event) => this.opens(event));
      api.addEventListener("cellKeyDown", (event) => event.event.key === "Enter" && this.opens(event));
      api.addEventListener("modelUpdated", () => this.count());
      api.addEventListener("filterChanged", () => this.count());
    }

    opens(event) {
      const selected = String(window.getSelection());
      if (selected || !event.data) return;
      const address = sweeper.trialAddress(this.model.name, event.data.number);
      if (event.event && (event.event.ctrlKey || event.event.metaKey)) window.open(address);
      else sweeper.open(address);
    }

    fill() {
      this.api.setGridOption("columnDefs", columns(this.model));
      this.fit();
      this.api.setGridOption("rowData", Array.from(this.model.rows.values()));
    }

    // Gives a short table only the height that it needs.
    fit() {
      const place = document.getElementById("trials");
      const count = this.model.rows.size;
      place.style.height = count > 15 ? "min(70vh, 720px)" : `${76 + 34 * Math.max(count, 4)}px`;
    }

    // Renews what changed; order, filters and scroll stay.
    renew(changed) {
      if (changed.restarted) return this.fill();
      if (changed.widened) this.api.setGridOption("columnDefs", columns(this.model));
      if (changed.add.length) this.fit();
      this.api.applyTransactionAsync({ add: changed.add, update: changed.update });
    }

    match(numbers) {
      this.matches = numbers;
      this.api.onFilterChanged();
    }

    search(text) {
      this.api.setGridOption("quickFilterText", text);
    }

    count() {
      const place = document.getElementById("matching");
      if (!place || this.api.isDestroyed()) return;
      const shown = this.api.getDisplayedRowCount();
      const all = this.model.rows.size;
      const texts = [shown, all].map((count) => count.toLocaleString("en-US"));
      place.textContent = shown === all ? `${texts[1]} ${all === 1 ? "trial" : "trials"}` : `${texts[0]} of ${texts[1]} match`;
      const filtered = this.matches !== null || this.api.isAnyFilterPresent();
      document.getElementById("clear-filters").hidden = !filtered;
    }
  }

  sweeper.Table = Table;
})();
