// The columns of a sweep's trials, and the brushes that readers draw over them.
(function () {
  "use strict";
  const sweeper = window.sweeper;

  const OF_TRIAL = {
    number: (row) => row.number,
    status: (row) => row.status,
    duration: (row) => row.duration || null,
    steps: (row) => row.steps,
    attempts: (row) => row.attempts,
  };
  const STATUSES = ["waiting", "running", "completed", "infeasible", "pruned", "paused", "cancelled", "failed"];

  function parameter(axis, index) {
    return { ...axis, id: `p:${axis.name}`, group: "parameters", value: (row) => row.params[index] };
  }

  function metric(name, index) {
    return { id: `m:${name}`, name, kind: "number", group: "metrics", value: (row) => row.metrics[index] ?? null };
  }

  // Lists all columns: those of the objectives come last, as the axes of the lines do.
  sweeper.columnsOf = function (model) {
    const goals = (model.goals || []).map((goal) => goal.metric);
    const about = Object.entries(OF_TRIAL).map(([id, value]) => {
      const kind = id === "status" ? "category" : "number";
      return { id, name: id, kind, group: "trial", value, options: id === "status" ? STATUSES : undefined };
    });
    const metrics = model.metrics.map(metric).filter((column) => column.name !== model.metric);
    const first = { id: "value", name: model.metric, kind: "number", group: "metrics", goal: true, value: (row) => row.value };
    return [
      ...model.axes.map(parameter),
      ...about,
      ...metrics.filter((column) => !goals.includes(column.name)),
      ...metrics.filter((column) => goals.includes(column.name)).map((column) => ({ ...column, goal: true })),
      first,
    ];
  };

  // Tells whether a column holds at least two different values.
  sweeper.varies = function (column, rows) {
    let first = null;
    for (const row of rows) {
      const value = column.value(row);
      if (value === null || value === undefined) continue;
      if (first === null) first = value;
      else if (value !== first) return true;
    }
    return false;
  };

  function passing(column, brush) {
    if (!column) return () => false;
    if (brush.in) {
      const kept = new Set(brush.in.map((option) => String(option).toLowerCase()));
      return (row) => kept.has(String(column.value(row)).toLowerCase());
    }
    const low = brush.from ?? -Infinity;
    const high = brush.to ?? Infinity;
    return (row) => {
      const value = column.value(row);
      return typeof value === "number" && value >= low && value <= high;
    };
  }

  // The brushes of a reader by column: {from, to} of numbers, an end left out being open, or
  // {in: [options]}. Written as the address has them, read back from it.
  class Brushes {
    constructor() {
      this.held = new Map();
      this.listeners = new Set();
    }

    get size() {
      return this.held.size;
    }

    set(id, brush) {
      if (brush === null) this.held.delete(id);
      else this.held.set(id, brush);
      this.tell();
    }

    clear() {
      if (!this.held.size) return;
      this.held.clear();
      this.tell();
    }

    listen(listener) {
      this.listeners.add(listener);
    }

    tell() {
      for (const listener of this.listeners) listener(this);
    }

    write() {
      return this.held.size ? JSON.stringify(Object.fromEntries(this.held)) : "";
    }

    // Takes over what an address says; gives whether anything is different now.
    read(text) {
      if (text === this.write()) return false;
      let given = {};
      try {
        given = text ? JSON.parse(text) : {};
      } catch {
        return false;
      }
      this.held = new Map(Object.entries(given));
      this.tell();
      return true;
    }

    // Makes the test that a row has to pass.
    test(columns) {
      const known = new Map(columns.map((column) => [column.id, column]));
      const named = new Map(columns.map((column) => [column.name, column]));
      const tests = Array.from(this.held, ([id, brush]) => passing(known.get(id) || named.get(id), brush));
      return (row) => tests.every((test) => test(row));
    }
  }

  sweeper.Brushes = Brushes;

  sweeper.brushText = function (brush) {
    if (brush.in) return brush.in.join(", ") || "nothing";
    const [from, to] = [brush.from, brush.to].map((end) => (end === undefined || end === null ? null : sweeper.number(end, 3)));
    if (from === null) return `up to ${to}`;
    return to === null ? `from ${from}` : `${from} to ${to}`;
  };
})();
