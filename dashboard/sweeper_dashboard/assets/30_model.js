// What the browser knows of a sweep: a row for each trial, renewed by what changed.
(function () {
  "use strict";
  const sweeper = window.sweeper;

  function bytesOf(text) {
    const read = atob(text);
    const bytes = new Uint8Array(read.length);
    for (let at = 0; at < read.length; at += 1) bytes[at] = read.charCodeAt(at);
    return bytes;
  }

  // A column of many trials comes as bytes: fractions of 32 bits, or places among words.
  function unpackedColumn(column) {
    if (Array.isArray(column)) return column;
    if (column.u1) return Array.from(bytesOf(column.u1), (place) => column.of[place] ?? null);
    return Array.from(new Float32Array(bytesOf(column.f4).buffer), (value) => (Number.isNaN(value) ? null : value));
  }

  function unpacked(columns) {
    const made = { params: columns.params.map(unpackedColumn), metrics: {} };
    for (const name of Object.keys(columns.metrics)) made.metrics[name] = unpackedColumn(columns.metrics[name]);
    for (const name of Object.keys(columns)) if (!made[name]) made[name] = unpackedColumn(columns[name]);
    return made;
  }

  class Model {
    constructor(name) {
      this.name = name;
      this.rows = new Map();
      this.metrics = [];
      this.axes = [];
      this.rev = -1;
      this.status = "";
      this.sweep = null;
    }

    // Takes an answer in; gives the rows that are new and those that changed.
    take(answer) {
      const another = this.sweep !== null && this.sweep !== answer.sweep;
      const restarted = another || answer.rev < this.rev;
      if (restarted) this.rows.clear();
      this.sweep = answer.sweep;
      this.rev = answer.rev;
      this.status = answer.header.status;
      this.axes = answer.axes;
      this.metric = answer.metric;
      this.mode = answer.mode;
      this.goals = answer.goals || [];
      this.total = answer.total;
      return { restarted, ...this.takeTrials(answer.trials) };
    }

    takeTrials(sent) {
      const columns = unpacked(sent);
      const known = this.metrics.length;
      for (const name of Object.keys(columns.metrics)) {
        if (!this.metrics.includes(name)) this.metrics.push(name);
      }
      const add = [];
      const update = [];
      columns.number.forEach((number, index) => {
        (this.rows.has(number) ? update : add).push(this.row(columns, index));
      });
      for (const row of add.concat(update)) this.rows.set(row.number, row);
      return { add, update, widened: this.metrics.length !== known };
    }

    row(columns, index) {
      return {
        id: String(columns.number[index]),
        number: columns.number[index],
        status: columns.status[index],
        value: columns.value[index],
        steps: columns.steps[index],
        attempts: columns.attempts[index],
        duration: columns.duration[index],
        error: columns.error[index],
        params: columns.params.map((column) => column[index]),
        metrics: this.metrics.map((name) =>
          Object.hasOwn(columns.metrics, name) ? columns.metrics[name][index] : null,
        ),
      };
    }

    // Orders rows from best to worst; completed ones first, those without a value last.
    bestFirst() {
      if (this.goals.length > 1) return sweeper.jointly(this);
      const sign = this.mode === "min" ? 1 : -1;
      const rank = (row) => (row.value === null ? 2 : row.status === "completed" ? 0 : 1);
      return Array.from(this.rows.values()).sort(
        (a, b) => rank(a) - rank(b) || sign * (a.value - b.value) || a.number - b.number,
      );
    }
  }

  sweeper.Model = Model;
})();
