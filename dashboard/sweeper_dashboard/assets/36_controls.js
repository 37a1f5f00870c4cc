// The small controls of a figure: choices, switches and a slider, told to whoever listens.
(function () {
  "use strict";
  const sweeper = window.sweeper;

  function select(control, value, changed) {
    const label = sweeper.make("label", { class: "control" });
    const made = sweeper.make("select", { name: control.name, "data-control": control.name });
    for (const [key, text] of control.options()) made.append(sweeper.make("option", { value: key }, text));
    if (!Array.from(made.options).some((option) => option.value === value)) value = made.options[0]?.value ?? "";
    made.value = value;
    made.addEventListener("change", () => changed(made.value));
    label.append(sweeper.make("span", { class: "control-name" }, control.label), made);
    return label;
  }

  function toggle(control, value, changed) {
    const made = sweeper.make("button", { type: "button", class: "control-switch", "data-control": control.name }, control.label);
    const show = (on) => made.setAttribute("aria-pressed", String(on));
    show(value === "true");
    made.addEventListener("click", () => {
      const on = made.getAttribute("aria-pressed") !== "true";
      show(on);
      changed(on ? "true" : "");
    });
    return made;
  }

  function slider(control, value, changed) {
    const label = sweeper.make("label", { class: "control" });
    const marks = { type: "range", min: "0", max: "0.98", step: "0.02", name: control.name, "data-control": control.name };
    const made = sweeper.make("input", marks);
    made.value = value || "0";
    made.addEventListener("input", () => changed(made.value === "0" ? "" : made.value));
    label.append(sweeper.make("span", { class: "control-name" }, control.label), made);
    return label;
  }

  const MAKERS = { select, toggle, slider };

  // Makes the controls of a figure. values holds what was chosen; changed(name, value) hears more.
  sweeper.controls = (controls, values, changed) =>
    controls.map((control) =>
      MAKERS[control.kind](control, values[control.name] ?? control.value ?? "", (value) => changed(control.name, value)),
    );
})();
