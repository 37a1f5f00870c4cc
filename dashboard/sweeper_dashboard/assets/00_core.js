// The shared ground of all scripts: requests, addresses, numbers, colours of the scheme.
(function () {
  "use strict";
  const sweeper = (window.sweeper = window.sweeper || {});
  sweeper.pages = {};

  class Failure extends Error {
    constructor(status) {
      super(`the server answered ${status}`);
      this.status = status;
    }
  }

  // Gives null for 204: nothing new.
  sweeper.get = async function (address, signal) {
    const response = await fetch(address, { credentials: "same-origin", signal });
    if (response.status === 204) return null;
    if (!response.ok) throw new Failure(response.status);
    return response.json();
  };

  // Swallows what a lost server or a left page causes: the poll tells of it and tries again.
  sweeper.quiet = function (error) {
    const lost = error instanceof TypeError && /fetch|network|load/i.test(error.message);
    if (!lost && !error.status && error.name !== "AbortError") throw error;
  };

  sweeper.post = async function (address, value) {
    const response = await fetch(address, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(value),
    });
    const answer = await response.json().catch(() => ({}));
    return { ok: response.ok, answer };
  };

  sweeper.api = (name, rest) => `/api/sweep/${encodeURIComponent(name)}/${rest}`;
  sweeper.trialAddress = (name, number) => `/sweep/${encodeURIComponent(name)}/trial/${number}`;

  // Goes to another page as dcc.Link does, without loading the application again.
  sweeper.open = function (address) {
    window.history.pushState({}, "", address);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  };

  const MISSING = (sweeper.MISSING = "—");

  function scientific(value) {
    const [mantissa, exponent] = value.toExponential(2).split("e");
    return `${mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa}e${Number(exponent)}`;
  }

  sweeper.number = function (value, digits) {
    if (value === null || value === undefined) return MISSING;
    if (typeof value !== "number") return String(value);
    const size = Math.abs(value);
    if (Number.isInteger(value) && size < 1e9) return value.toLocaleString("en-US");
    if (size < 1e-3 || size >= 1e6) return scientific(value);
    if (size >= 1000) return value.toLocaleString("en-US", { maximumFractionDigits: 1 });
    return digits ? String(Number(value.toPrecision(digits))) : value.toPrecision(4);
  };

  sweeper.duration = function (seconds) {
    if (seconds === null || seconds === undefined) return MISSING;
    if (seconds === 0) return MISSING;
    if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
    if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return `${minutes} m ${Math.floor(seconds % 60)} s`;
    return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
  };

  sweeper.dark = () => document.documentElement.dataset.mantineColorScheme === "dark";

  sweeper.colour = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(`--s-${name}`).trim();

  sweeper.all = (selector, root) => Array.from((root || document).querySelectorAll(selector));

  sweeper.make = function (tag, marks, text) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(marks || {})) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };

  // Waits for an element that React is about to place.
  sweeper.until = function (find) {
    return new Promise((resolve) => {
      const look = () => {
        const found = find();
        if (found) resolve(found);
        else requestAnimationFrame(look);
      };
      look();
    });
  };

  // Runs at most once in so many milliseconds, a number or a function; the last call always.
  sweeper.seldom = function (run, milliseconds) {
    let last = 0;
    let timer = null;
    const pause = () => (typeof milliseconds === "function" ? milliseconds() : milliseconds);
    const go = () => {
      timer = null;
      last = performance.now();
      run();
    };
    const ask = () => {
      if (timer === null) timer = setTimeout(go, Math.max(0, last + pause() - performance.now()));
    };
    ask.cancel = () => clearTimeout(timer);
    return ask;
  };
})();
