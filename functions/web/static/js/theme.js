// Light, dark, or whatever the system says. Remembered on this device.

const KEY = "crmsync.theme";

export const THEMES = [["system", "System"], ["light", "Light"], ["dark", "Dark"]];

export const currentTheme = () => localStorage.getItem(KEY) ?? "system";

/** Use `theme` from now on. */
export function setTheme(theme) {
  localStorage.setItem(KEY, theme);
  applyTheme();
}

/** Put the remembered choice on the document. */
export function applyTheme() {
  const theme = currentTheme();
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
