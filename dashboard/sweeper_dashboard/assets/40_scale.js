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

  function extent(values) {
    let low = Infinity;
    let high = -Infinity;
    for (const value of values) {
      if (typeof value !== "number") continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return low > high ? [0, 1] : [low, high];
  }

  class Numbers {
    constructor(name, low, high, log) {
      this.name = name;
      this.log = log;
      this.low = low;
      this.high = high > low ? high : low + (Math.abs(low) || 1);
      this.from = log ? Math.log(this.low) : this.low;
      this.to = log ? Math.log(this.high) : this.high;
    }

    // Gives 0 at the lower end and 1 at the upper; null where there is no number.
    place(value) {
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
      return values.map((value) => ({ place: this.place(value), text: sweeper.number(value, 3) }));
    }

    text(place) {
      return sweeper.number(this.value(place), 3);
    }
  }

  class Options {
    constructor(name, options) {
      this.name = name;
      this.options = options;
      this.places = new Map(options.map((option, index) => [option, this.at(index)]));
    }

    at(index) {
      const count = this.options.length;
      return count === 1 ? 0.5 : 0.04 + (0.92 * index) / (count - 1);
    }

    place(value) {
      const at = this.places.get(value);
      return at === undefined ? null : at;
    }

    ticks() {
      const every = Math.ceil(this.options.length / 14);
      return this.options
        .map((option, index) => ({ place: this.at(index), text: String(option) }))
        .filter((_, index) => index % every === 0);
    }

    within(low, high) {
      return this.options.filter((_, index) => this.at(index) >= low && this.at(index) <= high);
    }

    text(place) {
      const nearest = this.options.map((_, index) => Math.abs(this.at(index) - place));
      return String(this.options[nearest.indexOf(Math.min(...nearest))]);
    }
  }

  // Cuts the far tail of the worse values off, which would press all others together.
  function objective(model, rows) {
    const completed = rows.filter((row) => row.status === "completed");
    const shown = completed.length < 5 ? rows : completed;
    const values = shown.map((row) => row.value).filter((value) => value !== null);
    values.sort((a, b) => a - b);
    if (!values.length) return new Numbers(model.metric, 0, 1, false);
    const tail = Math.floor(values.length * 0.95);
    const min = model.mode === "min";
    const low = min ? values[0] : values[values.length - 1 - tail];
    const high = min ? values[Math.min(tail, values.length - 1)] : values[values.length - 1];
    return new Numbers(model.metric, low, high, false);
  }

  function parameter(axis, index, rows) {
    if (axis.kind === "category") return new Options(axis.name, axis.options);
    const known = axis.low !== undefined ? [axis.low, axis.high] : extent(rows.map((row) => row.params[index]));
    return new Numbers(axis.name, known[0], known[1], axis.kind === "log");
  }

  sweeper.scales = (model, rows) => [
    ...model.axes.map((axis, index) => parameter(axis, index, rows)),
    objective(model, rows),
  ];
})();
