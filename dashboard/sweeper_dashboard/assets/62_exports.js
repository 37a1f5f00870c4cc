// Saving what is seen: a figure as PNG, SVG or CSV, and the lines, which no library draws.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const WIDTH = 1200;

  sweeper.save = function (name, blob) {
    const address = URL.createObjectURL(blob);
    const link = sweeper.make("a", { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  };

  const fileOf = (sweep, kind, ending) => `${sweep.replace(/[^\w.-]+/g, "-")}-${kind}.${ending}`;

  // What can be saved of a figure is given as {id, sweep, kind, figure, table}: its place, the two
  // parts of the file's name, what gives it as the server sent it, and the address of its table.
  async function picture(of, format) {
    const plot = document.querySelector(`#${of.id} .js-plotly-plot`);
    const { data, layout } = sweeper.dressed(of.figure());
    // Seen alone, a figure needs the ground that its page gave it.
    const paper = sweeper.colour("paper");
    const whole = { ...layout, paper_bgcolor: paper, plot_bgcolor: paper, title: { text: "" } };
    const height = Math.max(plot.clientHeight * (WIDTH / Math.max(plot.clientWidth, 1)) * 0.8, 400);
    const options = { format, width: WIDTH, height: Math.min(height, 2400), scale: format === "png" ? 2 : 1 };
    const made = await window.Plotly.toImage({ data, layout: whole }, options);
    const [head, body] = [made.slice(0, made.indexOf(",")), made.slice(made.indexOf(",") + 1)];
    const bytes = head.includes("base64") ? Uint8Array.from(atob(body), (c) => c.charCodeAt(0)) : decodeURIComponent(body);
    const type = format === "png" ? "image/png" : "image/svg+xml";
    sweeper.save(fileOf(of.sweep, of.kind, format), new Blob([bytes], { type }));
  }

  async function table(of) {
    const response = await fetch(of.table(), { credentials: "same-origin" });
    if (!response.ok) return sweeper.say("The table could not be written.", true);
    sweeper.save(fileOf(of.sweep, of.kind, "csv"), await response.blob());
  }

  // Makes the button that saves what stands in a panel; entries gives its menu.
  sweeper.saveButton = function (what, entries) {
    const made = sweeper.make("button", { type: "button", class: "control-save", "aria-label": `Save ${what}`, title: "Save as PNG, SVG or CSV" }, "⤓");
    made.addEventListener("click", () => sweeper.openMenu(made, entries()));
    return made;
  };

  sweeper.exportsOf = (of) => [
    ["PNG", () => picture(of, "png").catch(sweeper.quiet)],
    ["SVG", () => picture(of, "svg").catch(sweeper.quiet)],
    ["CSV", () => table(of).catch(sweeper.quiet)],
  ];

  // Puts the button into the head of a figure's panel, once; a figure of nothing has none.
  sweeper.offerSaving = function (of) {
    const tools = document.querySelector(`[data-graph="${of.id}"]`).closest(".panel").querySelector(".panel-tools");
    const known = tools.querySelector(".control-save");
    const figure = of.figure();
    if (known || !figure || !(figure.data || []).length) return;
    tools.append(sweeper.saveButton(`the figure ${of.kind}`, () => sweeper.exportsOf(of)));
  };

  const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

  // Understands as much of a canvas's pen as the lines use, and writes it down as SVG.
  class VectorPen {
    constructor(width, height) {
      Object.assign(this, { width, height, globalAlpha: 1, lineWidth: 1, font: "12px sans-serif", textAlign: "left", lineJoin: "round" });
      this.parts = [];
      this.path = "";
      this.ruler = document.createElement("canvas").getContext("2d");
    }

    beginPath() {
      this.path = "";
    }

    moveTo(x, y) {
      this.path += `M${x.toFixed(1)} ${y.toFixed(1)}`;
    }

    lineTo(x, y) {
      this.path += `${this.path ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    }

    stroke() {
      this.parts.push(`<path d="${this.path}" fill="none" stroke="${this.strokeStyle}" stroke-width="${this.lineWidth}" stroke-opacity="${this.globalAlpha}"/>`);
    }

    fillRect(x, y, width, height) {
      this.parts.push(`<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${this.fillStyle}"/>`);
    }

    strokeRect(x, y, width, height) {
      this.parts.push(`<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="none" stroke="${this.strokeStyle}" stroke-width="${this.lineWidth}"/>`);
    }

    text(text, x, y, marks) {
      const anchor = { left: "start", right: "end", center: "middle" }[this.textAlign];
      this.parts.push(`<text x="${x}" y="${y}" text-anchor="${anchor}" style="font:${escaped(this.font)}" ${marks}>${escaped(text)}</text>`);
    }

    fillText(text, x, y) {
      this.text(text, x, y, `fill="${this.fillStyle}"`);
    }

    strokeText(text, x, y) {
      this.text(text, x, y, `fill="none" stroke="${this.strokeStyle}" stroke-width="${this.lineWidth}"`);
    }

    measureText(text) {
      this.ruler.font = this.font;
      return this.ruler.measureText(text);
    }

    written() {
      const size = `width="${this.width}" height="${this.height}" viewBox="0 0 ${this.width} ${this.height}"`;
      const ground = `<rect width="100%" height="100%" fill="${sweeper.colour("paper")}"/>`;
      return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>${ground}${this.parts.join("")}</svg>`;
    }
  }

  function drawAll(pen, lines) {
    const { frame } = lines;
    sweeper.drawFaint(pen, frame, lines.lines.slice(0, 2000));
    sweeper.drawRanked(pen, frame, lines.front, lines.shadeOf());
    sweeper.drawAxes(pen, frame, lines.axes, lines.brushes, { missing: lines.missing, named: true });
  }

  function linesPicture(lines) {
    const { frame } = lines;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [frame.width * 2, frame.height * 2];
    const pen = canvas.getContext("2d");
    pen.scale(2, 2);
    pen.fillStyle = sweeper.colour("paper");
    pen.fillRect(0, 0, frame.width, frame.height);
    drawAll(pen, lines);
    canvas.toBlob((blob) => sweeper.save(fileOf(lines.model.name, "lines", "png"), blob));
  }

  function linesVector(lines) {
    const pen = new VectorPen(lines.frame.width, lines.frame.height);
    drawAll(pen, lines);
    sweeper.save(fileOf(lines.model.name, "lines", "svg"), new Blob([pen.written()], { type: "image/svg+xml" }));
  }

  function cellText(value) {
    if (value === null || value === undefined) return "";
    // Of many trials the browser knows seven digits, and the rest would be noise.
    const text = typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(7))) : String(value);
    // Nothing that a program for tables would take for a formula.
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  }

  function linesTable(lines) {
    const columns = [lines.columns.find((column) => column.id === "number"), ...lines.axes.map((axis) => axis.column)];
    const rows = lines.matching().map(({ row }) => columns.map((column) => cellText(column.value(row))).join(","));
    const text = [columns.map((column) => cellText(column.name)).join(","), ...rows].join("\n");
    sweeper.save(fileOf(lines.model.name, "lines", "csv"), new Blob([`${text}\n`], { type: "text/csv" }));
  }

  sweeper.exportsOfLines = (lines) => [
    ["PNG", () => linesPicture(lines)],
    ["SVG", () => linesVector(lines)],
    ["CSV", () => linesTable(lines)],
  ];
})();
