// The log of a trial: its end at first, more on demand, what comes as it comes, and a search.
(function () {
  "use strict";
  const sweeper = window.sweeper;
  const MOST = 20000;

  class Log {
    constructor(get, signal) {
      this.get = get;
      this.after = -1;
      this.first = null;
      this.follows = true;
      this.finding = "";
      this.place = document.getElementById("log");
      this.place.replaceChildren();
      this.earlier = document.getElementById("log-earlier");
      this.search = document.getElementById("log-search");
      this.listen({ signal });
    }

    listen(once) {
      this.button = document.getElementById("log-follow");
      this.follow(true);
      this.button.addEventListener("click", () => this.follow(!this.follows), once);
      this.place.addEventListener("wheel", (event) => event.deltaY < 0 && this.follow(false), { ...once, passive: true });
      this.earlier.addEventListener("click", () => this.loadEarlier().catch(sweeper.quiet), once);
      const find = sweeper.seldom(() => this.find().catch(sweeper.quiet), 300);
      this.search.addEventListener("input", find, once);
    }

    follow(on) {
      this.follows = on;
      this.button.setAttribute("aria-pressed", String(on));
      this.button.textContent = on ? "Following" : "Follow";
      if (on) this.place.scrollTop = this.place.scrollHeight;
    }

    // Takes what the server has of the log.
    take(answer) {
      if (this.after < 0) this.earlier.hidden = !answer.earlier;
      if (answer.logs.length) {
        this.first = this.first ?? answer.logs[0][0];
        this.after = answer.logs[answer.logs.length - 1][0];
        if (!this.finding) this.append(answer.logs);
      }
      this.after = Math.max(this.after, 0);
      document.getElementById("log-empty").hidden = this.after > 0;
      this.place.hidden = this.after === 0;
    }

    append(pieces) {
      this.place.hidden = false;
      this.place.append(this.made(pieces, this));
      while (this.place.childElementCount > MOST) this.place.firstChild.remove();
      if (this.follows) this.place.scrollTop = this.place.scrollHeight;
    }

    made(pieces, last) {
      const made = document.createDocumentFragment();
      for (const [, attempt, stream, , text] of pieces) {
        if (attempt !== last.attempt) made.append(sweeper.make("div", { class: "log-attempt" }, `attempt ${attempt}`));
        last.attempt = attempt;
        const span = sweeper.make("span", { class: stream === "stderr" ? "log-stderr" : "log-stdout", title: stream });
        this.mark(span, text);
        made.append(span);
      }
      return made;
    }

    // Writes a text, what is searched for in it marked.
    mark(span, text) {
      if (!this.finding) return void (span.textContent = text);
      const wanted = this.finding.toLowerCase();
      const lower = text.toLowerCase();
      let at = 0;
      for (let found = lower.indexOf(wanted); found >= 0; found = lower.indexOf(wanted, at)) {
        span.append(text.slice(at, found), sweeper.make("mark", {}, text.slice(found, found + wanted.length)));
        at = found + wanted.length;
      }
      span.append(text.slice(at));
    }

    async loadEarlier() {
      const answer = await this.get(`log?before=${this.first}`);
      this.earlier.hidden = !answer.earlier;
      if (!answer.logs.length) return;
      this.first = answer.logs[0][0];
      const height = this.place.scrollHeight;
      this.follow(false);
      this.place.prepend(this.made(answer.logs, {}));
      this.place.scrollTop += this.place.scrollHeight - height;
    }

    async find() {
      this.finding = this.search.value.trim();
      const said = document.getElementById("log-found");
      if (!this.finding) return this.restore(said);
      const answer = await this.get(`log?find=${encodeURIComponent(this.finding)}`);
      const count = answer.logs.length.toLocaleString("en-US");
      said.textContent = answer.more ? `the first ${count} lines` : `${count} ${answer.logs.length === 1 ? "line" : "lines"}`;
      this.earlier.hidden = true;
      this.place.replaceChildren(this.made(answer.logs, {}));
      this.place.scrollTop = 0;
    }

    // Shows the end of the log again.
    async restore(said) {
      said.textContent = "";
      this.place.replaceChildren();
      [this.after, this.first, this.attempt] = [-1, null, undefined];
      this.take(await this.get("changes?after=-1"));
    }
  }

  sweeper.Log = Log;
})();
