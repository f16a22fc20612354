// What htmx does not do: say errors and waiting pages in place, and carry on where the reader was.
"use strict";
document.addEventListener("htmx:beforeSwap", (event) => {
  const status = event.detail.xhr.status;
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
document.addEventListener("htmx:configRequest", (event) => {  // the address is the state: nothing empty in it
  const asked = event.detail.parameters;
  for (const name of Object.keys(asked)) {
    if (asked[name] === "") delete asked[name];
  }
});
document.addEventListener("submit", (event) => {  // the same without htmx
  if (event.target.method !== "get") return;
  for (const field of event.target.querySelectorAll("input, select")) {
    if (field.value === "") field.disabled = true;
  }
}, {capture: false});
