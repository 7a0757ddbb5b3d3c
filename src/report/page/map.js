// The map: a dot for each file that has a place.

function startMap() {
  const canvas = element("map");
  if (!canvas) return;
  const tip = element("map-tip");
  const placed = files.filter((file) => file.m);
  const MARGIN = 14;
  let shown = null; // the file whose name is seen
  let size = { width: 0, height: 0 };

  const x = (file) => MARGIN + (file.m[0] / 999) * (size.width - 2 * MARGIN);
  const y = (file) => MARGIN + (file.m[1] / 999) * (size.height - 2 * MARGIN);

  function paint() {
    size = { width: canvas.clientWidth, height: canvas.clientHeight };
    const scale = window.devicePixelRatio || 1;
    canvas.width = size.width * scale;
    canvas.height = size.height * scale;
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    const style = getComputedStyle(document.documentElement);
    const colours = data.genres.map((_, genre) => style.getPropertyValue(`--g${genre}`));
    const kept = new Set(visible);
    const radius = placed.length > 3000 ? 2.5 : 4.5;
    const dot = (file, r) => {
      context.fillStyle = file.best < 0 ? style.getPropertyValue("--soft") : colours[file.best];
      context.beginPath();
      context.arc(x(file), y(file), r, 0, 2 * Math.PI);
      context.fill();
    };
    context.globalAlpha = 0.12;
    placed.filter((file) => !kept.has(file)).forEach((file) => dot(file, radius));
    context.globalAlpha = 0.85;
    placed.filter((file) => kept.has(file)).forEach((file) => dot(file, radius));
    context.globalAlpha = 1;
    const marked = shown ?? (files[state.active]?.m ? files[state.active] : null);
    if (marked) {
      dot(marked, radius + 2);
      context.lineWidth = 2;
      context.strokeStyle = style.getPropertyValue("--text");
      context.stroke();
    }
  }

  function show(file) {
    shown = file;
    tip.hidden = !file;
    if (file) {
      tip.replaceChildren(make("bdi", { text: file.p }), ` – ${inWords(file)}`);
      const right = x(file) > size.width / 2;
      tip.style.left = right ? "" : `${x(file) + 12}px`;
      tip.style.right = right ? `${size.width - x(file) + 12}px` : "";
      tip.style.top = `${Math.min(y(file), size.height - 60)}px`;
      element("map-said").textContent = `${file.p}: ${inWords(file)}`;
    }
    paint();
  }

  // The file nearest to a place among those that the filters leave.
  function nearest(px, py, reach, accept = () => true) {
    let best = null;
    let least = reach * reach;
    for (const file of visible) {
      if (!file.m || !accept(file)) continue;
      const distance = (x(file) - px) ** 2 + (y(file) - py) ** 2;
      if (distance < least) [best, least] = [file, distance];
    }
    return best;
  }

  canvas.addEventListener("mousemove", (event) => show(nearest(event.offsetX, event.offsetY, 12)));
  canvas.addEventListener("mouseleave", () => show(null));
  canvas.addEventListener("click", (event) => {
    const file = nearest(event.offsetX, event.offsetY, 12);
    if (file) choose(file.index, true);
  });
  canvas.addEventListener("keydown", (event) => {
    const directions = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key in directions) {
      const [dx, dy] = directions[event.key];
      const from = shown ?? placed[0];
      if (!from) return;
      // Ahead means more ahead than aside.
      const ahead = (file) => {
        const [along, aside] = [(x(file) - x(from)) * dx + (y(file) - y(from)) * dy, Math.abs((x(file) - x(from)) * dy) + Math.abs((y(file) - y(from)) * dx)];
        return along > 0.5 && along >= aside;
      };
      show(shown ? nearest(x(from), y(from), Infinity, ahead) ?? from : from);
    } else if (event.key === "Enter" && shown) {
      choose(shown.index, true);
      element("details").focus();
    } else if (event.key === "Escape") show(null);
    else return;
    event.preventDefault();
  });
  new ResizeObserver(paint).observe(canvas);
  listeners.push(paint);
  paint();
}
