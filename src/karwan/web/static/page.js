// What htmx does not do: say errors and waiting pages in place, and carry on where the reader was.
"use strict";
document.addEventListener("htmx:beforeSwap", (event) => {
  const status = event.detail.xhr.status;
  const part = event.detail.target;
  if (status === 202 && part && part.id !== "page") {  // a part of a page that is on its way: look again
    event.detail.shouldSwap = false;
    part.setAttribute("aria-busy", "true");
    setTimeout(() => htmx.trigger(part, "again"), 700);
    return;
  }
  if (part) part.removeAttribute("aria-busy");
  if (status === 202 || status >= 400) {  // these are pages too: fact, evidence, way out
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});
document.addEventListener("htmx:afterSettle", (event) => {
  const main = document.getElementById("main");
  if (event.detail.target && event.detail.target.id === "page" && main && document.activeElement === document.body) {
    main.focus({preventScroll: true});
  }
});
const needless = (form, name, value) => {  // the address is the state: nothing empty in it, and nothing that is meant anyhow
  const field = form && form.elements ? form.elements[name] : null;
  return value === "" || Boolean(field && field.dataset && field.dataset.usual === value);
};
document.addEventListener("htmx:configRequest", (event) => {
  const asked = event.detail.parameters;
  for (const name of Object.keys(asked)) {
    if (needless(event.detail.elt, name, asked[name])) delete asked[name];
  }
});
document.addEventListener("submit", (event) => {  // the same without htmx
  if (event.target.method !== "get") return;
  for (const field of event.target.querySelectorAll("input, select")) {
    if (needless(event.target, field.name, field.value)) field.disabled = true;
  }
}, {capture: false});
