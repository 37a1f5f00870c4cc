// The order of trials under several objectives: the Pareto front first, then by mean rank.
(function () {
  "use strict";
  const sweeper = window.sweeper;

  // Gives the scores of a row in all objectives, more being better; null where one is missing.
  function scoresOf(model, row) {
    if (row.status !== "completed") return null;
    const scores = model.goals.map(({ metric, mode }) => {
      const value = metric === model.metric ? row.value : row.metrics[model.metrics.indexOf(metric)];
      return typeof value === "number" ? (mode === "min" ? -value : value) : null;
    });
    return scores.includes(null) ? null : scores;
  }

  function front(rows) {
    let left = rows.slice().sort((a, b) => {
      const place = a.scores.findIndex((score, index) => score !== b.scores[index]);
      return place < 0 ? 0 : b.scores[place] - a.scores[place];
    });
    const found = new Set();
    while (left.length) {
      // In this order nobody behind the first row beats it; who is better nowhere is out.
      const first = left[0].scores;
      const same = left.filter(({ scores }) => scores.every((score, index) => score === first[index]));
      for (const each of same) found.add(each.row);
      left = left.filter(({ scores }) => scores.some((score, index) => score > first[index]));
    }
    return found;
  }

  function meanRanks(rows, goals) {
    const means = new Map(rows.map(({ row }) => [row, 0]));
    for (let goal = 0; goal < goals; goal += 1) {
      const ordered = rows.slice().sort((a, b) => b.scores[goal] - a.scores[goal]);
      ordered.forEach(({ row }, rank) => means.set(row, means.get(row) + rank / goals));
    }
    return means;
  }

  sweeper.jointly = function (model) {
    const all = Array.from(model.rows.values());
    const scored = all.map((row) => ({ row, scores: scoresOf(model, row) })).filter(({ scores }) => scores !== null);
    const best = front(scored);
    const means = meanRanks(scored, model.goals.length);
    const rank = (row) => (best.has(row) ? 0 : means.has(row) ? 1 : row.value !== null ? 2 : 3);
    return all.sort((a, b) => rank(a) - rank(b) || (means.get(a) ?? 0) - (means.get(b) ?? 0) || a.number - b.number);
  };
})();
