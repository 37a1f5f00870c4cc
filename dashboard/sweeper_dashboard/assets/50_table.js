// The table of trials: its columns from the server's description, its rows in blocks as they scroll.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const FILTERS = { number: "agNumberColumnFilter", seconds: "agNumberColumnFilter", moment: false };
  const WIDTHS = { number: 84, status: 132, end: 138, tags: 150, note: 220, error: 320, host: 130, started: 150, ended: 150 };
  const NARROW = 700;
  const element = (...given) => window.React.createElement(...given);

  const toneOf = (label) => `tone-${label.replace(/ /g, "-")}`;

  function statusCell(params) {
    return params.value ? element("span", { className: `badge badge-${params.value}` }, params.value) : null;
  }

  function endCell(params) {
    return params.value ? element("span", { className: `badge ${toneOf(params.value)}` }, params.value) : null;
  }

  function tagsCell(params) {
    return (params.value || []).map((tag) => element("span", { className: "tag", key: tag }, tag));
  }

  function pickCell(params) {
    if (!params.data) return null;
    const { number } = params.data;
    return element("input", {
      type: "checkbox",
      className: "pick",
      checked: params.context.picked.has(number),
      "aria-label": `Pick trial ${number}`,
      // The click on its row, which the grid tells of, picks.
      readOnly: true,
    });
  }

  sweeper.moment = function (seconds) {
    if (seconds === null || seconds === undefined) return sweeper.MISSING;
    return new Date(seconds * 1000).toLocaleString("sv-SE").slice(0, 16);
  };

  const WRITTEN = {
    number: (value) => sweeper.number(value),
    seconds: (value) => sweeper.duration(value),
    moment: (value) => sweeper.moment(value),
    text: (value) => (value === null || value === undefined ? sweeper.MISSING : String(value)),
    tags: (value) => (value || []).join(" "),
  };

  const RENDERED = { status: statusCell, end: endCell, tags: tagsCell };
  const BLANK = new Set(["error", "note", "tags"]);

  function exact(kind, value) {
    if (value === null || value === undefined) return "";
    if (kind === "seconds") return `${value} s`;
    return Array.isArray(value) ? value.join(" ") : kind === "moment" ? sweeper.moment(value) : String(value);
  }

  function width(column) {
    if (window.innerWidth <= NARROW && column.key === "number") return 62;
    if (WIDTHS[column.key]) return WIDTHS[column.key];
    if (window.innerWidth <= NARROW && column.key === "value") return 104;
    const needed = (column.key === "value" ? 78 : 56) + column.name.length * 8;
    return Math.min(Math.max(needed, 98), 200);
  }

  // Makes the grid's definition of a column; the state of the address says what is pinned.
  sweeper.columnOf = function (column, pinned) {
    const number = column.kind === "number" || column.kind === "seconds";
    const classes = [...(number ? ["ag-right-aligned-cell"] : []), `cell-${column.key.replace(/\W.*/, "")}`];
    return {
      colId: column.key,
      headerName: column.key === "number" ? "#" : column.name,
      headerTooltip: column.name,
      headerClass: number ? "ag-right-aligned-header" : undefined,
      valueGetter: (params) => (params.data ? params.data.cells[column.key] : undefined),
      valueFormatter: (params) => {
        if (!params.data) return "";
        if (column.key === "number") return String(params.value);
        return params.value === null && BLANK.has(column.key) ? "" : WRITTEN[column.kind](params.value);
      },
      tooltipValueGetter: (params) => (params.data ? exact(column.kind, params.value) : ""),
      cellRenderer: RENDERED[column.key],
      filter: FILTERS[column.kind] ?? "agTextColumnFilter",
      sortable: true,
      resizable: true,
      sortingOrder: column.kind === "text" ? ["asc", "desc", null] : ["asc", "desc", null],
      minWidth: 56,
      suppressHeaderFilterButton: window.innerWidth <= NARROW,
      width: width(column),
      pinned: pinned ? "left" : null,
      cellClass: classes,
    };
  };

  sweeper.pickColumn = {
    colId: "pick",
    headerName: "",
    headerTooltip: "Picked trials",
    headerComponentParams: {},
    cellRenderer: pickCell,
    valueGetter: (params) => (params.data ? params.data.number : null),
    width: 42,
    minWidth: 42,
    pinned: "left",
    sortable: false,
    filter: false,
    resizable: false,
    suppressMovable: true,
    suppressHeaderMenuButton: true,
    lockPosition: "left",
    cellClass: "cell-pick",
  };

  class Table {
    constructor(page, api, described) {
      this.page = page;
      this.api = api;
      this.described = described;
      this.columns = new Map(described.columns.map((column) => [column.key, column]));
      this.current = -1;
      this.picked = sweeper.numbers.read(sweeper.state.get("pick"));
      api.setGridOption("context", { picked: this.picked });
      api.setGridOption("rowClassRules", {
        "row-picked": (params) => Boolean(params.data) && this.picked.has(params.data.number),
        "row-best": (params) => Boolean(params.data) && params.data.number === this.page.header.best,
      });
      this.lay();
      api.setFilterModel(this.filters());
      api.setGridOption("datasource", { getRows: (params) => this.rows(params) });
      this.listen();
    }

    filters() {
      try {
        return JSON.parse(sweeper.state.get("f") || "null");
      } catch {
        return null;
      }
    }

    // The keys of the columns that are shown; those before the bar are pinned. On a phone none
    // are, and the objective comes early, so that it is seen without scrolling.
    shown() {
      const [pinned, rest] = sweeper.columnState(this.described, this.columns);
      const all = [...pinned, ...rest];
      if (window.innerWidth > NARROW) return { pinned, all };
      const early = ["number", "value"].filter((key) => all.includes(key));
      return { pinned: [], all: [...early, ...all.filter((key) => !early.includes(key))] };
    }

    sorting() {
      const text = sweeper.state.get("sort") || (this.described.mode === "min" ? "value" : "-value");
      return { key: text.replace(/^-/, ""), down: text.startsWith("-"), text };
    }

    lay() {
      const { pinned, all } = this.shown();
      const sorting = this.sorting();
      const made = all.map((key) => {
        const column = sweeper.columnOf(this.columns.get(key), pinned.includes(key));
        column.sort = key === sorting.key ? (sorting.down ? "desc" : "asc") : null;
        return column;
      });
      this.laying = true;
      this.api.setGridOption("columnDefs", [sweeper.pickColumn, ...made]);
      this.laying = false;
    }

    async rows(params) {
      if (this.page.selected.error) {
        params.successCallback([], 0);
        return this.page.filled({ matched: 0 });
      }
      const { all } = this.shown();
      const columns = encodeURIComponent([...new Set(["number", ...all])].join("\n"));
      const rest = `rows?start=${params.startRow}&end=${params.endRow}&sort=${encodeURIComponent(this.sorting().text)}&columns=${columns}&${sweeper.state.shared()}`;
      try {
        const answer = await this.page.get(rest);
        params.successCallback(answer.rows.map((cells) => this.row(answer.keys, cells)), answer.matched);
        this.page.filled(answer);
      } catch (error) {
        params.failCallback();
        sweeper.quiet(error);
      }
    }

    row(keys, cells) {
      const found = {};
      keys.forEach((key, index) => (found[key] = cells[index]));
      return { id: String(found.number), number: found.number, cells: found };
    }

    listen() {
      const api = this.api;
      api.addEventListener("rowClicked", (event) => this.opens(event));
      api.addEventListener("sortChanged", (event) => this.sorted(event));
      api.addEventListener("filterChanged", () => {
        const model = api.getFilterModel();
        sweeper.state.set({ f: Object.keys(model).length ? JSON.stringify(model) : "" });
      });
      for (const name of ["columnMoved", "columnPinned", "columnVisible"]) {
        api.addEventListener(name, (event) => !this.laying && event.source !== "api" && event.finished !== false && this.keepColumns());
      }
      api.addEventListener("cellFocused", (event) => (this.current = event.rowIndex));
    }

    sorted() {
      if (this.laying) return;
      const column = this.api.getColumnState().find((each) => each.sort);
      const text = column ? `${column.sort === "desc" ? "-" : ""}${column.colId}` : "number";
      sweeper.state.set({ sort: text });
    }

    keepColumns() {
      const state = this.api.getColumnState().filter((each) => each.colId !== "pick" && !each.hide);
      const pinned = state.filter((each) => each.pinned).map((each) => each.colId);
      const rest = state.filter((each) => !each.pinned).map((each) => each.colId);
      sweeper.keepColumns(this.described, pinned, rest);
    }

    opens(event) {
      if (!event.data) return;
      const from = event.event && event.event.target;
      if (from && from.closest(".cell-pick")) return this.pick(event.data.number);
      if (String(window.getSelection())) return;
      this.open(event.data.number, event.event && (event.event.ctrlKey || event.event.metaKey));
    }

    open(number, aside) {
      const address = sweeper.trialAddress(this.page.name, number);
      if (aside) window.open(address);
      else sweeper.open(address);
    }

    pick(number) {
      if (this.picked.has(number)) this.picked.delete(number);
      else this.picked.add(number);
      sweeper.state.set({ pick: sweeper.numbers.write(this.picked) });
    }

    // Takes what the address picks, and shows it.
    repick() {
      const wanted = sweeper.numbers.read(sweeper.state.get("pick"));
      this.picked.clear();
      for (const number of wanted) this.picked.add(number);
      this.api.refreshCells({ columns: ["pick"], force: true });
      this.api.redrawRows();
    }

    // Renews the blocks in sight; scroll, focus and filters stay.
    renew() {
      this.api.refreshInfiniteCache();
    }

    // Begins anew at the top: other trials are selected.
    again() {
      this.api.purgeInfiniteCache();
      this.api.ensureIndexVisible(0, "top");
    }

    // Moves the cursor by so many rows.
    move(by) {
      const last = this.page.matched - 1;
      if (last < 0) return;
      this.current = Math.min(Math.max((this.current ?? -1) + by, 0), last);
      this.api.ensureIndexVisible(this.current);
      this.api.setFocusedCell(this.current, "number");
    }

    underCursor() {
      const node = this.current >= 0 ? this.api.getDisplayedRowAtIndex(this.current) : null;
      return node && node.data ? node.data.number : null;
    }
  }

  sweeper.Table = Table;
})();
