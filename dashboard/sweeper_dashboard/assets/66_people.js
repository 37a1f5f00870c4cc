// The page of administrators: each change is asked for in a dialog and sent on its own.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const ROLES = ["viewer", "operator", "admin"];

  const secret = { name: "password", label: "Password, 10 characters or more", type: "password" };
  const role = (value) => ({ name: "role", label: "Role", options: ROLES, value });

  // What is asked before each change; given is the button's data.
  const FORMS = {
    user: () => ["Add a user", [{ name: "name", label: "Name", required: true }, role("viewer"), { ...secret, label: "Password; none for tokens and proxies only" }]],
    role: ({ name, roleNow }) => [`The role of ${name}`, [role(roleNow)]],
    password: ({ name }) => [`A new password for ${name}, which ends their sessions`, [{ ...secret, required: true }]],
    token: ({ name }) => [
      `A token for a program of ${name}`,
      [{ name: "label", label: "What it is for", required: true }, { ...role(""), label: "The most that it allows", options: ["", ...ROLES] }, { name: "days", label: "Days that it holds; for ever without", type: "number" }],
    ],
    removal: ({ name }) => [`Remove ${name}? Sessions and tokens end at once.`, []],
    revocation: ({ name, label }) => [`Revoke the token ${label} of ${name}?`, []],
  };

  function field({ name, label, options, value, type, required }) {
    const made = sweeper.make("label", { class: "brush-field" }, label);
    const input = options ? sweeper.make("select", { name }) : sweeper.make("input", { name, type: type || "text", autocomplete: type === "password" ? "new-password" : "off" });
    for (const option of options || []) input.append(sweeper.make("option", { value: option }, option || "as the user"));
    if (type === "number") input.min = "0.01";
    if (type === "number") input.step = "any";
    input.value = value || "";
    input.required = Boolean(required);
    made.append(input);
    return made;
  }

  // Asks for several values at once; null where the person thinks better of it.
  function fillIn(title, fields) {
    return new Promise((resolve) => {
      const dialog = sweeper.make("dialog", { class: "ask", "aria-label": title });
      const form = sweeper.make("form", { method: "dialog", class: "ask-fields" });
      const cancel = sweeper.make("button", { type: "button", class: "button" }, "Cancel");
      cancel.addEventListener("click", () => dialog.close());
      const row = sweeper.make("div", { class: "ask-row" });
      row.append(cancel, sweeper.make("button", { class: "button button-main", type: "submit", value: "ok" }, "OK"));
      form.append(sweeper.make("p", {}, title), ...fields.map(field), row);
      dialog.append(form);
      dialog.addEventListener("close", () => {
        resolve(dialog.returnValue === "ok" ? Object.fromEntries(new FormData(form)) : null);
        dialog.remove();
      });
      document.body.append(dialog);
      dialog.showModal();
    });
  }

  // Shows a new token once.
  function showToken(token) {
    const dialog = sweeper.make("dialog", { class: "ask", "aria-label": "The new token" });
    const form = sweeper.make("form", { method: "dialog", class: "ask-fields" });
    form.append(
      sweeper.make("p", {}, "Keep it: it is shown this once. Send it as Authorization: Bearer …"),
      sweeper.make("code", { class: "code", id: "new-token" }, token),
      sweeper.make("button", { class: "button button-main", type: "submit" }, "Done"),
    );
    dialog.append(form);
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  async function act(button) {
    const { people: what, name, label } = button.dataset;
    const given = await fillIn(...FORMS[what](button.dataset));
    if (given === null) return;
    const of = name || given.name.trim();
    if (given.days !== undefined) given.days = given.days === "" ? null : Number(given.days);
    if (label) given.label = label;
    const { ok, answer } = await sweeper.post(`/api/people/${encodeURIComponent(of)}/${what}`, given);
    if (!ok) return sweeper.say(`${answer.error || "That was refused"}. ${answer.hint || ""}`, true);
    window.dash_clientside.set_props("people-rev", { data: Date.now() });
    if (answer.token) showToken(answer.token);
    else sweeper.say("Done, and written into the audit.");
  }

  sweeper.pages.people = function () {
    const ended = new AbortController();
    document.title = "People · sweeper";
    document.addEventListener("click", (event) => {
      const button = event.target.closest && event.target.closest("[data-people]");
      if (button) act(button).catch(sweeper.quiet);
    }, { signal: ended.signal });
    document.body.dataset.ready = "people";
    return () => ended.abort();
  };
})();
