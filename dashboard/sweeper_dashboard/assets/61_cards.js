// The figures of the Compare page: what may be chosen in each, fetched once it comes into sight.
(function () {
  "use strict";
  const sweeper = window.sweeper;

  const named = (columns) => columns.map((column) => [column.id, column.name]);
  const NONE = ["", "none"];
  const LOGS = [
    { kind: "toggle", name: "log_x", label: "log x" },
    { kind: "toggle", name: "log_y", label: "log y" },
  ];

  function parameters(page) {
    return page.columns().filter((column) => column.group === "parameters");
  }

  function metrics(page) {
    return page.columns().filter((column) => column.group === "metrics");
  }

  const parted = (page) => [NONE, ...named(parameters(page))];
  const anything = (page) => named(page.columns());
  const numeric = (page) => named(page.columns().filter((column) => column.kind !== "category"));
  const goals = (page) => page.model.goals.map(({ metric }) => [`m:${metric}`, metric]);

  const pick = (name, label, options, value) => (page) => ({
    kind: "select",
    name,
    label,
    options: () => options(page),
    value: value && value(page),
  });

  const first = (page) => parameters(page)[0]?.id ?? "number";
  const second = (page) => parameters(page)[1]?.id ?? first(page);

  // Each figure's controls; what is called with the page depends on the sweep.
  const CONTROLS = {
    curves: [
      pick("metric", "metric", (page) => metrics(page).map((column) => [column.name, column.name]), (page) => page.model.metric),
      pick("x", "against", () => [["step", "step"], ["time", "time"], ["gpu_hours", "GPU-hours"]], () => "step"),
      pick("top", "best", () => [10, 25, 50, 100, 200, 500].map((top) => [String(top), String(top)]), () => "25"),
      pick("color", "colour", parted),
      pick("group", "group", parted),
      { kind: "slider", name: "smooth", label: "smooth" },
      ...LOGS,
    ],
    scatter: [
      pick("x", "x", anything, first),
      pick("y", "y", anything, () => "value"),
      pick("color", "colour", (page) => [NONE, ...anything(page)]),
      ...LOGS,
    ],
    contour: [
      pick("x", "x", (page) => named(parameters(page)), first),
      pick("y", "y", (page) => named(parameters(page)), second),
      pick("bins", "bins", () => [6, 8, 12, 16, 24].map((bins) => [String(bins), String(bins)]), () => "12"),
    ],
    distribution: [
      pick("x", "of", numeric, () => "value"),
      pick("color", "parted by", (page) => [["status", "status"], ...named(parameters(page).filter((column) => column.kind === "category"))]),
      ...LOGS,
    ],
    pareto: [pick("x", "x", goals), pick("y", "y", goals, (page) => goals(page)[1]?.[0])],
  };

  class Card {
    constructor(page, kind) {
      this.page = page;
      this.kind = kind;
      this.id = `fig-${kind}`;
      this.panel = document.querySelector(`[data-card-of="${kind}"]`);
      this.tools = this.panel.querySelector(".panel-tools");
      this.figure = null;
      this.fetched = "";
      this.seen = false;
      this.choices = page.choicesOf(kind);
      this.build();
    }

    build() {
      const made = (CONTROLS[this.kind] || []).map((control) => (typeof control === "function" ? control(this.page) : control));
      this.controls = made;
      const shown = sweeper.controls(made, this.choices, (name, value) => this.choose(name, value));
      const save = sweeper.saveButton(this.kind, () => sweeper.exportsOf(this.saved()));
      this.tools.replaceChildren(...shown, save);
    }

    saved() {
      const { id, kind } = this;
      return { id, kind, sweep: this.page.model.name, figure: () => this.figure, table: () => this.address({ format: "csv" }) };
    }

    takeChoices(choices) {
      this.choices = choices;
      this.build();
      this.load();
    }

    choose(name, value) {
      const usual = this.controls.find((control) => control.name === name).value ?? "";
      if (value === usual) delete this.choices[name];
      else this.choices[name] = value;
      this.page.chose(this.kind, this.choices);
      this.load();
    }

    address(more) {
      const narrow = window.innerWidth < 700 ? { narrow: "true" } : {};
      const asked = new URLSearchParams({ ...this.choices, ...narrow, ...more });
      const shared = this.page.shared();
      const rest = [asked.toString(), shared].filter(Boolean).join("&");
      return sweeper.api(this.page.model.name, `chart/${this.kind}${rest ? `?${rest}` : ""}`);
    }

    // Fetches the figure unless it is out of sight or what it shows is still so.
    async load() {
      const wanted = `${this.page.model.rev}|${this.address()}`;
      if (!this.seen || wanted === this.fetched) return;
      this.fetched = wanted;
      this.panel.dataset.loading = "true";
      const begun = this.address();
      try {
        const figure = await sweeper.get(begun, this.page.ended.signal);
        // A later choice has its own answer on the way.
        if (this.page.ended.signal.aborted || begun !== this.address()) return;
        this.figure = figure;
        this.say(figure.layout.meta && figure.layout.meta.note);
        this.show();
        this.panel.dataset.loaded = "true";
        await this.join();
      } catch (error) {
        this.fetched = "";
        if (error.status === 400) this.say("These choices do not fit; choose others.");
        sweeper.quiet(error);
      } finally {
        if (begun === this.address()) delete this.panel.dataset.loading;
      }
    }

    say(text) {
      const place = this.panel.querySelector(".graph-note");
      place.textContent = text || "";
      place.hidden = !text;
    }

    show() {
      if (!this.figure) return;
      const { metric, x, y, log_x, log_y } = this.choices;
      // A drag over dots selects trials; the bar of the figure still has a zoom.
      const drag = this.kind === "scatter" ? { dragmode: "select" } : {};
      const figure = { ...this.figure, layout: { ...this.figure.layout, ...drag } };
      sweeper.show(this.id, figure, { key: JSON.stringify([metric, x, y, log_x, log_y]) });
    }

    async join() {
      await sweeper.openOnClick(this.id, this.page.model.name);
      const plot = document.querySelector(`#${this.id} .js-plotly-plot`);
      if (!plot || !plot.on || plot.sweeperJoined) return;
      plot.sweeperJoined = true;
      plot.sweeperPicks = (number) => this.page.pick(number);
      plot.on("plotly_hover", (event) => this.page.lift(sweeper.trialOf(event.points[0])));
      if (this.kind === "curves") await sweeper.readInStep(this.id);
      plot.on("plotly_unhover", () => this.page.lift(null));
      plot.on("plotly_selected", (event) => event && event.range && this.brush(event.range));
    }

    // A box drawn over dots becomes a brush on both of their columns, and holds in all views.
    brush(range) {
      const x = this.choices.x || (this.kind === "scatter" ? first(this.page) : null);
      const y = this.choices.y || "value";
      this.page.brushBox([x, range.x], [y, range.y]);
    }
  }

  sweeper.Card = Card;
})();
