// What a trial published, shown in place: texts and tables as text, pages in a sandbox.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const MOST_ROWS = 100;

  // Reads a table of separated values, quotes included.
  function cells(text, separator) {
    const rows = [[]];
    let cell = "";
    let quoted = false;
    const end = () => (rows[rows.length - 1].push(cell), (cell = ""));
    for (let at = 0; at < text.length && rows.length <= MOST_ROWS + 1; at += 1) {
      const letter = text[at];
      if (quoted && letter === '"' && text[at + 1] === '"') (cell += '"'), (at += 1);
      else if (letter === '"') quoted = !quoted;
      else if (!quoted && letter === separator) end();
      else if (!quoted && letter === "\n") end(), rows.push([]);
      else if (letter !== "\r") cell += letter;
    }
    if (cell || rows[rows.length - 1].length) end();
    return rows.filter((row) => row.length);
  }

  function table(text, separator) {
    const [head = [], ...rows] = cells(text, separator);
    const made = sweeper.make("table", { class: "facts" });
    const line = (values, tag) => {
      const row = sweeper.make("tr");
      row.append(...values.map((value) => sweeper.make(tag, {}, value)));
      return row;
    };
    made.append(sweeper.make("thead"), sweeper.make("tbody"));
    made.tHead.append(line(head, "th"));
    made.tBodies[0].append(...rows.slice(0, MOST_ROWS).map((row) => line(row, "td")));
    return made;
  }

  async function fill(place, address, kind) {
    if (kind === "page") {
      // An empty sandbox: no script, no form, no way to this page.
      place.replaceChildren(sweeper.make("iframe", { src: address, sandbox: "", class: "kept-page", title: "A page that the trial published" }));
      return;
    }
    const response = await fetch(address, { credentials: "same-origin" });
    const text = await response.text();
    if (!response.ok) return place.replaceChildren(sweeper.make("p", { class: "soft" }, "This file cannot be read; it may have been moved or deleted."));
    const separator = /\.tsv(&|$)/i.test(address) ? "\t" : ",";
    const cut = response.headers.get("X-Cut") === "true" || (kind === "table" && text.split("\n").length > MOST_ROWS + 2);
    const shown = kind === "table" ? table(text, separator) : sweeper.make("pre", { class: "code" }, text);
    place.replaceChildren(shown, ...(cut ? [sweeper.make("p", { class: "soft" }, "This is its beginning; download it for the rest.")] : []));
  }

  sweeper.showArtifact = function (details) {
    if (!details.dataset || !details.dataset.artifact || !details.open || details.dataset.filled) return;
    details.dataset.filled = "true";
    const { artifact, shown } = details.dataset;
    fill(details.querySelector(".kept-body"), artifact, shown).catch(sweeper.quiet);
  };
})();
