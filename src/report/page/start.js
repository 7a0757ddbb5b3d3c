// Joins the page's controls with the table and the map.

function startTheme() {
  const button = element("theme");
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme ?? (prefersDark.matches ? "dark" : "light")) === "dark";
  const label = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    label();
    listeners.forEach((listener) => listener());
  });
  prefersDark.addEventListener("change", () => { label(); listeners.forEach((listener) => listener()); });
  label();
}

function startFilters() {
  const bind = (id, event, key) => element(id).addEventListener(event, ({ target }) => { state[key] = target.value; update(); });
  bind("search", "input", "text");
  bind("genre", "change", "genre");
  bind("show", "change", "show");
  element("filters").addEventListener("submit", (event) => event.preventDefault());
  element("filters").addEventListener("reset", () => { Object.assign(state, { text: "", genre: "", show: "" }); update(); });
  for (const share of document.querySelectorAll(".share")) {
    share.addEventListener("click", () => {
      state.genre = state.genre === share.dataset.genre ? "" : share.dataset.genre;
      element("genre").value = state.genre;
      update();
    });
  }
}

function startTable() {
  const headers = [...document.querySelectorAll("[data-sort]")];
  for (const header of headers) {
    header.addEventListener("click", () => {
      const key = header.dataset.sort;
      // Numbers begin with the greatest, words with A.
      const first = key === "probability" || key === "seconds";
      state.descending = state.sort === key ? !state.descending : first;
      state.sort = key;
      headers.forEach((other) => other.parentElement.setAttribute("aria-sort",
        other !== header ? "none" : state.descending ? "descending" : "ascending"));
      update();
    });
  }
  element("scroller").addEventListener("scroll", draw, { passive: true });
  element("table").addEventListener("keydown", onKey);
  window.addEventListener("resize", draw);
  window.addEventListener("beforeprint", preparePrint);
}

startTheme();
startFilters();
startTable();
update();
startMap();
