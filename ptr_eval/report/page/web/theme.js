// Light or dark: as the system says, until the reader chooses.

const systemDark = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : systemDark.matches;
}

function labelThemeButton() {
  byId("theme").textContent = isDark() ? "Light page" : "Dark page";
}

// Pages are printed light, whatever the screen shows.
function switchTheme() {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  for (const source of document.querySelectorAll("picture source")) {
    source.media = theme === "dark" ? "screen" : "not all";
  }
  labelThemeButton();
}

byId("theme").hidden = false;
byId("theme").addEventListener("click", switchTheme);
systemDark.addEventListener("change", labelThemeButton);
labelThemeButton();
