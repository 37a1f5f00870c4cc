// The forms that change a running sweep: its limits, and a configuration to try next.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const UNITS = { s: 1, m: 60, h: 3600, d: 86400 };

  // Reads "90", "30m", "2h": seconds. null where it is no time.
  function seconds(text) {
    const found = text.trim().match(/^(\d+(?:\.\d+)?)\s*([smhd]?)$/);
    return found ? Number(found[1]) * UNITS[found[2] || "s"] : null;
  }

  function field(label, name, value, hint) {
    const made = sweeper.make("label", { class: "brush-field" }, label);
    const input = sweeper.make("input", { name, type: "text", autocomplete: "off", placeholder: hint || "" });
    input.value = value;
    input.dataset.was = value;
    made.append(input);
    return made;
  }

  function limitsForm(page) {
    const { limits } = page.header;
    const form = sweeper.make("form", { class: "brush-inputs control-form" });
    form.append(
      field("Trials in all", "trials", limits.trials ?? "", "no limit"),
      field("Workers", "workers", limits.workers ?? "", "as many as fit"),
      field("Time in all", "time", limits.time === null ? "" : `${limits.time}s`, "as in 2h"),
      sweeper.make("button", { class: "button", type: "submit" }, "Change"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const values = changed(form);
      if (values === null) return sweeper.say("Write whole numbers, and a time as in 90s, 30m or 2h.", true);
      if (!Object.keys(values).length) return sweeper.say("Nothing was changed.");
      page.wish({ kind: "change", values }, form.querySelector("button"));
    });
    return form;
  }

  function changed(form) {
    const values = {};
    for (const input of sweeper.all("input", form)) {
      const text = input.value.trim();
      if (text === input.dataset.was) continue;
      const value = text === "" ? null : input.name === "time" ? seconds(text) : Number(text);
      if (text !== "" && (value === null || !(value > 0) || (input.name !== "time" && !Number.isInteger(value)))) return null;
      values[input.name] = value;
    }
    return values;
  }

  // Asks for one value of each searched parameter; given are encoded values to begin with.
  sweeper.queueForm = function (page, searched, given) {
    const form = sweeper.make("form", { class: "brush-inputs control-form" });
    for (const { name, options, hint } of searched) {
      const known = Object.hasOwn(given, name);
      if (options) form.append(choice(name, options, known ? given[name] : undefined));
      else form.append(field(name, name, known ? JSON.stringify(given[name]) : "", hint));
    }
    form.append(sweeper.make("button", { class: "button", type: "submit" }, "Queue"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const values = {};
      for (const input of form.elements) {
        if (!input.name || input.value === "") continue;
        values[input.name] = input.tagName === "SELECT" ? JSON.parse(input.value) : typed(input.value);
      }
      page.wish({ kind: "queue", values }, form.querySelector("button"));
    });
    return form;
  };

  function typed(text) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }

  function choice(name, options, value) {
    const made = sweeper.make("label", { class: "brush-field" }, name);
    const select = sweeper.make("select", { name });
    select.append(sweeper.make("option", { value: "" }, "—"));
    for (const option of options) {
      const written = JSON.stringify(option.value);
      const each = sweeper.make("option", { value: written }, option.text);
      each.selected = value !== undefined && JSON.stringify(value) === written;
      select.append(each);
    }
    made.append(select);
    return made;
  }

  function atRest(page) {
    const said = sweeper.make("p", { class: "soft" }, "Nobody drives this sweep. Go on with it: ");
    said.append(sweeper.make("code", {}, `sweeper resume ${page.name}`));
    return [said];
  }

  function driven(page) {
    const queue = sweeper.make("details", {});
    queue.append(sweeper.make("summary", {}, "Queue a configuration"), sweeper.queueForm(page, page.header.searched, {}));
    return [sweeper.make("div", { id: "limits" }), queue];
  }

  // Shows the forms where the sweep is driven, else how to go on with it; what somebody is
  // typing into stays.
  sweeper.showControl = function (page) {
    const place = document.getElementById("control");
    const { live, limits } = page.header;
    if (place.dataset.live !== String(live)) {
      place.dataset.live = String(live);
      place.replaceChildren(...(live ? driven(page) : atRest(page)));
    }
    const form = document.getElementById("limits");
    const key = JSON.stringify(limits);
    if (!form || form.dataset.key === key || form.contains(document.activeElement)) return;
    form.dataset.key = key;
    form.replaceChildren(limitsForm(page));
  };
})();
