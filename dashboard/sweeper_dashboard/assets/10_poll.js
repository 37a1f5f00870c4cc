// Asking the server again and again: paused while hidden, slower while the server is gone.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const LONGEST = 15000;

  function notice(text) {
    const place = document.getElementById("connection");
    if (!place) return;
    place.textContent = text;
    place.hidden = !text;
    document.body.dataset.connection = text ? "lost" : "live";
  }

  function noticeOf(error, delay) {
    if (error.status === 401) return "The session has ended. Reload the page to come in again.";
    if (error.status === 404) return "This is no longer in the store.";
    const seconds = Math.round(delay / 1000);
    return `Server lost. Reconnecting, next try in ${Math.max(seconds, 1)} s …`;
  }

  // ask() is to throw where the server cannot be reached; gives a function that ends it all.
  sweeper.poll = function (ask, every) {
    let timer = null;
    let delay = every;
    let over = false;
    let busy = false;

    async function tick() {
      timer = null;
      if (over || busy) return;
      if (document.hidden) return;
      busy = true;
      try {
        await ask();
        delay = every;
        if (!over) notice("");
      } catch (error) {
        sweeper.quiet(error);
        if (error.name !== "AbortError" && !over) {
          delay = Math.min(delay * 1.7, LONGEST);
          notice(noticeOf(error, delay));
        }
      } finally {
        busy = false;
        if (!over) timer = setTimeout(tick, delay);
      }
    }

    function seen() {
      if (document.hidden || busy) return;
      clearTimeout(timer);
      tick();
    }

    document.addEventListener("visibilitychange", seen);
    window.addEventListener("online", seen);
    timer = setTimeout(tick, every);
    return function () {
      over = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
      window.removeEventListener("online", seen);
      notice("");
    };
  };
})();
