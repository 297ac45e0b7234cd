// What makes the console's pages handier; without it they say and do the same.
"use strict";

document.querySelectorAll("[data-copy]").forEach((button) => {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.classList.add("eventlog-done");
    setTimeout(() => button.classList.remove("eventlog-done"), 1500);
  });
});

const live = document.querySelector("[data-live]");
if (live) {
  // Nothing moves under whoever is reading or choosing in it, and nobody is asked while nobody looks.
  const isInUse = () => document.hidden || live.contains(document.activeElement) || live.matches(":hover");
  const look = async () => {
    if (isInUse()) return;
    const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
    if (!answer || !answer.ok || answer.redirected || isInUse()) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.getElementById(live.id);
    if (!found) return;
    const opened = [...live.querySelectorAll("details[open][id]")].map((shown) => shown.id);
    live.replaceChildren(...found.childNodes);
    live.querySelectorAll("details[id]").forEach((shown) => { shown.open ||= opened.includes(shown.id); });
  };
  setInterval(look, Number(live.dataset.live) * 1000);
}
