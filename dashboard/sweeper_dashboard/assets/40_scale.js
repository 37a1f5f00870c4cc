// Between values and places on an axis of the parallel coordinates: linear, log or categories.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const TICKS = 5;

  function rounded(low, high, count) {
    const raw = (high - low) / count || 1;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw) || raw;
    const ticks = [];
    for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9 && ticks.length < 20; at += step) {
      ticks.push(Number(at.toPrecision(12)));
    }
    return ticks;
  }

  class Numbers {
    constructor(column, low, high, log) {
      this.log = log;
      this.low = low;
      this.high = high > low ? high : low + (Math.abs(low) || 1);
      this.from = log ? Math.log(this.low) : this.low;
      this.to = log ? Math.log(this.high) : this.high;
    }

    // Gives 0 at the lower end and 1 at the upper; null where there is no number.
    at(value) {
      if (typeof value !== "number" || (this.log && value <= 0)) return null;
      const at = ((this.log ? Math.log(value) : value) - this.from) / (this.to - this.from);
      return at < 0 ? 0 : at > 1 ? 1 : at;
    }

    value(place) {
      const at = this.from + place * (this.to - this.from);
      return this.log ? Math.exp(at) : at;
    }

    ticks() {
      if (!this.log) return this.labelled(rounded(this.low, this.high, TICKS));
      const powers = [];
      for (let p = Math.ceil(Math.log10(this.low) - 1e-9); 10 ** p <= this.high * 1.0001; p += 1) powers.push(10 ** p);
      const halves = powers.length < 3 ? [2, 5].flatMap((n) => [powers[0] / 10, ...powers].map((p) => n * p)) : [];
      const inside = [...powers, ...halves].filter((v) => v >= this.low * 0.999 && v <= this.high * 1.001);
      const every = Math.ceil(inside.length / 7);
      return this.labelled(inside.sort((a, b) => a - b).filter((_, index) => index % every === 0));
    }

    labelled(values) {
      return values.map((value) => ({ at: this.at(value), text: sweeper.number(value, 3) }));
    }

    // An end of the axis is open, because what lies beyond it is drawn there too.
    brush(low, high) {
      const made = {};
      if (low > 0.002) made.from = Number(this.value(low).toPrecision(6));
      if (high < 0.998) made.to = Number(this.value(high).toPrecision(6));
      return made;
    }

    stretches(brush) {
      const from = brush.from === undefined || brush.from === null ? 0 : this.at(brush.from);
      const to = brush.to === undefined || brush.to === null ? 1 : this.at(brush.to);
      return [[from, to]];
    }
  }

  class Options {
    constructor(column, options) {
      this.options = options;
      this.places = new Map(options.map((option, index) => [option, this.spot(index)]));
    }

    spot(index) {
      const count = this.options.length;
      return count === 1 ? 0.5 : 0.04 + (0.92 * index) / (count - 1);
    }

    at(value) {
      const at = this.places.get(value);
      return at === undefined ? null : at;
    }

    ticks() {
      const every = Math.ceil(this.options.length / 14);
      return this.options
        .map((option, index) => ({ at: this.spot(index), text: String(option) }))
        .filter((_, index) => index % every === 0);
    }

    brush(low, high) {
      return { in: this.options.filter((_, index) => this.spot(index) >= low - 0.01 && this.spot(index) <= high + 0.01) };
    }

    stretches(brush) {
      const reach = Math.min(0.03, 0.4 / this.options.length);
      const kept = new Set((brush.in || []).map(String));
      const spots = this.options.filter((option) => kept.has(String(option))).map((option) => this.places.get(option));
      return spots.map((at) => [at - reach, at + reach]);
    }
  }

  // Cuts the far tail of the worse values off, which would press all others together.
  function ends(column, rows, mode) {
    const completed = rows.filter((row) => row.status === "completed");
    const shown = column.goal && completed.length >= 5 ? completed : rows;
    const values = shown.map(column.value).filter((value) => typeof value === "number");
    values.sort((a, b) => a - b);
    if (!values.length) return [0, 1];
    if (!column.goal) return [values[0], values[values.length - 1]];
    const tail = Math.min(Math.floor(values.length * 0.95), values.length - 1);
    return mode === "min" ? [values[0], values[tail]] : [values[values.length - 1 - tail], values[values.length - 1]];
  }

  // An axis of the lines: a column on its scale, perhaps turned upside down.
  class Axis {
    constructor(column, rows, options) {
      this.column = column;
      this.id = column.id;
      this.name = column.name;
      this.flipped = Boolean(options.flip);
      this.category = column.kind === "category";
      if (this.category) this.scale = new Options(column, column.options);
      else this.scale = this.numbers(column, rows, options);
    }

    numbers(column, rows, options) {
      const [low, high] = column.low === undefined ? ends(column, rows, options.mode) : [column.low, column.high];
      this.mayLog = low > 0;
      this.log = this.mayLog && (options.log ?? column.kind === "log");
      return new Numbers(column, low, high, this.log);
    }

    // Gives 0 at the bottom and 1 at the top; null where there is no value.
    place(row) {
      const at = this.scale.at(this.column.value(row));
      return at === null || !this.flipped ? at : 1 - at;
    }

    ticks() {
      return this.scale.ticks().map(({ at, text }) => ({ place: this.flipped ? 1 - at : at, text }));
    }

    // Between a stretch of the axis from bottom to top and a brush over its column.
    brush(low, high) {
      return this.flipped ? this.scale.brush(1 - high, 1 - low) : this.scale.brush(low, high);
    }

    stretches(brush) {
      const found = this.scale.stretches(brush);
      return this.flipped ? found.map(([low, high]) => [1 - high, 1 - low]) : found;
    }
  }

  sweeper.Axis = Axis;
})();
