// Alerts by keyboard. Without it the same links and buttons are there.
"use strict";

(() => {
  const help = document.getElementById("eventlog-keys");
  if (!help) return;
  const STORED = "eventlog.keys";
  const pending = document.querySelector("[data-pending]");
  const power = help.querySelector("[data-keys-switch]");
  let decision = null; // the button that Enter will press

  const recall = () => {
    try { return localStorage.getItem(STORED); } catch { return null; } // refused by the browser: they are on
  };
  const remember = (value) => {
    try { localStorage.setItem(STORED, value); } catch { /* then for this page only */ }
  };
  const show = () => {
    document.querySelectorAll("kbd[hidden], .eventlog-decisions kbd").forEach((key) => { key.hidden = !power.checked; });
    help.classList.toggle("eventlog-off", !power.checked);
  };
  power.checked = recall() !== "off";
  power.addEventListener("change", () => { remember(power.checked ? "on" : "off"); show(); });
  help.hidden = false;
  show();

  const isWriting = (element) =>
    element.matches("input:not([type=checkbox]):not([type=radio]):not([type=submit]), textarea, select, [contenteditable]");
  const say = (words) => { if (pending) pending.textContent = words; };
  const awaitReason = (field, words, button) => {
    decision = button;
    say(words);
    field.focus();
    field.scrollIntoView({ block: "nearest" });
  };

  // --- the list: one row is the current one, that whose link has the focus ---
  const rows = [...document.querySelectorAll("#result_list tbody tr")];
  const current = () => rows.find((row) => row.contains(document.activeElement));
  const link = (row) => row.querySelector("th a, td a");
  const box = (row) => row.querySelector("input.action-select");
  const move = (step) => {
    const here = rows.indexOf(current());
    const row = rows[here < 0 ? (step > 0 ? 0 : rows.length - 1) : here + step];
    if (row) link(row).focus();
  };
  const act = (name) => {
    const chosen = document.querySelector(`select[name=action] option[value=${name}]`);
    const row = current();
    if (!chosen || (!row && !rows.some((each) => box(each).checked))) return;
    if (!rows.some((each) => box(each).checked)) box(row).click();
    chosen.parentElement.value = name;
    const go = document.querySelector("#changelist-form button[name=index]");
    if (name === "acknowledged") go.click();
    else awaitReason(document.querySelector("#changelist-form [name=reason]"), `${chosen.textContent}: ${help.dataset.say}`, go);
  };
  const onList = {
    j: () => move(1),
    k: () => move(-1),
    o: () => current() && link(current()).click(),
    x: () => current() && box(current()) && box(current()).click(),
    a: () => act("acknowledged"),
    r: () => act("resolved"),
    f: () => act("false_positive"),
    m: () => act("mute"),
  };

  const press = (key) => {
    if (key === "?") {
      help.open = !help.open;
      help.querySelector("summary").focus();
      return true;
    }
    const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (target) {
      const field = target.dataset.needs && document.getElementById(target.dataset.needs);
      if (field) awaitReason(field, target.dataset.say, target);
      else target.click();
      return true;
    }
    if (!rows.length || !Object.hasOwn(onList, key)) return false;
    onList[key]();
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const writes = isWriting(event.target);
    if (decision && writes && event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      decision.click();
    } else if (decision && event.key === "Escape") {
      decision = null;
      say("");
      event.target.blur();
    } else if (!writes && power.checked && !event.repeat && press(event.key)) {
      event.preventDefault();
    }
  });
})();
