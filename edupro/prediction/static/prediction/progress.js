// Follows a training: asks how far it is each second, and goes on to what came of it.
"use strict";

const SECOND = 1000;

function follow(shown) {
  const bar = shown.querySelector("progress");
  const words = shown.querySelector("[role=status]");

  async function look() {
    try {
      const answer = await fetch(shown.dataset.state, { credentials: "same-origin", cache: "no-store" });
      if (!answer.ok) throw new Error(answer.statusText);
      const state = await answer.json();
      bar.value = state.progress;
      if (words.textContent !== state.text) words.textContent = state.text; // said aloud only where it changes
      if (state.over) {
        if (state.next) window.location.assign(state.next);
        else window.location.reload();
        return;
      }
    } catch {
      // The server may be away for a moment; the next look will tell.
    }
    window.setTimeout(look, SECOND);
  }

  window.setTimeout(look, SECOND / 4);
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".prediction-progress").forEach(follow);
});
