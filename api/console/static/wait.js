// Show how far things are, and load the page again once they have moved on.
"use strict";
(() => {
  const progress = document.getElementById("progress");
  if (!progress) return;
  const bar = progress.querySelector("progress");
  const text = progress.querySelector("[data-text]");
  const look = async () => {
    try {
      const response = await fetch(progress.dataset.watch, { cache: "no-store" });
      if (response.status === 401) return location.reload();
      const now = await response.json();
      if (now.mark !== progress.dataset.mark) return location.reload();
      if (bar && now.total) {
        bar.max = now.total;
        bar.value = now.done;
      } else if (bar) {
        bar.removeAttribute("value");
      }
      if (text && now.text) text.textContent = now.text;
    } catch {
      // The console may be restarting; the next look tells.
    }
    setTimeout(look, 1000);
  };
  setTimeout(look, 700);
})();
