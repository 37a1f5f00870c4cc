// The menu of a sweep's named views: open, save and forget what the address shows.
(function () {
  "use strict";
  const sweeper = window.sweeper;

  function addressNow(page) {
    const tab = page.root.dataset.page;
    return `${tab === "overview" ? "" : tab}${window.location.search}`;
  }

  function open(page, view) {
    const place = `/sweep/${encodeURIComponent(page.name)}`;
    sweeper.open(/^[?]|^$/.test(view.address) ? place + view.address : `${place}/${view.address}`);
    // The same page with another state is laid out anew.
    window.location.reload();
  }

  function row(page, menu, view) {
    const made = sweeper.make("li", { class: "view-row" });
    const button = sweeper.make("button", { class: "view-open", type: "button", title: `saved by ${view.by}` }, view.name);
    button.addEventListener("click", () => open(page, view));
    const gone = sweeper.make("button", { class: "view-forget", type: "button", "aria-label": `Forget the view ${view.name}` }, "×");
    gone.addEventListener("click", () => save(page, menu, { name: view.name, forget: true }));
    made.append(button, gone);
    return made;
  }

  async function save(page, menu, wanted) {
    const { ok, answer } = await sweeper.post(sweeper.api(page.name, "views"), wanted);
    if (!ok) return sweeper.say(`${answer.error}. ${answer.hint}`, true);
    fill(page, menu, answer.views);
  }

  function fill(page, menu, views) {
    const list = sweeper.make("ul", { class: "view-list" });
    list.append(...views.map((view) => row(page, menu, view)));
    if (!views.length) list.append(sweeper.make("li", { class: "soft" }, "No view is saved yet."));
    const form = sweeper.make("form", { class: "view-form" });
    form.append(
      sweeper.make("input", { name: "name", placeholder: "Name of this view", "aria-label": "Name of this view", maxlength: "80", required: "" }),
      sweeper.make("button", { class: "button", type: "submit" }, "Save"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      save(page, menu, { name: new FormData(form).get("name"), address: addressNow(page) });
    });
    const share = sweeper.make("button", { class: "button", type: "button" }, "Copy the link");
    share.addEventListener("click", async () => {
      if (!navigator.clipboard) return sweeper.say("Copy the address bar: it is the link.");
      await navigator.clipboard.writeText(window.location.href);
      sweeper.say("The link is copied: it opens exactly this.");
    });
    menu.replaceChildren(list, form, share);
  }

  sweeper.showViews = function (page) {
    const place = document.getElementById("views");
    if (!place) return;
    const details = sweeper.make("details", { class: "dropdown" });
    const menu = sweeper.make("div", { class: "dropdown-body" });
    details.append(sweeper.make("summary", { class: "button" }, "Views"), menu);
    details.addEventListener("toggle", async () => {
      if (details.open) fill(page, menu, (await page.get("views")).views);
    });
    sweeper.closing(details, page.ended.signal);
    place.replaceChildren(details);
  };

  // Closes an open menu by Escape or a click beside it.
  sweeper.closing = function (details, signal) {
    document.addEventListener("pointerdown", (event) => {
      if (details.open && !details.contains(event.target)) details.open = false;
    }, { signal });
    details.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      details.open = false;
      details.querySelector("summary").focus();
    });
  };
})();
