// The map moves: drag, pinch, Ctrl and wheel, buttons, keys. The picture is one SVG; moving changes its viewBox, magnifying loads finer tiles.
// Without this script the map stands still, and links beside it lead closer.
"use strict";
(() => {
  const MOST = 8, KEYS = {ArrowLeft: [-0.2, 0], ArrowRight: [0.2, 0], ArrowUp: [0, -0.2], ArrowDown: [0, 0.2]};

  function start(box) {
    const svg = box.querySelector("svg");
    if (!svg || svg.dataset.moves) return;
    svg.dataset.moves = "1";
    const width = +svg.dataset.width, height = +svg.dataset.height, tiles = svg.querySelector(".tiles");
    const [vx, vy, vw] = svg.getAttribute("viewBox").split(" ").map(Number);
    const view = {x: vx, y: vy, zoom: width / vw};
    const pointers = new Map();
    let frame = 0, moved = 0, told = 0;

    function draw() {
      frame = 0;
      view.zoom = Math.min(Math.max(view.zoom, 1), MOST);
      const w = width / view.zoom, h = height / view.zoom;
      view.x = Math.min(Math.max(view.x, 0), width - w);
      view.y = Math.min(Math.max(view.y, 0), height - h);
      svg.setAttribute("viewBox", `${view.x.toFixed(1)} ${view.y.toFixed(1)} ${w.toFixed(1)} ${h.toFixed(1)}`);
      const shrunk = Math.min(Math.max(0.85 * width / svg.clientWidth, 1), 2.3), seen = view.zoom * svg.clientWidth / width;
      svg.style.setProperty("--k", (shrunk / view.zoom).toFixed(4));  // names stay readable on a small screen
      svg.style.setProperty("--s", Math.pow(view.zoom, -0.55).toFixed(4));
      svg.dataset.zoom = seen < 0.6 ? "m" : seen < 1.5 ? "0" : seen < 3 ? "1" : "2";
      thin();
      clearTimeout(told);
      told = setTimeout(rest, 160);
    }
    function thin() {  // on a small screen names are larger than they were placed for: of two that meet, the later goes
      const kept = [];
      for (const name of svg.querySelectorAll(".off")) name.classList.remove("off");
      if (svg.clientWidth > 700) return;
      for (const name of svg.querySelectorAll(".places .k > g")) {
        const at = name.getBoundingClientRect();
        if (!at.width) continue;
        const meets = kept.some((b) => at.left < b.right && at.right > b.left && at.top < b.bottom - 3 && at.bottom > b.top + 3);
        if (meets) name.classList.add("off"); else kept.push(at);
      }
    }
    function redraw() { if (!frame) frame = requestAnimationFrame(draw); }

    function rest() {  // standing still: finer tiles, and the window into the address
      const depth = Math.min(Math.round(Math.log2(view.zoom)), 2), count = 2 ** depth;
      if (depth) {
        const w = width / count, h = height / count, right = view.x + width / view.zoom, low = view.y + height / view.zoom;
        for (let c = Math.floor(view.x / w); c < count && c * w < right; c++)
          for (let r = Math.floor(view.y / h); r < count && r * h < low; r++) tile(depth, c, r, w, h);
      }
      const at = new URL(location.href);
      if (view.zoom > 1.01) at.searchParams.set("map", spoken()); else at.searchParams.delete("map");
      history.replaceState(history.state, "", at);
    }
    function spoken() {
      return [view.zoom.toFixed(2), ((view.x + width / view.zoom / 2) / width).toFixed(3), ((view.y + height / view.zoom / 2) / height).toFixed(3)].join("_");
    }
    function tile(depth, c, r, w, h) {
      const name = `${depth}-${c}-${r}`;
      if (tiles.querySelector(`[data-tile="${name}"]`)) return;
      const image = document.createElementNS("http://www.w3.org/2000/svg", "image");
      for (const [key, value] of Object.entries({href: tiles.dataset.base + name + ".webp", x: c * w, y: r * h, width: w + 0.05, height: h + 0.05, "data-tile": name}))
        image.setAttribute(key, value);
      tiles.appendChild(image);
    }
    function zoomTo(factor, cx = 0.5, cy = 0.5) {  // about a point given as shares of the window
      const px = view.x + cx * width / view.zoom, py = view.y + cy * height / view.zoom;
      view.zoom = Math.min(Math.max(view.zoom * factor, 1), MOST);
      view.x = px - cx * width / view.zoom;
      view.y = py - cy * height / view.zoom;
      redraw();
    }
    function move(dx, dy) { view.x += dx; view.y += dy; redraw(); }
    function share(event) {
      const at = svg.getBoundingClientRect();
      return [(event.clientX - at.left) / at.width, (event.clientY - at.top) / at.height];
    }

    svg.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      pointers.set(event.pointerId, event);
      moved = 0;
    });
    svg.addEventListener("pointermove", (event) => {
      const last = pointers.get(event.pointerId);
      if (!last) return;
      const unit = width / view.zoom / svg.clientWidth;
      if (pointers.size === 1) {
        moved += Math.abs(event.clientX - last.clientX) + Math.abs(event.clientY - last.clientY);
        if (moved > 4) svg.setPointerCapture(event.pointerId);
        move((last.clientX - event.clientX) * unit, (last.clientY - event.clientY) * unit);
      } else {
        const other = [...pointers.values()].find((one) => one.pointerId !== event.pointerId);
        const before = Math.hypot(last.clientX - other.clientX, last.clientY - other.clientY);
        const after = Math.hypot(event.clientX - other.clientX, event.clientY - other.clientY);
        if (before > 0) zoomTo(after / before, ...share(event));
      }
      pointers.set(event.pointerId, event);
    });
    for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, (event) => pointers.delete(event.pointerId));
    svg.addEventListener("click", (event) => { if (moved > 4) { event.preventDefault(); event.stopPropagation(); } }, true);
    svg.addEventListener("dragstart", (event) => event.preventDefault());
    svg.addEventListener("dblclick", (event) => { event.preventDefault(); zoomTo(1.8, ...share(event)); });
    svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;  // a plain wheel scrolls the page
      event.preventDefault();
      zoomTo(Math.exp(-event.deltaY / 300), ...share(event));
    }, {passive: false});
    box.addEventListener("keydown", (event) => {
      const step = KEYS[event.key];
      if (step) move(step[0] * width / view.zoom, step[1] * height / view.zoom);
      else if (event.key === "+" || event.key === "=") zoomTo(1.5);
      else if (event.key === "-") zoomTo(1 / 1.5);
      else if (event.key === "0") zoomTo(0);
      else return;
      event.preventDefault();
    });
    box.querySelectorAll("[data-zoom-by]").forEach((button) => button.addEventListener("click", (event) => {
      event.preventDefault();
      zoomTo(+button.dataset.zoomBy);
    }));
    addEventListener("resize", redraw);
    draw();
  }

  function all() { document.querySelectorAll(".map").forEach(start); }
  document.addEventListener("DOMContentLoaded", all);
  document.addEventListener("htmx:afterSettle", all);
  document.addEventListener("htmx:configRequest", (event) => {  // the window stays when another way is chosen
    const at = new URL(location.href).searchParams.get("map");
    if (at && event.detail.verb === "get" && !new URL(event.detail.path, location.href).searchParams.has("map")) event.detail.parameters.map = at;
  });
})();
